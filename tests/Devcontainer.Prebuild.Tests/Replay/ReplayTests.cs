using System.Runtime.Versioning;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Replay;
using Devcontainer.Prebuild.Tests.CI;

namespace Devcontainer.Prebuild.Tests.Replay;

/// <summary>Histories made by the real git, and what keys would have been.</summary>
[TestClass]
[TestCategory("Unix")]
[UnsupportedOSPlatform("windows")]
public sealed class ReplayTests
{
    /// <summary>Each commit with one edit, and what becomes of its image.</summary>
    [TestMethod]
    public async Task Each_commit_is_what_its_edit_makes_of_the_image()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithDockerfile();
        Init(workspace);
        (string Name, Action Edit, CommitOutcome Expected)[] steps =
        [
            ("the first", () => { }, CommitOutcome.Build),
            ("a file that nothing reads", () => workspace.Write("src/program.cs", "class Other;\n"), CommitOutcome.Hit),
            ("a file of the context", () => workspace.Write("scripts/data/values", "2\n"), CommitOutcome.Build),
            ("back again", () => workspace.Write("scripts/data/values", "1\n"), CommitOutcome.Hit),
            ("a new file of the context", () => workspace.Write("scripts/more", "x"), CommitOutcome.Build),
            ("the same under another name", () => File.Move(workspace["scripts/more"], workspace["scripts/other"]), CommitOutcome.Build),
            ("an executable", () => Chmod(workspace["scripts/other"]), CommitOutcome.Build),
            ("a link instead of a file", () =>
            {
                File.Delete(workspace["scripts/other"]);
                workspace.Write("scripts/other", "-> run.sh");
            }, CommitOutcome.Build),
            ("a folder instead of a link", () =>
            {
                File.Delete(workspace["scripts/other"]);
                workspace.Write("scripts/other/deep/file", "x");
            }, CommitOutcome.Build),
            ("without it", () => Directory.Delete(workspace["scripts/other"], recursive: true), CommitOutcome.Hit),
            ("a comment in the configuration", () => workspace.Edit(".devcontainer/devcontainer.json", "{", "{ // comment\n"), CommitOutcome.Hit),
            ("a package", () => workspace.Write("Directory.Packages.props", "<Project><ItemGroup><PackageVersion Include=\"A\" Version=\"1\" /></ItemGroup></Project>"), CommitOutcome.Append),
            ("a comment beside it", () => workspace.Write("Directory.Packages.props", "<Project><!-- c --><ItemGroup><PackageVersion Include=\"A\" Version=\"1\" /></ItemGroup></Project>"), CommitOutcome.Hit),
            ("the SDK", () => workspace.Write("global.json", """{ "sdk": { "version": "10.0.200" } }"""), CommitOutcome.Build),
            ("another folder of the context", () =>
            {
                workspace.Write("docs/a.md", "a");
                workspace.Edit(".devcontainer/Dockerfile", "COPY scripts /opt/scripts", "COPY scripts docs /opt/scripts/");
            }, CommitOutcome.Build),
            ("a file there", () => workspace.Write("docs/b.md", "b"), CommitOutcome.Build),
            ("a broken configuration", () => workspace.Write(".devcontainer/devcontainer.json", "{"), CommitOutcome.None),
            ("mended", () => workspace.Write(".devcontainer/devcontainer.json", """{ "build": { "dockerfile": "Dockerfile", "context": ".." } }"""), CommitOutcome.Build),
            ("no configuration", () => File.Delete(workspace[".devcontainer/devcontainer.json"]), CommitOutcome.None),
        ];
        var outcomes = new List<string>();
        foreach ((string name, Action edit, CommitOutcome expected) in steps)
        {
            edit();
            Commit(workspace);
            outcomes.Add($"{name}: {expected}");
        }

        ReplayResult result = await RunAsync(workspace);
        string[] commits = Git.Run(workspace.Folder, "log", "--reverse", "--format=%H").Split('\n');
        var misses = result.Misses.ToDictionary(static miss => miss.Commit);
        CollectionAssert.AreEqual(outcomes, steps.Select((step, i) => $"{step.Name}: {misses.GetValueOrDefault(commits[i])?.Outcome ?? CommitOutcome.Hit}").ToArray());
        Assert.AreEqual((steps.Length, steps.Length - 2), (result.Commits, result.Images));
        Assert.AreEqual(steps.Count(static step => step.Expected == CommitOutcome.Build), result.Builds);
        Assert.AreEqual(1, result.Appends);
        Assert.IsGreaterThan(result.Builds, result.NaiveBuilds, "whole files change more often");
        Assert.Contains("global.json: sdk.version 10.0.100 → 10.0.200", misses[commits[13]].Changes.Select(static change => change.Text));
        Assert.AreEqual((1, "absent"), (result.Causes.Single(static cause => cause.Key == "global.json").Value, misses[commits[^1]].Code));

