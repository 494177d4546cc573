using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>An image of several machines, and the way back from a push.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class PublishTests : EngineTests
{
    private static readonly string[] Platforms = ["linux/amd64", "linux/arm64"];

    /// <summary>Two machines publish a platform each by digest; a third one without an engine joins them; a fourth one finds the image.</summary>
    [TestMethod]
    public async Task Platforms_of_several_machines_are_joined_without_an_engine()
    {
        Workspace origin = NewShared();
        Workspace last = Copy(origin, "linux/amd64;linux/arm64");
        foreach (string platform in Platforms)
        {
            Workspace machine = Copy(origin, platform);
            (await machine.BuildAsync("publish", "-p:PushDevcontainer=true", "-p:DevcontainerPushByDigest=true")).Succeeded();
            string file = $"bin/devcontainer/digests/{platform.Replace('/', '-')}.json";
            last.Write(file, await File.ReadAllTextAsync(machine[file]));
            Assert.AreNotEqual(0, (await Command.RunAsync("crane", ["digest", NameOf(origin) + ":latest"], origin.Folder)).ExitCode);
        }

        last.Environment["PATH"] = SharingTests.WithoutDocker(last);
        CommandResult joined = (await last.BuildAsync("build", "-t:CreateDevcontainerIndex", "-p:PushDevcontainer=true")).Succeeded();
        Assert.HasCount(1, joined.Lines("(registry: 2 platforms joined)"), joined.Report);
        await TestEngine.ValidateAsync(NameOf(origin) + ":latest");
        foreach ((string part, string type) in new[] { ("Provenance", "\"https://devcontainer-sdk.com/prebuild/v1\""), ("SBOM", "\"SPDX-2.3\"") })
        {
            using JsonDocument attested = JsonDocument.Parse(await TestEngine.RunAsync(
                "docker", "buildx", "imagetools", "inspect", NameOf(origin) + ":latest", "--format", $"{{{{json .{part}}}}}"));
            CollectionAssert.AreEquivalent(Platforms, attested.RootElement.EnumerateObject().Select(static platform => platform.Name).ToArray());
            foreach (JsonProperty platform in attested.RootElement.EnumerateObject())
            {
                Assert.Contains(type, platform.Value.GetRawText(), platform.Name);
            }
        }

        Workspace other = Copy(origin, "linux/amd64;linux/arm64");
        other.Environment["PATH"] = SharingTests.WithoutDocker(other);
        CommandResult items = (await Quickstart.PrebuildAsync(other)).Succeeded();
        Assert.AreEqual("registry", items.Items("DevcontainerImage").Single()["Source"]);
        Assert.AreEqual(items.Items("DevcontainerImage").Single()["Digest"], await TestEngine.RunAsync("crane", "digest", NameOf(origin) + ":latest"));
        Assert.HasCount(2, items.Items("DevcontainerSbom"));
    }

    [TestMethod]
    public async Task Digests_that_do_not_belong_together_are_an_error_and_no_tag_moves()
    {
        Workspace workspace = NewShared();
        workspace.Environment["DevcontainerPlatforms"] = "linux/amd64";
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true", "-p:DevcontainerPushByDigest=true")).Succeeded();
        string file = workspace["bin/devcontainer/digests/linux-amd64.json"];
        string good = await File.ReadAllTextAsync(file);

        string[] join = ["-t:CreateDevcontainerIndex", "-p:PushDevcontainer=true"];
        Assert.Contains("linux/arm64", (await workspace.BuildAsync("build", [.. join, "-p:DevcontainerPlatforms=linux/amd64%3Blinux/arm64"])).Failed("DEVC5044").Text);
        await File.WriteAllTextAsync(file, "{}");
        Assert.AreEqual(file, (await workspace.BuildAsync("build", join)).Failed("DEVC5046").File);
        await File.WriteAllTextAsync(file, good);
        workspace.Write(".devcontainer/hello.txt", "Hello again\n");
        Assert.AreEqual(file, (await workspace.BuildAsync("build", join)).Failed("DEVC5045").File);
        workspace.Write(".devcontainer/hello.txt", "Hello\n");
        using (JsonDocument document = JsonDocument.Parse(good))
        {
            await File.WriteAllTextAsync(file, good.Replace(document.RootElement.GetProperty("digest").GetString()!, "sha256:" + new string('0', 64), StringComparison.Ordinal));
        }

        (await workspace.BuildAsync("build", join)).Failed("DEVC5043");
        Assert.AreNotEqual(0, (await Command.RunAsync("crane", ["digest", NameOf(workspace) + ":latest"], workspace.Folder)).ExitCode);
        await File.WriteAllTextAsync(file, good);
        (await workspace.BuildAsync("build", join)).Succeeded();
    }

    [TestMethod]
    public async Task Where_one_platform_fails_no_tag_moves()
    {
        Workspace workspace = NewShared();
        workspace.Environment["DevcontainerPlatforms"] = string.Join(';', Platforms);
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        string digest = await TestEngine.RunAsync("crane", "digest", NameOf(workspace) + ":latest");
        string published = await File.ReadAllTextAsync(workspace["bin/devcontainer/published.json"]);
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:bookworm\nARG TARGETARCH\nRUN test $TARGETARCH = amd64\n");
        BuildMessage error = (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Failed("DEVC4010");
        Assert.Contains("linux/arm64", error.Text);
        Assert.AreEqual(digest, await TestEngine.RunAsync("crane", "digest", NameOf(workspace) + ":latest"));
        Assert.AreEqual(published, await File.ReadAllTextAsync(workspace["bin/devcontainer/published.json"]));
    }

    [TestMethod]
    public async Task A_rollback_gives_the_tags_back_what_they_named_and_a_prune_takes_what_nobody_needs()
    {
        Workspace workspace = NewShared();
        workspace.Environment["DevcontainerPlatforms"] = "linux/amd64";
        workspace.Environment["DevcontainerImageTags"] = "one,two";
        (await workspace.BuildAsync("build", "-t:RollbackDevcontainer")).Failed("DEVC5048");
        string first = await PublishAsync(workspace);
        workspace.Write(".devcontainer/hello.txt", "Hello again\n");
        string second = await PublishAsync(workspace);
        Assert.AreNotEqual(first, second);

        CommandResult compared = (await workspace.BuildAsync("build", "-t:CompareDevcontainer")).Succeeded();
        Assert.HasCount(1, compared.Lines($"{NameOf(workspace)}@{second} compared with {NameOf(workspace)}@{first}: no package, Feature or base image differs."), compared.Report);

        // Publishing what is published changes nothing, the way back included.
        Assert.AreEqual(second, await PublishAsync(workspace));
        CommandResult dry = (await workspace.BuildAsync("build", "-t:RollbackDevcontainer", "-p:DevcontainerDryRun=true")).Succeeded();
        Assert.HasCount(2, dry.Lines($"would name {first} again."), dry.Report);
        await AssertTagsAsync(workspace, second);
        CommandResult back = (await workspace.BuildAsync("build", "-t:RollbackDevcontainer")).Succeeded();
        Assert.HasCount(2, back.Lines($"names {first} again."), back.Report);
        await AssertTagsAsync(workspace, first);

        // To a digest, and to what is gone: then no tag moves. The way back keeps its image, as long as the records of the push are there.
        (await workspace.BuildAsync("build", "-t:RollbackDevcontainer", "-p:DevcontainerRollbackTo=" + second)).Succeeded();
        await AssertTagsAsync(workspace, second);
        string[] prune = ["-t:PruneDevcontainerImages", "-p:DevcontainerPruneKeepLast=0", "-p:DevcontainerPruneKeepDays=0", "-getItem:DevcontainerPrunedImage"];
        Assert.IsEmpty((await workspace.BuildAsync("build", [.. prune, "-p:DevcontainerPruneConfirm=true"])).Succeeded().Items("DevcontainerPrunedImage"));
        prune = [.. prune, "-p:DevcontainerOutputPath=elsewhere/"];
        string[] kept = [.. prune, "-p:DevcontainerPruneConfirm=true", $"-p:DevcontainerPruneKeep={first}"];
        Assert.IsEmpty((await workspace.BuildAsync("build", kept)).Succeeded().Items("DevcontainerPrunedImage"));
        Assert.AreEqual($"{NameOf(workspace)}@{first}", (await workspace.BuildAsync("build", prune)).Succeeded().Items("DevcontainerPrunedImage").Single()["Identity"]);
        await TestEngine.RunAsync("crane", "manifest", $"{NameOf(workspace)}@{first}");
        (await workspace.BuildAsync("build", [.. prune, "-p:DevcontainerPruneConfirm=true"])).Succeeded();
        Assert.AreNotEqual(0, (await Command.RunAsync("crane", ["manifest", $"{NameOf(workspace)}@{first}"], workspace.Folder)).ExitCode);
        await TestEngine.ValidateAsync(NameOf(workspace) + ":one");
        (await workspace.BuildAsync("build", "-t:RollbackDevcontainer")).Failed("DEVC5049");
        await AssertTagsAsync(workspace, second);
        workspace.Write("bin/devcontainer/rollback.json", "[");
        (await workspace.BuildAsync("build", "-t:RollbackDevcontainer")).Failed("DEVC5048");
    }

    [TestMethod]
    public async Task An_image_is_pinned_where_it_is_used()
    {
        Workspace workspace = NewShared();
        string name = NameOf(workspace);
        workspace.Write("file", "content");
        await TestEngine.RunAsync("tar", "-C", workspace.Folder, "-cf", workspace["layer.tar"], "file");
        await TestEngine.RunAsync("crane", "append", "-f", workspace["layer.tar"], "-t", name + ":1.2");
        string tagged = await TestEngine.RunAsync("crane", "digest", name + ":1.2");
        string published = "sha256:" + new string('a', 64);
        workspace.Write("bin/devcontainer/published.json", $$"""{"schema":1,"repository":"{{name}}","digest":"{{published}}","tags":[]}""");
        const string Before = "{\r\n  // The team's\r\n  \"image\": \"IMAGE\",\r\n}\r\n";
        workspace.Write("one/devcontainer.json", Before.Replace("IMAGE", name + ":1.2", StringComparison.Ordinal));
        workspace.Write("two/devcontainer.json", Before.Replace("IMAGE", "debian:12", StringComparison.Ordinal));

        string[] pin = ["-t:PinDevcontainer", "-p:DevcontainerPinFile=one/devcontainer.json"];
        CommandResult pinned = (await workspace.BuildAsync("build", [.. pin, "-getItem:DevcontainerPinnedFile"])).Succeeded();
        IReadOnlyDictionary<string, string> item = pinned.Items("DevcontainerPinnedFile").Single();
        Assert.AreEqual(($"{name}@{published}", name + ":1.2"), (item["Image"], item["Previous"]));
        Assert.AreEqual(Before.Replace("IMAGE", $"{name}@{published}", StringComparison.Ordinal), await File.ReadAllTextAsync(workspace["one/devcontainer.json"]));

        string[] both = ["-t:PinDevcontainer", "-p:DevcontainerPinFile=one/devcontainer.json%3Btwo/devcontainer.json", "-p:DevcontainerPinTo=1.2"];
        Assert.AreEqual(workspace["two/devcontainer.json"], (await workspace.BuildAsync("build", both)).Failed("DEVC8006").File);
        (await workspace.BuildAsync("build", [.. both, "-p:DevcontainerPinAnyImage=true"])).Succeeded();
        foreach (string file in new[] { "one/devcontainer.json", "two/devcontainer.json" })
        {
            Assert.AreEqual(Before.Replace("IMAGE", $"{name}@{tagged}", StringComparison.Ordinal), await File.ReadAllTextAsync(workspace[file]));
        }

        (await workspace.BuildAsync("build", [.. pin, "-p:DevcontainerPinTo=none"])).Failed("DEVC5070");
        (await workspace.BuildAsync("build", "-t:PinDevcontainer")).Failed("DEVC9001");
    }

    private static async Task AssertTagsAsync(Workspace workspace, string digest)
    {
        foreach (string tag in new[] { "one", "two" })
        {
            Assert.AreEqual(digest, await TestEngine.RunAsync("crane", "digest", $"{NameOf(workspace)}:{tag}"));
        }
    }

    private static async Task<string> PublishAsync(Workspace workspace)
    {
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        using JsonDocument published = JsonDocument.Parse(await File.ReadAllTextAsync(workspace["bin/devcontainer/published.json"]));
        string digest = published.RootElement.GetProperty("digest").GetString()!;
        await AssertTagsAsync(workspace, digest);
        return digest;
    }

    private Workspace NewShared()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        SharingTests.Name(workspace, $"devcontainer-sdk-test/{Guid.NewGuid():N}", Platforms[0]);
        return workspace;
    }

    private Workspace Copy(Workspace original, string platforms) => SharingTests.Copy(original, NewWorkspace("elsewhere"), platforms);

    private static string NameOf(Workspace workspace) => SharingTests.NameOf(workspace);
}
