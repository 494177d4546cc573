using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Tests.Crashes;
using Devcontainer.Prebuild.Tests.Sharing;

namespace Devcontainer.Prebuild.Tests.Explain;

/// <summary>What a prebuild is said to do, held against what it then does: images built here and pushed to a real registry.</summary>
[TestClass]
public sealed class ImageExplainTests
{
    private const string LockFile = "repo/.devcontainer/devcontainer-prebuild.lock.json";

    [TestMethod]
    public async Task Without_a_pin_there_is_no_key_and_none_is_written()
    {
        using var workspace = new PublishedWorkspace();
        PrebuildRequest request = Request(workspace);
        (Explanation explanation, RecordingReporter reporter) = await ExplainAsync(request);
        Assert.AreEqual(
            "No earlier image is known to compare with.\nNo pin for docker.io/library/debian:12: a prebuild writes it first, and only then is there a key. Nothing is written now.",
            reporter.Text);
        Assert.IsNull(explanation.Key);
        Assert.IsFalse(File.Exists(workspace[LockFile]));
        using JsonDocument file = Read(workspace);
        Assert.AreEqual(JsonValueKind.Null, file.RootElement.GetProperty("earlier").ValueKind);
        Assert.AreEqual("pin", file.RootElement.GetProperty("verdict").GetString());
        Assert.AreEqual("unknown", file.RootElement.GetProperty("platforms")[0].GetProperty("source").GetString());

        (_, reporter) = await ExplainAsync(request with { LockedMode = true });
        Assert.Contains("in locked mode a prebuild fails (DEVC3060)", reporter.Text);
        await Errors.ExpectAsync(Codes.PinMissing, () => SmallPrebuild.RunAsync(request with { LockedMode = true }));
    }

    [TestMethod]
    public async Task Each_verdict_is_what_the_prebuild_does()
    {
        using var workspace = new PublishedWorkspace();
        workspace.Write("repo/versions.txt", "1");
        workspace.Write("repo/global.json", """{ "sdk": { "version": "10.0.400" } }""");
        PrebuildRequest request = Request(workspace) with
        {
            Inputs = [new DeclaredInput(workspace["repo/versions.txt"], "packages", "text"), new DeclaredInput(workspace["repo/global.json"], "environment", "json:/sdk")],
        };
        await SmallPrebuild.RunAsync(request);
        (Explanation explanation, RecordingReporter reporter) = await ExplainAsync(request);
        Assert.EndsWith(": no input changed.\nNothing to do: the image is here.", reporter.Text);
        Assert.AreEqual((Verdict.Nothing, "local"), (explanation.Verdict, (await SmallPrebuild.RunAsync(request)).Source));

        // Other names, and then a declared input of the packages tier: the same image.
        (_, reporter) = await ExplainAsync(request with { ImageTags = ["other"] });
        Assert.EndsWith("only its index, names or SBOMs are written anew.", reporter.Text);
        workspace.Write("repo/versions.txt", "2");
        (explanation, reporter) = await ExplainAsync(request);
        Assert.Contains("  ~ versions.txt: what counts of it changed (text; sha256 ", reporter.Text);
        Assert.EndsWith("[packages]\nNo build and no engine: only declared inputs changed, so the same image gets a new key.", reporter.Text);
        PrebuildResult same = await SmallPrebuild.RunAsync(request);
        Assert.AreEqual((Verdict.Renew, "local", explanation.Key), (explanation.Verdict, same.Source, same.Receipt.IndexKey));

        // What the engine is needed for; on one platform, and then on one more.
        workspace.Write("repo/global.json", """{ "sdk": { "version": "10.0.401" } }""");
        (explanation, reporter) = await ExplainAsync(request);
        Assert.Contains(": 1 input changed.\n  ~ global.json: sdk.version 10.0.400 → 10.0.401 [environment]\nA build of linux/amd64, with an engine.", reporter.Text);
        Assert.AreEqual((Verdict.Build, "environment"), (explanation.Verdict, explanation.Tiers.Single()));
        PrebuildResult built = await SmallPrebuild.RunAsync(request);
        Assert.AreEqual(("built", explanation.Key), (built.Source, built.Receipt.IndexKey));
        request = request with { Platforms = [SampleWorkspace.Amd64, SampleWorkspace.Arm64] };
        (explanation, reporter) = await ExplainAsync(request);
        Assert.EndsWith("  + platform linux/arm64: added [index]\nA build of linux/arm64, with an engine; linux/amd64 is here.", reporter.Text);
        built = await SmallPrebuild.RunAsync(request);
        CollectionAssert.AreEqual(
            explanation.Platforms.ToArray(), built.Receipt.Platforms.Select(platform => new PlatformSource(platform.Platform, built.SourceOf(platform.Platform))).ToArray());

        // The image is gone and its receipt is not.
        Directory.Delete(Path.Combine(workspace.Output, "image"), recursive: true);
        (_, reporter) = await ExplainAsync(request);
        Assert.EndsWith(": no input changed.\nA build of linux/amd64 and linux/arm64, with an engine.", reporter.Text);
    }

    [TestMethod]
    public async Task A_prebuild_that_builds_says_why_in_the_same_words()
    {
        using var workspace = new PublishedWorkspace();
        await SmallPrebuild.RunAsync(Request(workspace));
        foreach (string file in new[] { "a", "b", "c", "d" })
        {
            workspace.Write("repo/.devcontainer/" + file, "new");
        }

        var reporter = new RecordingReporter();
        PrebuildRequest offline = Request(workspace) with { Environment = new Dictionary<string, string>() };
        await Errors.ExpectAsync(Codes.DockerNotFound, () => new PrebuildPipeline(reporter).RunAsync(offline, CancellationToken.None));
        Assert.Contains(
            "The image is out of date: .devcontainer/a: added; .devcontainer/b: added; .devcontainer/c: added; and 1 more, told by -t:ExplainDevcontainer.",
            reporter.Text.Split('\n'));
    }

