using System.Diagnostics;
using System.Globalization;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Jobs;

/// <summary>
/// Runs the jobs of one prebuild: as many side by side as are allowed, each within its limits, and keeps what became of each. A job runs no other
/// job: with one slot it would wait for itself.
/// </summary>
internal sealed class JobRunner : IDisposable
{
    private readonly long _started;
    private readonly IBuildReporter _reporter;
    private readonly SemaphoreSlim _slots;
    private readonly Lock _lock = new();
    private readonly List<JobRecord> _records = [];

    /// <param name="started">When the prebuild began (<see cref="Stopwatch.GetTimestamp"/>).</param>
    /// <param name="parallelism">How many jobs may run at once.</param>
    /// <param name="reporter">Is told of every attempt after the first.</param>
    internal JobRunner(long started, int parallelism, IBuildReporter reporter)
    {
        _started = started;
        _reporter = reporter;
        _slots = new SemaphoreSlim(parallelism, parallelism);
    }

    /// <summary>How long the prebuild has taken so far.</summary>
    internal TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>The jobs that have ended, in order of beginning.</summary>
    internal IReadOnlyList<JobRecord> Records
    {
        get
        {
            lock (_lock)
            {
                JobRecord[] records = [.. _records];
                Array.Sort(records, static (a, b) => a.Start == b.Start ? string.CompareOrdinal(a.Title, b.Title) : a.Start.CompareTo(b.Start));
                return records;
            }
        }
    }

    /// <summary>The jobs in one line.</summary>
    internal string Summary => string.Join(", ", Records.Select(static job =>
        string.Create(CultureInfo.InvariantCulture, $"{job.Title} {job.Duration.TotalSeconds:0.0} s{(job.Attempts > 1 ? $" in {job.Attempts} attempts" : "")}")));

    /// <summary>Notes a job that ran before there was a runner: from the start of the prebuild until now.</summary>
    internal void Note(string name) => Add(new JobRecord(name, null, TimeSpan.Zero, Elapsed, 1, JobOutcome.Succeeded, null));

    /// <summary>Runs a job that has no limits and is for all platforms.</summary>
    internal Task<T> RunAsync<T>(string name, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(name, null, JobLimits.None, work, cancellationToken);

    /// <summary>Runs a job as soon as there is a slot for it.</summary>
    /// <param name="name">What it does.</param>
    /// <param name="platform">For which platform; null for all of them.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="work">Does it, several times where it is tried again. The token ends an attempt.</param>
    /// <param name="cancellationToken">Ends the job.</param>
    /// <exception cref="DevcontainerException">DEVC4013: it took longer than it may. Or what the last attempt threw.</exception>
    internal async Task<T> RunAsync<T>(
        string name, string? platform, JobLimits limits, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        var record = new JobRecord(name, platform, Elapsed, TimeSpan.Zero, 0, JobOutcome.Succeeded, null);
        try
        {
            return await AttemptAsync(
                token =>
                {
                    record = record with { Attempts = record.Attempts + 1 };
                    return work(token);
                },
                record.Title,
                limits,
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            record = record with
            {
                Outcome = e is OperationCanceledException ? JobOutcome.Cancelled : JobOutcome.Failed,
                Code = (e as DevcontainerException)?.Diagnostic.Code,
            };
            throw;
        }
        finally
        {
            Add(record with { Duration = Elapsed - record.Start });
            _slots.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _slots.Dispose();

    private async Task<T> AttemptAsync<T>(Func<CancellationToken, Task<T>> work, string title, JobLimits limits, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (limits.Timeout is { } timeout)
        {
            deadline.CancelAfter(timeout);
        }

        try
        {
            for (int retry = 1; ; retry++)
            {
                try
                {
                    return await work(deadline.Token).ConfigureAwait(false);
                }
                catch (DevcontainerException e) when (retry <= limits.Retries && limits.IsTransient(e) && !deadline.IsCancellationRequested)
                {
                    _reporter.Status($"{e.Message} Trying again ({retry} of {limits.Retries}).");
                    await limits.BeforeRetry(deadline.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.JobTimedOut, null, title, limits.Timeout, limits.TimeoutProperty), e);
        }
    }

    private void Add(JobRecord record)
    {
        lock (_lock)
        {
            _records.Add(record);
        }
    }
}
