using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

[TestClass]
public sealed class DryRunTests : SdkTests
{
    [TestMethod]
    [DataRow("build")]
    [DataRow("publish")]
    [DataRow("build", "-t:LoadDevcontainer")]
    public async Task A_dry_run_says_what_it_would_do_and_touches_nothing(string verb, string target = "-t:")
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string temporary = Path.Combine(Path.GetDirectoryName(workspace.Folder)!, "temporary");
        Directory.CreateDirectory(temporary);

        // No engine, and no docker that could be asked for one.
        workspace.Environment["PATH"] = temporary;
        workspace.Environment["TMPDIR"] = temporary;
        string before = FolderSnapshot.Take(workspace.Folder);
        CommandResult run = (await workspace.BuildAsync(verb, ["-p:DevcontainerDryRun=true", .. target == "-t:" ? (string[])[] : [target]])).Succeeded();
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
        Assert.IsEmpty(Directory.GetFileSystemEntries(temporary, "devcontainer*"), run.Report);

        CommandResult keys = (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-getTargetResult:ResolveDevcontainer")).Succeeded();
        foreach (IReadOnlyDictionary<string, string> key in keys.Returned("ResolveDevcontainer"))
        {
            Assert.HasCount(1, run.Lines($"key  {key["Tier"]}").Where(line => line.EndsWith(key["Identity"], StringComparison.Ordinal)), run.Report);
        }

        Assert.HasCount(1, run.Lines("command: docker buildx bake --builder "), run.Report);
        Assert.IsNotEmpty(run.Lines("FROM scratch"), run.Report);
    }

    [TestMethod]
    [TestCategory("Engine")]
    public async Task A_dry_run_asks_about_base_images_and_pins_none()
    {
        TestEngine.Require();
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write(".devcontainer/devcontainer.json", """{ "image": "debian:bookworm" }""");
        string before = FolderSnapshot.Take(workspace.Folder);
        CommandResult run = (await workspace.BuildAsync("build", "-p:DevcontainerDryRun=true", "-p:DevcontainerPlatforms=linux/amd64%3Blinux/arm64")).Succeeded();
        Assert.HasCount(2, run.Lines("base docker.io/library/debian:bookworm linux/"), run.Report);
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }
}
