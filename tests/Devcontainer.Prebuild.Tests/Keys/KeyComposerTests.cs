using System.Runtime.Versioning;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.Explain;

namespace Devcontainer.Prebuild.Tests.Keys;

/// <summary>Two small workspaces, each input of them changed on its own, and which keys that changes.</summary>
[TestClass]
[TestCategory("Unix")]
[UnsupportedOSPlatform("windows")]
public sealed class KeyComposerTests
{
    private const string Configuration = ".devcontainer/devcontainer.json";

    // What changes; on what; and the tier whose keys follow, or none.
    private static readonly Change[] Changes =
    [
        // Both workspaces.
        new("the base image's pin", "both", "environment", static w => w.Pin('1')),
        new("the epoch", "both", "environment", static w => w.Pin(epoch: 1)),
        new("a build argument of the project", "both", "environment", static w => w.Request = w.Request with { BuildArguments = [new("EXTRA", "2")] }),
        new("a label's name", "both", "environment", static w => w.Request = w.Request with { Labels = [new("org.example.teams", "tools")] }),
        new("a label's value", "both", "environment", static w => w.Request = w.Request with { Labels = [new("org.example.team", "tool")] }),
        new("no label", "both", "environment", static w => w.Request = w.Request with { Labels = [] }),
        new("a cache mount's target", "both", "environment", static w => w.Request = w.Request with { CacheMounts = [new("/var/cache/apk", "apt", "locked")] }),
        new("a cache mount's id", "both", "environment", static w => w.Request = w.Request with { CacheMounts = [new("/var/cache/apt", "apt2", "locked")] }),
        new("a secret's id", "both", "environment", static w => w.Request = w.Request with { Secrets = [new("token2", "TOKEN", null)] }),
        new("the reference CLI's layers", "both", "environment", static w => w.Request = w.Request with { ReferenceCompatible = true, Secrets = [] }),
        new("an inline cache", "both", "environment", static w => w.Request = w.Request with { CacheTo = [new CacheReference("inline", [])] }),
        new("remoteUser", "both", "environment", static w => w.Edit(Configuration, "\"remoteUser\": \"dev\"", "\"remoteUser\": \"root\"")),
        new("containerUser", "both", "environment", static w => w.Edit(Configuration, "\"remoteUser\"", "\"containerUser\": \"app\", \"remoteUser\"")),
        new("what the label will say", "both", "environment", static w => w.Edit(Configuration, "\"remoteUser\"", "\"init\": true, \"remoteUser\"")),
        new("a declared input of the environment", "both", "environment", static w => w.Write("notes.txt", "one\nthree\n")),
        new("the part of a declared input that counts", "both", "environment", static w => w.Write("global.json", """{ "sdk": { "version": "10.0.101" } }""")),
        new("a declared input's projection", "both", "environment", static w => w.Request = w.Request with { Inputs = [w.Request.Inputs[0], w.Request.Inputs[1], w.Request.Inputs[2] with { Projection = "raw" }] }),
        new("a declared input less", "both", "environment", static w => w.Request = w.Request with { Inputs = [.. w.Request.Inputs.SkipLast(1)] }),
        new("a declared input under another name", "both", "environment", static w => Rename(w, "notes.txt", "other.txt")),
        new("a declared input of the packages", "both", "packages", static w => w.Write("Directory.Packages.props", "<Project>\n  <PropertyGroup />\n</Project>\n")),
        new("a project whose packages are restored", "both", "packages", static w => w.Request = w.Request with { Restore = [w.Write("app/App.csproj", "<Project />")] }),
        new("a comment in the configuration", "both", null, static w => w.Edit(Configuration, "{\n", "{\n  // another comment\n")),
        new("the configuration's name", "both", null, static w => w.Edit(Configuration, "\"sample\"", "\"other\"")),
        new("runArgs", "both", null, static w => w.Edit(Configuration, "[\"--init\"]", "[\"--privileged\"]")),
        new("the configuration's layout", "both", null, static w => File.WriteAllText(w[Configuration], File.ReadAllText(w[Configuration]).Replace("\n", "\r\n\t", StringComparison.Ordinal))),
        new("the layout of a JSON input", "both", null, static w => w.Write("global.json", "{\n  // comment\n  \"sdk\": {\"version\":\"10.0.100\",},\n}\n")),
        new("another part of a JSON input", "both", null, static w => w.Write("global.json", """{ "test": {}, "sdk": { "version": "10.0.100" } }""")),
        new("the layout of an XML input", "both", null, static w => w.Write("Directory.Packages.props", "<Project><!-- c --><ItemGroup></ItemGroup></Project>")),
        new("the line ends of a text input", "both", null, static w => w.Write("notes.txt", "one\r\ntwo\r\n")),
        new("the order of declared inputs", "both", null, static w => w.Request = w.Request with { Inputs = [.. w.Request.Inputs.Reverse()] }),
        new("how a cache mount is shared", "both", null, static w => w.Request = w.Request with { CacheMounts = [new("/var/cache/apt", "apt", "shared")] }),
        new("where a secret is", "both", null, static w => w.Request = w.Request with { Secrets = [new("token", null, "/run/token")] }),
        new("a secret's value", "both", null, static w => w.Request = w.Request with { Environment = new Dictionary<string, string> { ["TOKEN"] = "hunter2" } }),
        new("caches", "both", null, static w => w.Request = w.Request with { CacheFrom = [new CacheReference("gha", [])], CacheTo = [new CacheReference("registry", [new("ref", "r.example/cache")])] }),
        new("trusted realms", "both", null, static w => w.Request = w.Request with { Registries = w.Request.Registries with { TrustedRealms = [new("r.example", "login.example")] } }),
        new("mirrors", "both", null, static w => w.Request = w.Request with { Registries = w.Request.Registries with { Mirrors = [new("docker.io", "localhost:5000")] } }),
        new("names and tags", "both", null, static w => w.Request = w.Request with { Registry = "r.example", Repository = "other", ImageTags = ["1"], ProjectName = "p" }),
        new("the builder", "both", null, static w => w.Request = w.Request with { Builder = new() { Name = "other" } }),
        new("force, locked mode, offline", "both", null, static w => w.Request = w.Request with { Force = true, LockedMode = true, Registries = w.Request.Registries with { Offline = true }, GenerateSbom = true }),
        new("the output folder", "both", null, static w => w.Request = w.Request with { OutputPath = w["elsewhere"] }),
        new("times", "both", null, static w => Touch(w.Folder)),
        new("the order of platforms", "both", null, static w => w.Request = w.Request with { Platforms = [.. w.Request.Platforms.Reverse()] }),
        new("the spelling of the image", "both", null, static w => Respell(w)),
        new("a pin that nothing uses", "both", null, static w => w.Edit(".devcontainer/devcontainer-prebuild.lock.json", "\"images\": {", $"\"images\": {{ \"docker.io/library/a:1\": {{ \"digest\": \"{SampleWorkspace.DigestOf('9')}\", \"platforms\": {{}} }},")),

        // Image and Features.
        new("the base image", "features", "environment", static w =>
        {
            w.Edit(Configuration, "debian:12", "debian:13");
            w.Pin(name: "docker.io/library/debian:13");
        }),
        new("an option", "features", "environment", static w => w.Edit(Configuration, "\"hello\"", "\"salut\"")),
        new("an option's default that is not used", "features", "environment", static w => w.Edit(".devcontainer/features/one/devcontainer-feature.json", "\"hi\"", "\"hey\"")),
        new("containerEnv", "features", "environment", static w => w.Edit(Configuration, "\"vi\"", "\"ed\"")),
        new("containerEnv's name", "features", "environment", static w => w.Edit(Configuration, "\"EDITOR\"", "\"PAGER\"")),
        new("a Feature's install script", "features", "environment", static w => w.Edit(".devcontainer/features/one/install.sh", "echo", "printf")),
        new("a Feature's other file", "features", "environment", static w => w.Write(".devcontainer/features/one/files/tool", "tools\n")),
        new("a Feature's new file", "features", "environment", static w => w.Write(".devcontainer/features/two/more", "")),
        new("a Feature's link", "features", "environment", static w => w.Write(".devcontainer/features/one/files/link", "-> ../install.sh")),
        new("a file's name in a Feature", "features", "environment", static w => File.Move(w[".devcontainer/features/one/files/tool"], w[".devcontainer/features/one/files/tool2"])),
        new("the order of Features", "features", "environment", static w => w.Edit(Configuration, "\"remoteUser\"", "\"overrideFeatureInstallOrder\": [\"./features/two\"], \"remoteUser\"")),
        new("a Feature less", "features", "environment", static w => w.Edit(Configuration, ",\n    \"./features/two\": {}", "")),
        new("whether a Feature's file can be executed here", "features", null, static w => SetExecutable(w[".devcontainer/features/one/files/tool"], true)),

        // Dockerfile and context.
        new("a byte of the Dockerfile", "dockerfile", "environment", static w => w.Edit(".devcontainer/Dockerfile", "echo \"$LEVEL\"", "echo  \"$LEVEL\"")),
        new("a comment of the Dockerfile", "dockerfile", "environment", static w => w.Edit(".devcontainer/Dockerfile", "ARG LEVEL", "# comment\nARG LEVEL")),
        new("the Dockerfile's line ends", "dockerfile", "environment", static w => w.Edit(".devcontainer/Dockerfile", "\n", "\r\n")),
        new("a build argument of the configuration", "dockerfile", "environment", static w => w.Edit(Configuration, "\"LEVEL\": \"1\"", "\"LEVEL\": \"2\"")),
        new("the target", "dockerfile", "environment", static w => w.Edit(Configuration, "\"target\": \"dev\"", "\"target\": \"other\"")),
        new("a context file's content", "dockerfile", "environment", static w => w.Write("scripts/data/values", "2\n")),
        new("a context file's name", "dockerfile", "environment", static w => File.Move(w["scripts/data/values"], w["scripts/data/value"])),
        new("whether a context file can be executed", "dockerfile", "environment", static w => SetExecutable(w["scripts/run.sh"], false)),
        new("a context file more", "dockerfile", "environment", static w => w.Write("scripts/more", "")),
        new("a context file less", "dockerfile", "environment", static w => File.Delete(w["scripts/data/values"])),
        new("an empty folder of the context", "dockerfile", "environment", static w => Directory.CreateDirectory(w["scripts/empty"])),
        new("a link's target", "dockerfile", "environment", static w => w.Write("scripts/link", "-> data/values")),
        new("a file instead of a link", "dockerfile", "environment", static w =>
        {
            File.Delete(w["scripts/link"]);
            w.Write("scripts/link", "run.sh");
        }),
        new("what .dockerignore leaves out", "dockerfile", "environment", static w => w.Write(".dockerignore", "*.log\n**/values\n")),
        new("a build argument of both, the project's", "dockerfile", "environment", static w => w.Request = w.Request with { BuildArguments = [new("EXTRA", "1"), new("LEVEL", "3")] }),
        new("an option of the build", "dockerfile", "environment", static w => Options(w, "--network=none")),
        new("a host", "dockerfile", "environment", static w => Options(w, "--add-host=a:10.0.0.1")),
        new("a label of the options", "dockerfile", "environment", static w => Options(w, "--label=a=b")),
        new("a build argument of the options", "dockerfile", "environment", static w => Options(w, "--build-arg=LEVEL=2")),
        new("the target of the options", "dockerfile", "environment", static w => Options(w, "--target=other")),
        new("a secret of the options", "dockerfile", "environment", static w => Options(w, "--secret=id=t,env=T")),
        new("a key of the options", "dockerfile", "environment", static w => Options(w, "--ssh=default")),
        new("how the options have it built", "dockerfile", null, static w => Options(w, "--no-cache", "--pull", "--no-cache-filter=dev", "--cache-from=a", "--network=default")),
        new("options that say what is said already", "dockerfile", null, static w => Options(w, "--target=dev", "--build-arg=LEVEL=1", "--label=org.example.team=others", "--platform=linux/arm64,linux/amd64")),
        new("the order of build arguments", "dockerfile", null, static w => w.Edit(Configuration, "\"LEVEL\": \"1\"", "\"LEVEL\": \"1\", \"EXTRA\": \"0\"")),
        new("a file that no instruction reads", "dockerfile", null, static w => w.Write("src/program.cs", "class Other;\n")),
        new("a new file that no instruction reads", "dockerfile", null, static w => w.Write("new", "")),
        new("a file that is ignored", "dockerfile", null, static w => w.Write("build.log", "text")),
        new("a comment of .dockerignore", "dockerfile", null, static w => w.Write(".dockerignore", "# logs\n*.log\n")),
        new("what others may do with a context file", "dockerfile", null, static w => SetMode(w["scripts/data/values"], (UnixFileMode)0x180)),
    ];

