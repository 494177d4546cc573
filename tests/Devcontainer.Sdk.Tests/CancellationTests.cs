using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Ctrl-C, and what ends a build otherwise: soon nothing of it runs any more, here or in the engine, and what was there is still there.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class CancellationTests : EngineTests
{
    // What is promised of Ctrl-C.
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(10);

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public Task After_CtrlC_at_any_point_nothing_runs_any_more() => InterruptAsync(points: 3);

    [TestMethod]
    [Long]
    [OSCondition(OperatingSystems.Linux)]
    public Task After_CtrlC_at_twenty_points_nothing_runs_any_more() => InterruptAsync(points: 20);

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task Asked_to_end_a_build_takes_its_step_with_it()
    {
        (Workspace workspace, string step) = NewWaitingWorkspace();
        ProcessTree tree = ProcessTree.Mark(workspace);
        workspace.Environment["GO"] = "wait";
        await using RunningCommand build = workspace.StartBuild("build", "-t:Prebuild");
        await Eventually.TrueAsync(() => ProcessTree.HasArgument("sleep\0" + step), "the step runs");
        build.Signal(PosixSignalNumber.Terminate);
        await Eventually.TrueAsync(() => tree.IsGone && !ProcessTree.HasArgument(step), "nothing runs any more", Promise);
        workspace.Environment["GO"] = "go";
        (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        workspace.HasOnlyWholeOutput();
    }

    private async Task InterruptAsync(int points)
    {
        int seed = System.Environment.TickCount;
        TestContext.WriteLine($"Seed {seed}.");
        var random = new Random(seed);

        (Workspace workspace, string step) = NewWaitingWorkspace();
        ProcessTree tree = ProcessTree.Mark(workspace);
        workspace.Environment["GO"] = "go";
        long started = Stopwatch.GetTimestamp();
        CommandResult reference = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        TimeSpan duration = Stopwatch.GetElapsedTime(started);
        string receipt = await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]);

        workspace.Environment["GO"] = "wait";
        for (int point = 0; point < points; point++)
        {
            // Not in the first quarter of a second: there a Ctrl-C is dotnet's matter, which loses one that comes between its own handler and MSBuild's.
            TimeSpan delay = duration * (0.3 + (random.NextDouble() * 1.2));
            bool group = point % 2 == 0;
            string at = string.Create(CultureInfo.InvariantCulture, $"Seed {seed}, point {point}: interrupted after {delay.TotalSeconds:0.00} s, {(group ? "as by a terminal" : "alone")}.");
            await using RunningCommand build = workspace.StartBuild("build", "-t:Prebuild", "-p:DevcontainerForce=true");
            await Task.WhenAny(build.Completion, Task.Delay(delay));
            build.Signal(PosixSignalNumber.Interrupt, group);
            await Eventually.TrueAsync(() => tree.IsGone && !ProcessTree.HasArgument(step), $"nothing runs any more. {at}\n{build.OutputSoFar}", Promise);
            CommandResult result = await build.Completion;
            Assert.AreNotEqual(0, result.ExitCode, at + result.Report);
            Assert.IsEmpty(result.Messages, at + result.Report);
            Assert.DoesNotContain("   at ", result.Output + result.Error, at + result.Report);
            Assert.AreEqual(receipt, await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]), at);
            workspace.HasOnlyWholeOutput();
            TestContext.WriteLine(at);
        }

        workspace.Environment["GO"] = "go";
        CommandResult again = (await workspace.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerForce=true")).Succeeded();
        Assert.AreEqual(CommandTests.Digest(reference), CommandTests.Digest(again));
    }

    // What the step does is told by a secret, which is no part of any key: it ends at once, or waits for longer than the test. The step is no other
    // test's: the engine runs what two builds have in common once, with the secret of either.
    private (Workspace Workspace, string Step) NewWaitingWorkspace()
    {
        string step = string.Create(CultureInfo.InvariantCulture, $"600.{RandomNumberGenerator.GetInt32(100_000_000, 999_999_999)}");
        Workspace workspace = NewWorkspace();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk"><ItemGroup><DevcontainerSecret Include="go" EnvironmentVariable="GO" /></ItemGroup></Project>""");
        workspace.Write(".devcontainer/devcontainer.json", """{ "build": { "dockerfile": "Dockerfile" } }""");
        workspace.Write(".devcontainer/Dockerfile", $"FROM debian:bookworm\nRUN --mount=type=secret,id=go [ \"$(cat /run/secrets/go)\" = go ] || sleep {step}\n");
        return (workspace, step);
    }
}
