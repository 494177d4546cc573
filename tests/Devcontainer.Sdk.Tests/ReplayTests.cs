using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>What keys say of commits, by the packed SDK. That they are those of builds is in the tests of the library.</summary>
[TestClass]
public sealed class ReplayTests : SdkTests
{
    [TestMethod]
    public async Task A_history_is_replayed_and_a_change_is_told_without_an_engine()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Environment["PATH"] = SharingTests.WithoutDocker(workspace);
        workspace.Write(".gitignore", "bin/\n");
        workspace.Write("Directory.Packages.props", "<Project />");
        await GitAsync(workspace, "init", "-q");
        await CommitAsync(workspace);
        workspace.Write("README.md", "text");
        await CommitAsync(workspace);
        workspace.Write("Directory.Packages.props", "<Project><ItemGroup><PackageVersion Include=\"A\" Version=\"1.0.0\" /></ItemGroup></Project>");
        await CommitAsync(workspace);
        workspace.Write(".devcontainer/hello.txt", "changed\n");
        await CommitAsync(workspace);

        CommandResult replayed = (await workspace.BuildAsync("build", "-t:ReplayDevcontainerKeys")).Succeeded();
        Assert.HasCount(1, replayed.Lines("4 commits up to "), replayed.Report);
        Assert.HasCount(1, replayed.Lines("hit                    1   25.0 %"), replayed.Report);
        Assert.HasCount(1, replayed.Lines("append                 1   25.0 %"), replayed.Report);
        Assert.HasCount(1, replayed.Lines("build                  2   50.0 %"), replayed.Report);
        Assert.HasCount(1, replayed.Lines("built for .devcontainer/hello.txt: 1"), replayed.Report);
        Assert.IsTrue(File.Exists(workspace["bin/devcontainer/replay.json"]));
        (await workspace.BuildAsync("build", "-t:ReplayDevcontainerKeys", "-p:DevcontainerReplayCommits=0")).Failed("DEVC9001");

        foreach ((string from, string to, string outcome) in new[] { ("HEAD^", "HEAD", "build"), ("HEAD~2", "HEAD^", "append"), ("HEAD~3", "HEAD~2", "nothing") })
        {
            CommandResult detected = (await workspace.BuildAsync(
                "build", "-t:DetectDevcontainerChanges", $"-p:DevcontainerChangesFrom={from}", $"-p:DevcontainerChangesTo={to}", "-getItem:DevcontainerDetectedChange")).Succeeded();
            IReadOnlyDictionary<string, string> change = detected.Items("DevcontainerDetectedChange").Single();
            Assert.AreEqual(("dev", outcome), (change["Identity"], change["Outcome"]));
        }

        // Both files go with a clean.
        (await workspace.BuildAsync("clean")).Succeeded();
        Assert.IsFalse(Directory.Exists(workspace["bin/devcontainer"]));
        Assert.Contains("nowhere", (await workspace.BuildAsync("build", "-t:DetectDevcontainerChanges", "-p:DevcontainerChangesFrom=nowhere")).Failed("DEVC3080").Text);
    }

    private static async Task CommitAsync(Workspace workspace)
    {
        await GitAsync(workspace, "add", "-A");
        await GitAsync(workspace, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x");
    }

    private static async Task GitAsync(Workspace workspace, params string[] arguments)
    {
        CommandResult result = await workspace.RunAsync("git", arguments);
        Assert.AreEqual(0, result.ExitCode, result.Report);
    }
}