    public static IEnumerable<object[]> ChangesOf(string workspace) =>
        Changes.Where(change => change.Workspace == workspace || change.Workspace == "both").Select(static change => new object[] { change.Name });

    [TestMethod]
    [DynamicData(nameof(ChangesOf), "features")]
    public Task With_Features_each_input_changes_its_own_tier(string change) => CheckAsync(SampleWorkspace.WithFeatures, "features", change);

    [TestMethod]
    [DynamicData(nameof(ChangesOf), "dockerfile")]
    public Task With_a_Dockerfile_each_input_changes_its_own_tier(string change) => CheckAsync(SampleWorkspace.WithDockerfile, "dockerfile", change);

    /// <summary>Many changes at once, at random, and what is said of them: a tier whose key differs is in it, and nothing is where no key does.</summary>
    [TestMethod]
    [DataRow("features")]
    [DataRow("dockerfile")]
    public async Task Whatever_changes_together_no_key_changes_silently(string name)
    {
        var random = new Random(20261126);
        Change[] candidates = [.. Changes.Where(change => change.Workspace == name || change.Workspace == "both")];
        using SampleWorkspace original = name == "features" ? SampleWorkspace.WithFeatures() : SampleWorkspace.WithDockerfile();
        PrebuildInputs old = await original.ReadAsync();
        IReadOnlyList<CacheKey> before = KeyComposer.Compose(old);
        IReadOnlyList<ReceiptInput> known = InputList.Of(old);
        for (int round = 0; round < 40; round++)
        {
            using SampleWorkspace workspace = name == "features" ? SampleWorkspace.WithFeatures() : SampleWorkspace.WithDockerfile();
            var applied = new List<string>();
            foreach (Change change in random.GetItems(candidates, random.Next(1, 5)).Distinct())
            {
                try
                {
                    change.Apply(workspace);
                    applied.Add(change.Name);
                }
                catch (Exception e) when (e is AssertFailedException or IOException)
                {
                    // Another change has taken away what this one is about.
                }
            }

            PrebuildInputs inputs = await workspace.ReadAsync();
            IReadOnlyList<CacheKey> after = KeyComposer.Compose(inputs);
            string[] tiers = [.. before.Except(after).Select(static key => key.TierName).Where(static tier => tier is "environment" or "packages").Distinct().Order(StringComparer.Ordinal)];
            IReadOnlyList<InputChange> said = ExplainedInputs.Between(known, InputList.Of(inputs));
            CollectionAssert.AreEqual(
                tiers,
                said.Select(static change => change.Tier).Distinct().Order(StringComparer.Ordinal).ToArray(),
                $"{round}: {string.Join(", ", applied)}: {string.Join("; ", said.Select(static change => change.Text))}");
        }
    }