        using JsonDocument file = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(workspace.Request.OutputPath, "replay.json")));
        Assert.AreEqual(result.Builds, file.RootElement.GetProperty("builds").GetInt32());
        Assert.AreEqual("append", file.RootElement.GetProperty("misses").EnumerateArray().Single(miss => miss.GetProperty("commit").GetString() == commits[11]).GetProperty("outcome").GetString());
    }

    /// <summary>What a replay takes for a commit's keys is what a build there has, whatever else the work tree holds.</summary>
    [TestMethod]
    [DataRow("features")]
    [DataRow("dockerfile")]
    [DataRow("whole context")]
    [DataRow("links")]
    [DataRow("compose")]
    public async Task The_keys_are_those_of_a_checkout(string kind)
    {
        using SampleWorkspace workspace = kind == "features" ? SampleWorkspace.WithFeatures() : SampleWorkspace.WithDockerfile();
        Init(workspace);
        workspace.Write("app/App.csproj", "<Project><Import Project=\"../eng/x.props\" /></Project>");
        workspace.Write("eng/x.props", "<Project />");
        workspace.Request = workspace.Request with { Restore = [workspace["app/App.csproj"]] };
        switch (kind)
        {
            case "whole context":
                workspace.Edit(".devcontainer/Dockerfile", "COPY scripts /opt/scripts", "COPY . /opt/scripts");
                workspace.Write(".dockerignore", ".git\n*.log\nsrc/untracked\n");
                break;
            case "compose":
                workspace.Write(".devcontainer/devcontainer.json", """{ "dockerComposeFile": "../docker-compose.yml", "service": "app" }""");
                workspace.Write("docker-compose.yml", "include: [deploy/compose.yml]\n");
                workspace.Write("deploy/compose.yml", "services:\n  app:\n    build: { context: .., dockerfile: .devcontainer/Dockerfile, args: { A: \"${A}\" } }\n");
                workspace.Write("deploy/.env", "A=1\n");
                break;
            case "links":
                workspace.Write("scripts/away", "-> ../src");
                workspace.Edit(".devcontainer/Dockerfile", "COPY scripts /opt/scripts", "COPY scripts/aw* /opt/scripts/");
                break;
        }

        Commit(workspace);
        IReadOnlyList<CacheKey> expected = await workspace.KeysAsync();
        workspace.Write("src/untracked", "not in git");
        var history = new GitHistory(new ProcessRunner(), workspace.Request.Environment, workspace.Folder);
        await using HistoryScratch scratch = await HistoryScratch.OpenAsync(history, workspace.Request, "HEAD", CancellationToken.None);
        CommitKeys keys = await scratch.ReadAsync(CancellationToken.None);
        Assert.IsNull(keys.Code);
        Assert.AreEqual(expected[^1].Value, keys.Image);
        Assert.AreEqual(string.Join(' ', expected.Where(static key => key.Tier == KeyTier.Environment).Select(static key => key.Value)), keys.Environment);
    }

    [TestMethod]
    public async Task Features_of_registries_are_what_their_pins_say()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12", "features": { "ghcr.io/devcontainers/features/node:1": {} } }""");
        Init(workspace);
        Commit(workspace);
        string pin = $$"""{ "features": { "ghcr.io/devcontainers/features/node:1": { "version": "1.0.0", "resolved": "ghcr.io/devcontainers/features/node@{{SampleWorkspace.DigestOf('1')}}", "integrity": "{{SampleWorkspace.DigestOf('1')}}" } } }""";
        foreach (string text in new[] { pin, pin.Replace(new string('1', 64), new string('2', 64), StringComparison.Ordinal), pin })
        {
            workspace.Write(".devcontainer/devcontainer-lock.json", text);
            Commit(workspace);
        }

        workspace.Edit(".devcontainer/devcontainer.json", "\": {} }", "\": { \"versions\": [\"20\", \"22\"] } }");
        Commit(workspace);
        ReplayResult result = await RunAsync(workspace);
        Assert.AreEqual((4, 1), (result.Builds, result.Hits));
    }

    [TestMethod]
    public async Task Only_the_commits_that_are_asked_for_are_gone_through_along_first_parents()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithDockerfile();
        Init(workspace);
        string first = Commit(workspace);
        Git.Run(workspace.Folder, "checkout", "-q", "-b", "side");
        workspace.Write("scripts/data/values", "side\n");
        Commit(workspace);
        workspace.Write("scripts/data/values", "merged\n");
        Commit(workspace);
        Git.Run(workspace.Folder, "checkout", "-q", "main");
        Git.Run(workspace.Folder, "merge", "-q", "--no-ff", "-m", "merge", "side");
        ReplayResult result = await RunAsync(workspace);
        Assert.AreEqual((2, 2), (result.Commits, result.Builds));
        result = await RunAsync(workspace, $"{first}..HEAD");
        Assert.AreEqual((1, 1), (result.Commits, result.Builds));
        result = await RunAsync(workspace, "HEAD", most: 1);
        Assert.AreEqual(1, result.Commits);
        Assert.IsEmpty(result.Misses.Single().Changes, "there is nothing before it to compare with");
    }

    [TestMethod]
    public async Task A_history_that_is_not_there_is_an_error()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithDockerfile();
        Init(workspace);
        Directory.Delete(workspace[".git"], recursive: true);
        Assert.Contains("not a git repository", (await Errors.ExpectAsync(Codes.HistoryUnreadable, () => RunAsync(workspace))).Message);
        Init(workspace);
        await Errors.ExpectAsync(Codes.HistoryUnreadable, () => RunAsync(workspace));
        Commit(workspace);
        Assert.Contains("nowhere", (await Errors.ExpectAsync(Codes.HistoryUnreadable, () => RunAsync(workspace, "nowhere"))).Message);
        workspace.Request = workspace.Request with { Environment = new Dictionary<string, string>() };
        Assert.Contains("no git on PATH", (await Errors.ExpectAsync(Codes.HistoryUnreadable, () => RunAsync(workspace))).Message);
    }

    [TestMethod]
    public async Task What_commits_mean_is_told_from_where_two_lines_part()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithDockerfile();
        Init(workspace);
        string start = Commit(workspace);
        Git.Run(workspace.Folder, "checkout", "-q", "-b", "side");
        workspace.Write("src/program.cs", "class Other;\n");
        string source = Commit(workspace);
        workspace.Write("Directory.Packages.props", "<Project><ItemGroup><PackageVersion Include=\"A\" Version=\"1\" /></ItemGroup></Project>");
        string package = Commit(workspace);
        workspace.Write("scripts/data/values", "side\n");
        string built = Commit(workspace);
        Git.Run(workspace.Folder, "checkout", "-q", "main");
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:12\n");
        string main = Commit(workspace);
        foreach ((string to, string word) in new[] { (source, "nothing"), (package, "append"), (built, "build") })
        {
            DetectedChange detected = await DetectAsync(workspace, main, to);
            Assert.AreEqual((start, to, word), (detected.From, detected.To, detected.Word));
            using JsonDocument file = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(workspace.Request.OutputPath, "detected.json")));
            Assert.AreEqual(word, file.RootElement.GetProperty("outcome").GetString());
        }

        Assert.Contains("scripts/data/values: changed (", (await DetectAsync(workspace, package, built)).Text);
        Assert.AreEqual("none", (await DetectAsync(workspace, start, Remove(workspace))).Word);
        await Errors.ExpectAsync(Codes.HistoryUnreadable, () => DetectAsync(workspace, "nowhere", "HEAD"));

        static string Remove(SampleWorkspace workspace)
        {
            File.Delete(workspace[".devcontainer/devcontainer.json"]);
            return Commit(workspace);
        }
    }

    [TestMethod]
    public async Task A_shallow_clone_says_what_it_lacks()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithDockerfile();
        Init(workspace);
        string start = Commit(workspace);
        workspace.Write("scripts/data/values", "2\n");
        Commit(workspace);
        Git.Run(workspace.Folder, "clone", "-q", "--depth", "1", $"file://{workspace.Folder}", "shallow");
        workspace.Request = workspace.Request with { WorkspaceFolder = workspace["shallow"], ConfigFile = workspace["shallow/.devcontainer/devcontainer.json"], Inputs = [] };
        Assert.Contains("fetch-depth: 0", (await Errors.ExpectAsync(Codes.HistoryUnreadable, () => DetectAsync(workspace, start, "HEAD"))).Message);
        Assert.AreEqual(1, (await RunAsync(workspace)).Commits);
    }

    private static void Init(SampleWorkspace workspace)
    {
        if (Directory.Exists(workspace[".git"]))
        {
            Directory.Delete(workspace[".git"], recursive: true);
        }

        Git.Run(workspace.Folder, "init", "-q");
        workspace.Request = workspace.Request with { Environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")! } };
    }

    private static string Commit(SampleWorkspace workspace)
    {
        Git.Run(workspace.Folder, "add", "-A");
        return Git.Commit(workspace.Folder);
    }

    private static void Chmod(string file) => File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.UserExecute);

    private static Task<ReplayResult> RunAsync(SampleWorkspace workspace, string range = "HEAD", int most = 1000) =>
        new KeyReplay(new RecordingReporter()).RunAsync(workspace.Request, range, most, CancellationToken.None);

    private static Task<DetectedChange> DetectAsync(SampleWorkspace workspace, string from, string to) =>
        new ChangeDetection(new RecordingReporter()).RunAsync(workspace.Request, from, to, CancellationToken.None);
}
