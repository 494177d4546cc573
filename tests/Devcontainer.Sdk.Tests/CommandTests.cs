using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>What the verbs of dotnet do with a project that is a dev container and nothing else, with an engine.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class CommandTests : EngineTests
{
    [TestMethod]
    public async Task A_build_makes_the_image_and_the_next_one_finds_it()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult first = (await workspace.BuildAsync("build")).Succeeded();
        CommandResult second = (await workspace.BuildAsync("build")).Succeeded();
        Assert.Contains("(built: ", Result(first));
        Assert.Contains("(local: unchanged)", Result(second));
        Assert.AreEqual(Digest(first), Digest(second));
    }

    [TestMethod]
    [DataRow("-graph")]
    [DataRow("-mt")]
    [DataRow("-m:2")]
    [DataRow("-t:Prebuild")]
    [DataRow("-t:PrebuildDevcontainer")]
    [DataRow("-c:Release")]
    public async Task A_build_works_with(string argument)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult build = (await workspace.BuildAsync("build", argument)).Succeeded();
        Assert.Contains("(built: ", Result(build));
        Assert.IsTrue(File.Exists(workspace["bin/devcontainer/receipt.json"]));
    }

    [TestMethod]
    [DataRow("with space")]
    [DataRow("per%3Bcent 100%")]
    [DataRow("quote's; semicolon")]
    [DataRow("a \"double\" quote, a $HOME and a ${HOME}")]
    [DataRow("büld (1)")]
    public async Task A_build_works_in_a_folder_named(string name)
    {
        Workspace workspace = NewWorkspace(name).WithSmallDevcontainer();
        (await workspace.BuildAsync("build")).Succeeded();
        Assert.Contains("(local: unchanged)", Result((await workspace.BuildAsync("build")).Succeeded()));
        Assert.IsTrue(File.Exists(workspace["bin/devcontainer/receipt.json"]));
    }

    [TestMethod]
    public async Task Publish_writes_the_layout_and_takes_what_a_build_made()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult first = (await workspace.BuildAsync("publish")).Succeeded();
        Assert.Contains("(built: ", Result(first));
        Assert.HasCount(1, first.Lines($"Image layout: {workspace["bin/devcontainer/image"]} ({Digest(first)})"), first.Report);

        // `build` is Debug and `publish` Release: both mean the same image.
        CommandResult build = (await workspace.BuildAsync("build")).Succeeded();
        Assert.Contains("(local: unchanged)", Result(build));
    }

    [TestMethod]
    public async Task Pushing_an_image_without_a_registry_is_an_error_and_keeps_the_image()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        BuildMessage error = (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Failed("DEVC5041");
        Assert.Contains("DevcontainerRegistry", error.Text);
        Assert.IsTrue(File.Exists(workspace["bin/devcontainer/receipt.json"]));
    }

    [TestMethod]
    public async Task Clean_removes_what_a_prebuild_wrote_and_nothing_else()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string before = FolderSnapshot.Take(workspace[".devcontainer"]);
        (await workspace.BuildAsync("build")).Succeeded();
        string foreign = workspace.Write("bin/devcontainer/notes/mine.txt", "mine");
        string neighbour = workspace.Write("bin/other.txt", "mine too");
        (await workspace.BuildAsync("clean")).Succeeded();
        CollectionAssert.AreEqual(new[] { workspace["bin/devcontainer/notes"] }, Directory.GetFileSystemEntries(workspace["bin/devcontainer"]));
        Assert.IsTrue(File.Exists(foreign) && File.Exists(neighbour));
        Assert.AreEqual(before, FolderSnapshot.Take(workspace[".devcontainer"]));

        Directory.Delete(workspace["bin/devcontainer/notes"], recursive: true);
        (await workspace.BuildAsync("build")).Succeeded();
        (await workspace.BuildAsync("clean")).Succeeded();
        Assert.IsFalse(Directory.Exists(workspace["bin/devcontainer"]));
        (await workspace.BuildAsync("clean")).Succeeded();
    }

    [TestMethod]
    public async Task Rebuild_cleans_and_builds_the_same_image()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult first = (await workspace.BuildAsync("build")).Succeeded();
        CommandResult second = (await workspace.BuildAsync("build", "-t:Rebuild")).Succeeded();
        Assert.Contains("(built: ", Result(second));
        Assert.AreEqual(Digest(first), Digest(second));
    }

    [TestMethod]
    public async Task Force_builds_although_nothing_changed()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult first = (await workspace.BuildAsync("build")).Succeeded();
        CommandResult forced = (await workspace.BuildAsync("build", "-p:DevcontainerForce=true")).Succeeded();
        Assert.Contains("(built: ", Result(forced));
        Assert.IsNotEmpty(forced.Lines("COPY hello.txt /hello.txt"), forced.Report);
        Assert.IsEmpty(forced.Lines("  cached"), forced.Report);
        Assert.AreEqual(Digest(first), Digest(forced));
    }

    [TestMethod]
    public async Task Two_builds_at_once_make_one_image()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult[] builds = await Task.WhenAll(workspace.BuildAsync("build"), workspace.BuildAsync("publish"));
        Assert.AreEqual(Digest(builds[0].Succeeded()), Digest(builds[1].Succeeded()));
        Assert.HasCount(1, builds.Where(static build => Result(build).Contains("(built: ", StringComparison.Ordinal)), builds[0].Report + builds[1].Report);
    }

    [TestMethod]
    public async Task Output_goes_under_the_artifacts_path()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        (await workspace.BuildAsync("build", "--artifacts-path", workspace["out"])).Succeeded();
        Assert.IsTrue(File.Exists(workspace["out/devcontainer/dev/receipt.json"]));
        Assert.IsFalse(Directory.Exists(workspace["bin"]));
        (await workspace.BuildAsync("clean", "--artifacts-path", workspace["out"])).Succeeded();
        Assert.IsFalse(Directory.Exists(workspace["out/devcontainer/dev"]));
    }

    [TestMethod]
    public async Task Output_goes_where_the_project_says()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        (await workspace.BuildAsync("build", "-p:DevcontainerOutputPath=here/and there")).Succeeded();
        Assert.IsTrue(File.Exists(workspace["here/and there/receipt.json"]));
        Assert.IsFalse(Directory.Exists(workspace["bin"]));
    }

    /// <summary>The line that ends a prebuild.</summary>
    internal static string Result(CommandResult result)
    {
        IReadOnlyList<string> lines = result.Lines(" -> ");
        Assert.HasCount(1, lines, result.Report);
        return lines[0];
    }

    /// <summary>The digest of the image, as that line says it.</summary>
    internal static string Digest(CommandResult result)
    {
        string line = Result(result);
        int start = line.IndexOf("sha256:", StringComparison.Ordinal);
        return line.Substring(start, "sha256:".Length + 64);
    }
}