    [TestMethod]
    public async Task Where_nothing_is_here_the_registry_is_asked_for_the_branch_and_for_latest()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        workspace.Write("repo/.git/HEAD", "ref: refs/heads/feature/x\n");
        PrebuildResult main = await workspace.BuildAsync(registry);
        await workspace.PushAsync();
        PrebuildRequest request = Request(workspace) with { Registry = registry.Host, Repository = PublishedWorkspace.Repository };
        Directory.Delete(workspace.Output, recursive: true);
        (Explanation explanation, RecordingReporter reporter) = await ExplainAsync(request);
        Assert.Contains($"Compared with {main.Receipt.Image.Reference} (the tag latest in the registry, ", reporter.Text);
        Assert.EndsWith(": no input changed.\nNo build and no engine: linux/amd64 from the registry.", reporter.Text);
        Assert.AreEqual((Verdict.Fetch, main.Receipt.IndexKey), (explanation.Verdict, explanation.Key));

        // One platform more; a file more; and then the branch has an image of its own.
        (_, reporter) = await ExplainAsync(request with { Platforms = [SampleWorkspace.Amd64, SampleWorkspace.Arm64] });
        Assert.EndsWith("A build of linux/arm64, with an engine; linux/amd64 is in the registry.", reporter.Text);
        workspace.Write("repo/.devcontainer/more", "1");
        (_, reporter) = await ExplainAsync(request);
        Assert.EndsWith("  + .devcontainer/more: added [environment]\nA build of linux/amd64, with an engine.", reporter.Text);
        PrebuildResult branch = await workspace.BuildAsync(registry);
        await workspace.PushAsync(static push => push with { Tags = ["feature-x"] });
        workspace.Write("repo/.devcontainer/more", "2");
        Directory.Delete(workspace.Output, recursive: true);
        (_, reporter) = await ExplainAsync(request);
        Assert.Contains($"Compared with {branch.Receipt.Image.Reference} (the tag feature-x in the registry, ", reporter.Text);
        Assert.Contains("  ~ .devcontainer/more: changed (sha256 ", reporter.Text);

        // A build that has no image here says the same.
        var building = new RecordingReporter();
        PrebuildRequest withoutEngine = request with { Environment = new Dictionary<string, string>() };
        await Errors.ExpectAsync(Codes.DockerNotFound, () => new PrebuildPipeline(building).RunAsync(withoutEngine, CancellationToken.None));
        Assert.Contains("The image of the tag feature-x is out of date: .devcontainer/more: changed (sha256 ", building.Text);

        // Nobody to ask.
        (explanation, _) = await ExplainAsync(request with { Registries = request.Registries with { Offline = true } });
        Assert.IsNull(explanation.Earlier);
        (explanation, reporter) = await ExplainAsync(request with { Registry = "localhost:1" });
        Assert.IsNull(explanation.Earlier);
        Assert.AreEqual(Codes.RegistryNotAsked, reporter.Warnings.Single().Code);
    }

    [TestMethod]
    public async Task A_dry_run_says_it_and_writes_nothing()
    {
        using var workspace = new PublishedWorkspace();
        (_, RecordingReporter reporter) = await ExplainAsync(Request(workspace) with { DryRun = true });
        Assert.Contains("No earlier image is known", reporter.Text);
        Assert.IsFalse(Directory.Exists(workspace.Output));
    }

    [TestMethod]
    public async Task The_file_has_what_was_said()
    {
        using var workspace = new PublishedWorkspace();
        PrebuildResult built = await SmallPrebuild.RunAsync(Request(workspace));
        workspace.Write(LockFile, (await File.ReadAllTextAsync(workspace[LockFile])).Replace("\"epoch\": 0", "\"epoch\": 3", StringComparison.Ordinal));
        (Explanation explanation, _) = await ExplainAsync(Request(workspace));
        Assert.AreEqual(
            $$"""
            {
              "schema": 1,
              "key": "{{explanation.Key}}",
              "earlier": {
                "reference": "{{built.Receipt.Image.Reference}}",
                "key": "{{built.Receipt.IndexKey}}",
                "built": {{JsonSerializer.Serialize(built.Receipt.Built)}},
                "tag": null
              },
              "changes": [
                {
                  "name": "epoch",
                  "tier": "environment",
                  "change": "changed",
                  "from": "0",
                  "to": "3",
                  "text": "epoch: 0 → 3"
                }
              ],
              "tiers": [
                "environment"
              ],
              "unpinned": [],
              "verdict": "build",
              "text": "A build of linux/amd64, with an engine.",
              "platforms": [
                {
                  "platform": "linux/amd64",
                  "source": "built"
                }
              ]
            }

            """.ReplaceLineEndings("\n"),
            await File.ReadAllTextAsync(Path.Combine(workspace.Output, "explain.json")));
    }

    private static PrebuildRequest Request(PublishedWorkspace workspace) =>
        SmallPrebuild.Request(Path.GetDirectoryName(workspace.Output)!) with { Registries = workspace.Registries };

    private static async Task<(Explanation Explanation, RecordingReporter Reporter)> ExplainAsync(PrebuildRequest request)
    {
        var reporter = new RecordingReporter();
        return (await new ImageExplain(reporter).RunAsync(request, CancellationToken.None), reporter);
    }

    private static JsonDocument Read(PublishedWorkspace workspace) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(workspace.Output, "explain.json")));
}
