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
        await TestEngine.RunAsync("crane", "validate", "--remote", NameOf(origin) + ":latest");

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
    public async Task A_rollback_gives_the_tags_back_what_they_named()
    {
        Workspace workspace = NewShared();
        workspace.Environment["DevcontainerPlatforms"] = "linux/amd64";
        workspace.Environment["DevcontainerImageTags"] = "one,two";
        (await workspace.BuildAsync("build", "-t:RollbackDevcontainer")).Failed("DEVC5048");
        string first = await PublishAsync(workspace);
        workspace.Write(".devcontainer/hello.txt", "Hello again\n");
        string second = await PublishAsync(workspace);
        Assert.AreNotEqual(first, second);

        // Publishing what is published changes nothing, the way back included.
        Assert.AreEqual(second, await PublishAsync(workspace));
        CommandResult back = (await workspace.BuildAsync("build", "-t:RollbackDevcontainer")).Succeeded();
        Assert.HasCount(2, back.Lines($"names {first} again."), back.Report);
        await AssertTagsAsync(workspace, first);

        // To a digest, and to what is gone: then no tag moves.
        (await workspace.BuildAsync("build", "-t:RollbackDevcontainer", "-p:DevcontainerRollbackTo=" + second)).Succeeded();
        await AssertTagsAsync(workspace, second);
        await TestEngine.RunAsync("crane", "delete", $"{NameOf(workspace)}@{first}");
        (await workspace.BuildAsync("build", "-t:RollbackDevcontainer")).Failed("DEVC5049");
        await AssertTagsAsync(workspace, second);
        workspace.Write("bin/devcontainer/rollback.json", "[");
        (await workspace.BuildAsync("build", "-t:RollbackDevcontainer")).Failed("DEVC5048");
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
