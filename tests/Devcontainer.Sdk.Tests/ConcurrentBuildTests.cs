using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Builds that meet in one output folder.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class ConcurrentBuildTests : EngineTests
{
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task Eight_builds_at_once_build_once()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string builds = workspace["../builds"];
        workspace.WithDocker($"case \"$1 $2\" in 'buildx bake') echo $$ >>'{builds}';; esac\nexec \"$docker\" \"$@\"");
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => workspace.BuildAsync("build", "-t:Prebuild")));
        Assert.HasCount(1, await File.ReadAllLinesAsync(builds), string.Join('\n', results.Select(static result => result.Report)));
        Assert.HasCount(1, results.Select(static result => CommandTests.Digest(result.Succeeded())).Distinct().ToArray());
        Assert.HasCount(1, results.Where(static result => CommandTests.Result(result).Contains("(built: ", StringComparison.Ordinal)).ToArray());
        workspace.HasOnlyWholeOutput();
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task A_build_that_is_stopped_keeps_the_folder_and_one_that_is_killed_does_not()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult reference = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        string receipt = await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]);
        workspace.Write(".devcontainer/hello.txt", "Changed\n");
        string started = workspace["../started"];
        workspace.WithDocker($"case \"$1 $2\" in 'buildx bake') touch '{started}'; exec sleep 600;; esac\nexec \"$docker\" \"$@\"");
        await using RunningCommand holder = workspace.StartBuild("build", "-t:Prebuild");
        await Eventually.TrueAsync(() => File.Exists(started), "the first build has begun");
        holder.Signal(PosixSignalNumber.Stop);

        // Neither a build nor a clean takes it away.
        workspace.Environment.Remove("PATH");
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerLockTimeout=1")).Failed("DEVC9006");
        Assert.Contains($"process {holder.Id},", error.Text);
        error = (await workspace.BuildAsync("clean", "-p:DevcontainerLockTimeout=00:00:01")).Failed("DEVC9006");
        Assert.Contains($"process {holder.Id},", error.Text);
        Assert.AreEqual(receipt, await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]));
        Assert.IsFalse(holder.Completion.IsCompleted);

        await using RunningCommand waiting = workspace.StartBuild("build", "-t:Prebuild");
        await waiting.SaysAsync($"process {holder.Id},");
        holder.Signal(PosixSignalNumber.Kill, group: true);
        CommandResult next = (await waiting.Completion).Succeeded();
        Assert.Contains("(built: ", CommandTests.Result(next));
        workspace.HasOnlyWholeOutput();
        workspace.WithSmallDevcontainer();
        Assert.AreEqual(CommandTests.Digest(reference), CommandTests.Digest((await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded()));
    }
}
