using System.Diagnostics;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Replay;

/// <summary>Tells how keys would have behaved over the commits of a repository: which images would have been hits, appended to, built. Asks no registry and no engine.</summary>
public sealed class KeyReplay(IBuildReporter reporter)
{
    /// <summary>Replays first-parent commits, tells, and, unless this is a dry run, writes <c>replay.json</c>.</summary>
    /// <param name="request">What a prebuild would be asked for, now.</param>
    /// <param name="range">A revision or a range of them, as git takes it.</param>
    /// <param name="most">How many of the newest commits.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC3080: the history cannot be read. DEVC9003: the output folder cannot be written.</exception>
    public async Task<ReplayResult> RunAsync(PrebuildRequest request, string range, int most, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ReplayResult result = await ReplayAsync(request, range, most, cancellationToken).ConfigureAwait(false);
        foreach (string line in ReplayText.Lines(result))
        {
            reporter.Status(line);
        }

        if (!request.DryRun)
        {
            OutputFile.Write(request.OutputPath, ReplayFile.FileName, ReplayFile.Serialize(result));
        }

        return result;
    }

    private static async Task<ReplayResult> ReplayAsync(PrebuildRequest request, string range, int most, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        var history = new GitHistory(new ProcessRunner(), request.Environment, request.WorkspaceFolder ?? PrebuildRequest.WorkspaceOf(request.ConfigFile));
        IReadOnlyList<GitCommit> commits = await history.CommitsAsync(range, most, cancellationToken).ConfigureAwait(false);
        if (commits.Count == 0)
        {
            throw history.Unreadable($"'{range}' names no commits");
        }

        await using var scratch = await HistoryScratch.OpenAsync(history, request, $"{commits[0].Id}^", cancellationToken).ConfigureAwait(false);
        var environments = new HashSet<string>(StringComparer.Ordinal);
        var images = new HashSet<string>(StringComparer.Ordinal);
        var naive = new HashSet<string>(StringComparer.Ordinal);
        var misses = new List<ReplayedCommit>();
        int[] outcomes = new int[4];
        int naiveBuilds = 0;
        CommitKeys? before = null;
        CommitKeys? keys = null;
        foreach (GitCommit commit in commits)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await scratch.Tree.ApplyAsync(commit.Changes).ConfigureAwait(false) || keys is null)
            {
                keys = await scratch.ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            CommitOutcome outcome = keys.Code is not null ? CommitOutcome.None
                : !images.Add(keys.Image) ? CommitOutcome.Hit
                : environments.Contains(keys.Environment) ? CommitOutcome.Append
                : CommitOutcome.Build;
            outcomes[(int)outcome]++;
            if (keys.Code is null)
            {
                environments.Add(keys.Environment);
                naiveBuilds += naive.Add(keys.Naive) ? 1 : 0;
            }

            if (outcome is CommitOutcome.Append or CommitOutcome.Build || (outcome == CommitOutcome.None && before?.Code != keys.Code))
            {
                IReadOnlyList<InputChange> changes = before is { Code: null } && keys.Code is null ? InputComparison.Compare(before.Inputs, keys.Inputs) : [];
                misses.Add(new ReplayedCommit(commit.Id, outcome, keys.Code, changes));
            }

            before = keys;
        }

        return new ReplayResult
        {
            Head = commits[^1].Id,
            Commits = commits.Count,
            Images = commits.Count - outcomes[(int)CommitOutcome.None],
            Hits = outcomes[(int)CommitOutcome.Hit],
            Appends = outcomes[(int)CommitOutcome.Append],
            Builds = outcomes[(int)CommitOutcome.Build],
            NaiveBuilds = naiveBuilds,
            Misses = misses,
            Elapsed = Stopwatch.GetElapsedTime(started),
        };
    }
}
