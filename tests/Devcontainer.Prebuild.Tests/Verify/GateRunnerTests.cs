using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>All gates run, and an image passes only where every one of them has looked and lets it.</summary>
[TestClass]
public sealed class GateRunnerTests
{
    private static readonly VerifiedImage Image = VerifiedImages.Of();

    [TestMethod]
    public async Task What_every_gate_says_is_told_whatever_another_comes_to()
    {
        IReadOnlyList<GateReport> reports = await RunAsync(
            new TestGate("throws", (_, _) => throw new DevcontainerException(Codes.CosignMissing)),
            new TestGate("finds", GateResult.Of("something", [TestGate.Finding(message: "One."), TestGate.Finding(message: "Two.")])),
            new TestGate("breaks", (_, _) => throw new InvalidOperationException("It broke.")),
            new TestGate("is stale", GateResult.Stale(new Diagnostic(Codes.VerifyToolFailed, "Too old."))),
            new TestGate("gives up", (_, _) => throw new TaskCanceledException()),
            new TestGate("is clean", GateResult.Clean("all of it")));
        CollectionAssert.AreEqual(new[] { "throws", "finds", "breaks", "is stale", "gives up", "is clean" }, reports.Select(static report => report.Gate).ToArray());
        CollectionAssert.AreEqual(
            new[] { GateOutcome.Failed, GateOutcome.Findings, GateOutcome.Failed, GateOutcome.Stale, GateOutcome.Failed, GateOutcome.Clean },
            reports.Select(static report => report.Result.Outcome).ToArray());
        CollectionAssert.AreEqual(new[] { "is clean" }, reports.Where(static report => report.Passes).Select(static report => report.Gate).ToArray());
        Assert.AreEqual(Codes.CosignMissing, reports[0].Errors.Single().Code);
        CollectionAssert.AreEqual(new[] { "One.", "Two." }, reports[1].Errors.Select(static error => error.Message).ToArray());
        Diagnostic broken = reports[2].Errors.Single();
        Assert.AreEqual(Codes.VerifyToolFailed, broken.Code);
        Assert.Contains("InvalidOperationException: It broke.", broken.Message);
        Assert.Contains("not done in time", reports[4].Errors.Single().Message);
        Assert.IsFalse(new VerifyReport(Image.Reference, reports).Passes);
    }

    [TestMethod]
    public async Task They_run_side_by_side_but_for_those_that_run_alone()
    {
        var both = new TaskCompletionSource();
        int running = 0;
        int most = 0;
        async Task<GateResult> Meet(VerifiedImage image, CancellationToken token)
        {
            if (Interlocked.Increment(ref running) == 2)
            {
                both.SetResult();
            }

            await both.Task.WaitAsync(token);
            Interlocked.Decrement(ref running);
            return GateResult.Clean("both");
        }

        Task<GateResult> Alone(VerifiedImage image, CancellationToken token)
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            Interlocked.Decrement(ref running);
            return Task.FromResult(GateResult.Clean("alone"));
        }

        IReadOnlyList<GateReport> reports = await RunAsync(
            new TestGate("one", Alone) { RunsAlone = true },
            new TestGate("two", Meet),
            new TestGate("three", Meet),
            new TestGate("four", Alone) { RunsAlone = true });
        Assert.IsTrue(reports.All(static report => report.Passes));
        Assert.AreEqual(1, most);
    }

    [TestMethod]
    public async Task Severity_and_gate_decide_what_is_an_error()
    {
        GateResult result = GateResult.Of("x", [.. Enum.GetValues<FindingSeverity>().Select(static severity => TestGate.Finding(severity.ToString(), severity, severity.ToString()))]);
        var policy = new GatePolicy { Threshold = FindingSeverity.Medium, WarnOnly = ["warns"] };
        IReadOnlyList<GateReport> reports = await GateRunner.RunAsync([new TestGate("fails", result), new TestGate("warns", result)], Image, policy, CancellationToken.None);
        CollectionAssert.AreEqual(new[] { "Medium", "High", "Critical" }, reports[0].Errors.Select(static error => error.Message).ToArray());
        CollectionAssert.AreEqual(new[] { "Low" }, reports[0].Warnings.Select(static warning => warning.Message).ToArray());
        Assert.IsTrue(reports[1].Passes);
        Assert.HasCount(4, reports[1].Warnings);

        // A gate that only warns still has to look.
        GateReport failed = (await GateRunner.RunAsync(
            [new TestGate("warns", (_, _) => throw new DevcontainerException(Codes.CosignMissing))], Image, policy, CancellationToken.None)).Single();
        Assert.IsFalse(failed.Passes);
    }

    [TestMethod]
    public async Task Cancelled_it_says_nothing_of_the_image()
    {
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAsync<OperationCanceledException>(() => GateRunner.RunAsync(
            [
                new TestGate("waits", async (_, token) =>
                {
                    await cancellation.CancelAsync();
                    await Task.Delay(Timeout.Infinite, token);
                    return GateResult.Clean("never");
                }),
            ],
            Image,
            new GatePolicy(),
            cancellation.Token));
    }

    [TestMethod]
    public void The_same_finding_of_several_platforms_is_one()
    {
        Finding everywhere = TestGate.Finding("a");
        Finding once = TestGate.Finding("b");
        IReadOnlyList<Finding> joined = Finding.Join([("linux/amd64", [everywhere]), ("linux/arm64", [everywhere, once])]);
        Assert.HasCount(2, joined);
        Assert.IsEmpty(joined[0].Platforms);
        CollectionAssert.AreEqual(new[] { "linux/arm64" }, joined[1].Platforms.ToArray());
    }

    [TestMethod]
    public async Task The_summary_has_a_line_for_each_gate()
    {
        IReadOnlyList<GateReport> reports = await RunAsync(
            new TestGate("one", GateResult.Clean("signed\n##vso[task.complete]")),
            new TestGate("second", GateResult.Of("12 files", [TestGate.Finding()])),
            new TestGate("third", GateResult.Of("12 files", [TestGate.Finding(severity: FindingSeverity.Low), TestGate.Finding(severity: FindingSeverity.Low)])),
            new TestGate("fourth", GateResult.Failed(new Diagnostic(Codes.CosignMissing, "x"))),
            new TestGate("fifth", GateResult.Stale(new Diagnostic(Codes.CosignMissing, "x"))));
        CollectionAssert.AreEqual(
            new[]
            {
                $"{Image.Reference} does not pass:",
                "  one     passed: signed ##vso[task.complete]",
                "  second  1 finding: 12 files",
                "  third   passed with 2 findings: 12 files",
                "  fourth  failed",
                "  fifth   failed: its data is stale",
            },
            VerifyText.Lines(new VerifyReport(Image.Reference, reports)).ToArray());
    }

    private static Task<IReadOnlyList<GateReport>> RunAsync(params IVerifyGate[] gates) => GateRunner.RunAsync(gates, Image, new GatePolicy(), CancellationToken.None);
}