    [TestMethod]
    public async Task A_platform_less_changes_the_index_key_alone()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithFeatures();
        IReadOnlyList<CacheKey> both = await workspace.KeysAsync();
        IReadOnlyList<CacheKey> one = await workspace.KeysAsync(workspace.Request with { Platforms = [SampleWorkspace.Arm64] });
        CollectionAssert.AreEqual(both.Where(static key => key.Platform == "linux/arm64").ToArray(), one.SkipLast(1).ToArray());
        Assert.AreNotEqual(both[^1], one[^1]);
    }

    [TestMethod]
    public async Task Keys_of_platforms_tiers_and_index_are_all_different_and_sorted()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithFeatures();
        IReadOnlyList<CacheKey> keys = await workspace.KeysAsync();
        string[] names = [.. keys.Select(static key => $"{key.Platform} {key.TierName}")];
        CollectionAssert.AreEqual(
            new[]
            {
                "linux/amd64 environment", "linux/amd64 packages", "linux/amd64 image",
                "linux/arm64 environment", "linux/arm64 packages", "linux/arm64 image",
                " index",
            },
            names);

        // Packages are alike on all platforms; no two others are.
        Assert.AreEqual(keys[1].Value, keys[4].Value);
        Assert.AreEqual(6, keys.Select(static key => key.Value).Distinct().Count());
    }

    [TestMethod]
    public async Task Two_checkouts_have_the_same_keys()
    {
        using SampleWorkspace one = SampleWorkspace.WithDockerfile();
        using SampleWorkspace two = SampleWorkspace.WithDockerfile();
        Touch(two.Folder);
        CollectionAssert.AreEqual((await one.KeysAsync()).ToArray(), (await two.KeysAsync()).ToArray());
    }

    [TestMethod]
    [DoNotParallelize]
    public async Task The_time_zone_does_not_count()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithDockerfile();
        IReadOnlyList<CacheKey> expected = await workspace.KeysAsync();
        string? old = Environment.GetEnvironmentVariable("TZ");
        try
        {
            Environment.SetEnvironmentVariable("TZ", "XYZ-11:30");
            TimeZoneInfo.ClearCachedData();
            CollectionAssert.AreEqual(expected.ToArray(), (await workspace.KeysAsync()).ToArray());
        }
        finally
        {
            Environment.SetEnvironmentVariable("TZ", old);
            TimeZoneInfo.ClearCachedData();
        }
    }

    [TestMethod]
    [DataRow(KeyTier.Environment, "042272d9e7dd2ca727bf7a556b9dccf541b6219ff8c4d27e8bd0e751267c97b2")]
    [DataRow(KeyTier.Packages, "c4843c83d68d817ba6eafcbf09c9cb4c257838c42a7c40c8cf33619d8e64b2d4")]
    [DataRow(KeyTier.Image, "c22e1f7d5279b50d5c420d595af9d20171c3458f5069272588b944d577178564")]
    [DataRow(KeyTier.Index, "62eca3f2a8b05630bb9a65921e0868622d284c5ab0e06bffe5fbafdc38472932")]
    public async Task The_keys_of_the_smallest_project_are_those_of_the_documentation(KeyTier tier, string key)
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        IReadOnlyList<CacheKey> keys = await workspace.KeysAsync(workspace.Request with { Platforms = [new Platform("linux", "amd64")] });
        Assert.AreEqual(key, keys.Single(candidate => candidate.Tier == tier).Value, "Another format is another version of it.");
        Assert.Contains($"| `{CacheKey.NameOf(tier)}` | `{key}` |", await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "keys.md")));
    }

    [TestMethod]
    [DataRow("features", "34cf45ca82f68c12f35b99320d8ac0537f851a44106c0728346fd62d2c97bea2")]
    [DataRow("dockerfile", "99f005b84bd9343e62f8f47eedaf6d8b8982233be5bb2c5925819885967b8317")]
    public async Task The_keys_of_the_sample_workspaces_stay(string name, string index)
    {
        using SampleWorkspace workspace = name == "features" ? SampleWorkspace.WithFeatures() : SampleWorkspace.WithDockerfile();
        Assert.AreEqual(index, (await workspace.KeysAsync())[^1].Value);
    }

    private static async Task CheckAsync(Func<SampleWorkspace> create, string name, string changeName)
    {
        Change change = Changes.Single(candidate => candidate.Name == changeName && (candidate.Workspace == name || candidate.Workspace == "both"));
        using SampleWorkspace workspace = create();
        PrebuildInputs old = await workspace.ReadAsync();
        IReadOnlyList<CacheKey> before = KeyComposer.Compose(old);
        IReadOnlyList<ReceiptInput> known = InputList.Of(old);
        change.Apply(workspace);
        PrebuildInputs inputs = await workspace.ReadAsync();
        IReadOnlyList<CacheKey> after = KeyComposer.Compose(inputs);
        string[] changed = [.. before.Where(key => !after.Contains(key)).Select(static key => $"{key.Platform} {key.TierName}")];
        string[] expected = change.Tier is null
            ? []
            : [$"linux/amd64 {change.Tier}", "linux/amd64 image", $"linux/arm64 {change.Tier}", "linux/arm64 image", " index"];
        CollectionAssert.AreEqual(expected, changed, string.Join(", ", changed));

        // No key changes silently: whatever is in one has a name in the receipt (docs/explain.md).
        InputChange[] explained = [.. ExplainedInputs.Between(known, InputList.Of(inputs))];
        Assert.AreEqual(
            change.Tier, change.Tier is null ? null : explained.FirstOrDefault(input => input.Tier == change.Tier)?.Tier,
            $"{change.Name}: {string.Join("; ", explained.Select(static input => input.Text))}");
    }

    private static void Options(SampleWorkspace w, params string[] options) =>
        w.Edit(Configuration, "\"target\": \"dev\"", $"\"target\": \"dev\", \"options\": [{string.Join(", ", options.Select(static option => $"\"{option}\""))}]");

    private static void Rename(SampleWorkspace workspace, string old, string @new)
    {
        File.Move(workspace[old], workspace[@new]);
        workspace.Request = workspace.Request with
        {
            Inputs = [.. workspace.Request.Inputs.Select(input => input.Path == workspace[old] ? input with { Path = workspace[@new] } : input)],
        };
    }

    // A Dockerfile's text counts as it is, so there it is the configuration's image alone that has several spellings.
    private static void Respell(SampleWorkspace workspace)
    {
        if (File.ReadAllText(workspace[Configuration]).Contains("debian:12", StringComparison.Ordinal))
        {
            workspace.Edit(Configuration, "\"debian:12\"", "\"docker.io/library/debian:12\"");
        }
    }

    private static void Touch(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        }
    }

    private static void SetExecutable(string file, bool executable) => SetMode(file, executable ? (UnixFileMode)0x1ED : (UnixFileMode)0x1A4);

    private static void SetMode(string file, UnixFileMode mode) => File.SetUnixFileMode(file, mode);

    private sealed record Change(string Name, string Workspace, string? Tier, Action<SampleWorkspace> Apply);
}
