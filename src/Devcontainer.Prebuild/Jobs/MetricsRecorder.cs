using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Jobs;

/// <summary>Keeps what a prebuild did while it goes on, and writes <c>metrics.json</c> and <c>metrics.prom</c> when it ends, however it ends.</summary>
/// <param name="outputPath">Absolute path of the output folder.</param>
/// <param name="project">Name of the project.</param>
/// <param name="keys">The keys of what is made.</param>
/// <param name="jobs">Its jobs.</param>
/// <param name="reporter">Is told of the jobs, and where the file cannot be written.</param>
internal sealed class MetricsRecorder(string outputPath, string project, IReadOnlyList<CacheKey> keys, JobRunner jobs, IBuildReporter reporter)
{
    private IReadOnlyList<BuildStep> _steps = [];
    private IReadOnlyList<BuildTransfer> _transfers = [];

    /// <summary>The jobs.</summary>
    internal JobRunner Jobs => jobs;

    /// <summary>What has changed since the image before, in words.</summary>
    internal IReadOnlyList<string> Changes { get; set; } = [];

    /// <summary>Takes steps and transfers from a build that begins; those of an attempt before it are forgotten.</summary>
    internal void Follow(BuildProgress progress) => (_steps, _transfers) = (progress.Steps, progress.Transfers);

    /// <summary>Takes what a build came to.</summary>
    internal void Built(BuiltImages images) => (_steps, _transfers) = (images.Steps, images.Transfers);

    /// <summary>Does the work and writes what it came to.</summary>
    internal async Task<PrebuildResult> RecordAsync(Func<Task<PrebuildResult>> work)
    {
        try
        {
            PrebuildResult result = await work().ConfigureAwait(false);
            Write(result, error: null);
            return result;
        }
        catch (Exception e)
        {
            Write(result: null, e);
            throw;
        }
    }

    private void Write(PrebuildResult? result, Exception? error)
    {
        reporter.Detail($"Jobs: {jobs.Summary}.");
        var metrics = new PrebuildMetrics
        {
            Key = keys[^1].Value,
            Source = result?.Source,
            Outcome = error switch
            {
                null => JobOutcome.Succeeded,
                OperationCanceledException => JobOutcome.Cancelled,
                _ => JobOutcome.Failed,
            },
            Code = (error as DevcontainerException)?.Diagnostic.Code,
            Ended = DateTimeOffset.UtcNow,
            Duration = jobs.Elapsed,
            Jobs = jobs.Records,
            Steps = _steps,
            Transfers = _transfers,
            SavedSeconds = result?.Source == "registry" ? result.Receipt.Seconds : BuildStep.Saved(_steps),
            Images = result?.Receipt.Platforms ?? [],
            Changes = Changes,
        };
        try
        {
            AtomicFile.Write(Path.Combine(outputPath, PrebuildMetrics.FileName), metrics.ToBytes());
            AtomicFile.Write(Path.Combine(outputPath, PrometheusText.FileName), PrometheusText.Write(metrics, project));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing stands on it, and an error that is on its way says more.
            reporter.Detail($"{PrebuildMetrics.FileName} could not be written: {e.Message}");
        }
    }
}
