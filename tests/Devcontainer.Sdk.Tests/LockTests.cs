using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Pins on a real registry: a build writes what is missing and moves nothing, an update moves them. Only what builds needs the engine.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class LockTests : EngineTests
{
    private const string LockFile = ".devcontainer/devcontainer-prebuild.lock.json";
    private readonly string _image = $"{TestEngine.Registry}/{Quickstart.Repository}/{Guid.NewGuid():N}:1";

    [TestMethod]
    public async Task A_build_stays_with_the_pinned_digest_until_an_update_moves_it()
    {
        Workspace workspace = NewWorkspace();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        workspace.Write(".devcontainer/devcontainer.json", """{ "build": { "dockerfile": "Dockerfile" } }""");
        workspace.Write(".devcontainer/Dockerfile", $"FROM scratch\nCOPY --from={_image} /etc/os-release /etc/passwd /from/\n");
        string old = await PointAtAsync("library/debian:bookworm");
        CommandResult first = (await workspace.BuildAsync("build")).Succeeded();
        Assert.HasCount(1, first.Lines($"Pinned {_image} to {old}."), first.Report);

        // The reference moves on. Nothing follows it, also not where everything is built again.
        string @new = await PointAtAsync("devcontainers/base:bookworm");
        Assert.AreNotEqual(old, @new);
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build")).Succeeded()));
        CommandResult forced = (await workspace.BuildAsync("build", "-p:DevcontainerForce=true")).Succeeded();
        Assert.AreEqual(CommandTests.Digest(first), CommandTests.Digest(forced));

        // No engine is asked, and locked mode is no reason to refuse.
        workspace.Environment["PATH"] = workspace[".."];
        CommandResult updated = (await workspace.BuildAsync(
            "build", "-t:UpdateDevcontainerLock", "-p:DevcontainerLockedMode=true", "-getTargetResult:UpdateDevcontainerLock")).Succeeded();
        IReadOnlyDictionary<string, string> change = updated.Returned("UpdateDevcontainerLock").Single();
        Assert.AreEqual((_image, "Moved", old, @new), (change["Identity"], change["Change"], change["From"], change["To"]));
        CommandResult again = (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock")).Succeeded();
        Assert.HasCount(1, again.Lines("Every pin is current."), again.Report);
        workspace.Environment.Remove("PATH");
        CommandResult second = (await workspace.BuildAsync("build")).Succeeded();
        Assert.Contains("(built: ", CommandTests.Result(second));
        Assert.AreNotEqual(CommandTests.Digest(first), CommandTests.Digest(second));
        string receipt = await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]);
        Assert.DoesNotContain(Hex(old), receipt);
        Assert.Contains(Hex(@new), receipt);
    }

    [TestMethod]
    public async Task A_platform_that_is_added_later_comes_from_the_pinned_index_and_the_lock_file_stays()
    {
        Workspace workspace = WithImage();
        string index = await PointAtAsync("library/debian:bookworm");
        string arm64 = await ManifestAsync("linux/arm64");
        (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-p:DevcontainerPlatforms=linux/amd64")).Succeeded();
        string locked = await File.ReadAllTextAsync(workspace[LockFile]);
        Assert.DoesNotContain("linux/arm64", locked);

        await PointAtAsync("devcontainers/base:bookworm");
        (await workspace.BuildAsync(
            "build", "-t:ResolveDevcontainer", "-p:DevcontainerPlatforms=linux/amd64%3Blinux/arm64", "-p:DevcontainerLockedMode=true")).Succeeded();
        Assert.AreEqual(locked, await File.ReadAllTextAsync(workspace[LockFile]));
        using JsonDocument plan = JsonDocument.Parse(await File.ReadAllTextAsync(workspace["bin/devcontainer/plan/plan.json"]));
        Assert.AreEqual(
            arm64,
            plan.RootElement.GetProperty("bases").EnumerateArray().Single(static b => b.GetProperty("platform").GetString() == "linux/arm64").GetProperty("digest").GetString());

        // An update of what has not moved writes the platforms down.
        await TestEngine.RunAsync("crane", "tag", $"{_image[..^2]}@{index}", "1");
        CommandResult updated = (await workspace.BuildAsync(
            "build", "-t:UpdateDevcontainerLock", "-p:DevcontainerPlatforms=linux/arm64")).Succeeded();
        Assert.HasCount(1, updated.Lines($"Completed the platforms of {_image}."), updated.Report);
        string completed = await File.ReadAllTextAsync(workspace[LockFile]);
        Assert.Contains(arm64, completed);
        Assert.Contains("linux/amd64", completed);
    }

    [TestMethod]
    public async Task An_update_in_a_dry_run_writes_nothing()
    {
        Workspace workspace = WithImage();
        await PointAtAsync("library/debian:bookworm");
        string before = FolderSnapshot.Take(workspace.Folder);
        CommandResult run = (await workspace.BuildAsync(
            "build", "-t:UpdateDevcontainerLock", "-p:DevcontainerDryRun=true", "-p:DevcontainerRaiseEpoch=true")).Succeeded();
        Assert.HasCount(1, run.Lines($"Would pin {_image} to sha256:"), run.Report);
        Assert.HasCount(1, run.Lines("Would raise the epoch: 0 -> 1."), run.Report);
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }

    [TestMethod]
    public async Task An_update_that_cannot_be_made_is_an_error_and_the_lock_file_stays()
    {
        Workspace workspace = WithImage();
        await PointAtAsync("library/debian:bookworm");
        (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock")).Succeeded();
        string before = FolderSnapshot.Take(workspace.Folder);
        BuildMessage error = (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock", "-p:DevcontainerUpdateOnly=debian:13")).Failed("DEVC3066");
        Assert.Contains(_image, error.Text);
        (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock", "-p:DevcontainerOffline=true", "-p:DevcontainerRaiseEpoch=true")).Failed("DEVC3065");
        (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock", "-p:DevcontainerRaiseEpoch=maybe")).Failed("DEVC9001");
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }

    private Workspace WithImage()
    {
        Workspace workspace = NewWorkspace();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        workspace.Write(".devcontainer/devcontainer.json", $$"""{ "image": "{{_image}}" }""");
        return workspace;
    }

    /// <summary>Makes the reference of this test point at another image, and returns its digest.</summary>
    private async Task<string> PointAtAsync(string source)
    {
        await TestEngine.RunAsync("crane", "copy", $"{TestEngine.Registry}/{source}", _image);
        return await TestEngine.RunAsync("crane", "digest", _image);
    }

    private static string Hex(string digest) => digest["sha256:".Length..];

    private Task<string> ManifestAsync(string platform) => TestEngine.RunAsync("crane", "digest", "--platform", platform, _image);
}
