using System.Diagnostics;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Jobs;

namespace Devcontainer.Prebuild.Tests.Jobs;

[TestClass]
public sealed class JobRunnerTests : IDisposable
{
    private static readonly JobLimits Retried = new() { Retries = 2, IsTransient = static e => e.Diagnostic.Code == Codes.EngineLost };

    private readonly RecordingReporter _reporter = new();
    private readonly CancellationTokenSource _cancellation = new();
    private JobRunner _jobs;

    public JobRunnerTests() => _jobs = NewRunner(4);

    public void Dispose()
    {
        _jobs.Dispose();
        _cancellation.Dispose();
    }

    [TestMethod]
    public async Task A_job_gives_its_result_and_is_kept()
    {
        Assert.AreEqual(7, await RunAsync(static _ => Task.FromResult(7)));
        JobRecord job = _jobs.Records.Single();
        Assert.AreEqual(("build", "linux/amd64", 1, JobOutcome.Succeeded, null), (job.Name, job.Platform, job.Attempts, job.Outcome, job.Code));
        Assert.AreEqual("build linux/amd64", job.Title);
        Assert.IsEmpty(_reporter.Statuses);
    }

    [TestMethod]
    public async Task As_many_run_side_by_side_as_are_allowed_and_no_more()
    {
        _jobs.Dispose();
        _jobs = NewRunner(2);
        var release = new TaskCompletionSource();
        var two = new TaskCompletionSource();
        int running = 0;
        int most = 0;
        Task<int>[] all = [.. Enumerable.Range(0, 6).Select(number => _jobs.RunAsync(
            $"job {number}",
            async _ =>
            {
                int now = Interlocked.Increment(ref running);
                lock (release)
                {
                    most = Math.Max(most, now);
                }

                if (now == 2)
                {
                    two.TrySetResult();
                }

                await release.Task;
                Interlocked.Decrement(ref running);
                return number;
            },
            _cancellation.Token))];
        await two.Task;
        release.SetResult();
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3, 4, 5 }, await Task.WhenAll(all));
        Assert.AreEqual(2, most);
        Assert.HasCount(6, _jobs.Records);
    }

    [TestMethod]
    public async Task What_may_end_otherwise_is_tried_again_and_that_is_said()
    {
        int attempts = 0;
        int waits = 0;
        JobLimits limits = Retried with
        {
            BeforeRetry = _ =>
            {
                waits++;
                return Task.CompletedTask;
            },
        };
        Assert.AreEqual(3, await RunAsync(_ => ++attempts < 3 ? throw new DevcontainerException(Codes.EngineLost, "EOF") : Task.FromResult(attempts), limits));
        Assert.AreEqual(2, waits);
        Assert.AreEqual((3, JobOutcome.Succeeded), (_jobs.Records.Single().Attempts, _jobs.Records.Single().Outcome));
        CollectionAssert.AreEqual(new[] { "(1 of 2).", "(2 of 2)." }, _reporter.Statuses.Select(static line => line[^9..]).ToArray());
        Assert.EndsWith("s in 3 attempts", _jobs.Summary);
    }

    [TestMethod]
    public async Task After_the_last_retry_its_error_stands()
    {
        int attempts = 0;
        await Errors.ExpectAsync(Codes.EngineLost, () => RunAsync(
            _ =>
            {
                attempts++;
                throw new DevcontainerException(Codes.EngineLost, "EOF");
            },
            Retried));
        Assert.AreEqual(3, attempts);
        JobRecord job = _jobs.Records.Single();
        Assert.AreEqual((3, JobOutcome.Failed, Codes.EngineLost), (job.Attempts, job.Outcome, job.Code));
    }

    [TestMethod]
    public async Task What_would_end_the_same_is_not_tried_again()
    {
        await Errors.ExpectAsync(Codes.DockerNotFound, () => RunAsync(static _ => throw new DevcontainerException(Codes.DockerNotFound), Retried));
        Assert.AreEqual(1, _jobs.Records.Single().Attempts);
        Assert.IsEmpty(_reporter.Statuses);
    }

    [TestMethod]
    public async Task A_job_that_takes_too_long_is_ended_and_named()
    {
        JobLimits limits = Retried with { Timeout = TimeSpan.FromMilliseconds(1), TimeoutProperty = "DevcontainerBuildTimeout" };
        Diagnostic error = await Errors.ExpectAsync(Codes.JobTimedOut, () => RunAsync(ForeverAsync, limits));
        Assert.Contains("'build linux/amd64'", error.Message);
        Assert.Contains("00:00:00.0010000", error.Message);
        Assert.Contains("DevcontainerBuildTimeout", error.Message);
        JobRecord job = _jobs.Records.Single();
        Assert.AreEqual((1, JobOutcome.Failed, Codes.JobTimedOut), (job.Attempts, job.Outcome, job.Code));
    }

    [TestMethod]
    public async Task The_wait_for_another_attempt_is_part_of_the_time()
    {
        JobLimits limits = Retried with { Timeout = TimeSpan.FromSeconds(1), BeforeRetry = ForeverAsync };
        await Errors.ExpectAsync(Codes.JobTimedOut, () => RunAsync(static _ => throw new DevcontainerException(Codes.EngineLost, "EOF"), limits));
        Assert.AreEqual(1, _jobs.Records.Single().Attempts);
    }

    [TestMethod]
    public async Task To_be_cancelled_is_no_reason_to_try_again()
    {
        await Errors.ExpectAsync(Codes.EngineLost, () => RunAsync(
            async token =>
            {
                await _cancellation.CancelAsync();
                Assert.IsTrue(token.IsCancellationRequested);
                throw new DevcontainerException(Codes.EngineLost, "EOF");
            },
            Retried));
        Assert.AreEqual(1, _jobs.Records.Single().Attempts);
    }

    [TestMethod]
    public async Task A_job_that_was_cancelled_did_not_fail()
    {
        await Assert.ThrowsAsync<OperationCanceledException>(() => RunAsync(
            async token =>
            {
                await _cancellation.CancelAsync();
                return await ForeverAsync(token);
            },
            Retried with { Timeout = TimeSpan.FromHours(1) }));
        Assert.AreEqual((JobOutcome.Cancelled, null), (_jobs.Records.Single().Outcome, _jobs.Records.Single().Code));
    }

    [TestMethod]
    public async Task A_job_that_fails_lets_go_of_its_slot()
    {
        _jobs.Dispose();
        _jobs = NewRunner(1);
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => RunAsync(static _ => throw new InvalidOperationException("defect")));
        Assert.AreEqual(1, await RunAsync(static _ => Task.FromResult(1)));
        CollectionAssert.AreEqual(new[] { JobOutcome.Failed, JobOutcome.Succeeded }, _jobs.Records.Select(static job => job.Outcome).ToArray());
    }

    [TestMethod]
    public void What_ran_before_is_noted_from_the_start_on()
    {
        _jobs.Note("inputs");
        JobRecord job = _jobs.Records.Single();
        Assert.AreEqual(("inputs", null, TimeSpan.Zero, 1), (job.Name, job.Platform, job.Start, job.Attempts));
    }

    private JobRunner NewRunner(int parallelism) => new(Stopwatch.GetTimestamp(), parallelism, _reporter);

    private Task<int> RunAsync(Func<CancellationToken, Task<int>> work, JobLimits? limits = null) =>
        _jobs.RunAsync("build", "linux/amd64", limits ?? JobLimits.None, work, _cancellation.Token);

    private static async Task<int> ForeverAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 0;
    }
}
