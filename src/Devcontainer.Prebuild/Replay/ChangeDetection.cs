using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Replay;

/// <summary>Tells what commits mean for an image: nothing, layers put on it, or a build. For CI, which decides by it what to start. Asks no registry and no engine.</summary>
public sealed class ChangeDetection(IBuildReporter reporter)
{
    /// <summary>Compares two commits, tells, and, unless this is a dry run, writes <c>detected.json</c>.</summary>
    /// <param name="request">What a prebuild would be asked for.</param>
    /// <param name="from">A revision; where it is on another line, what both have in common counts.</param>
    /// <param name="to">A revision.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC3080: the history cannot be read. DEVC9003: the output folder cannot be written.</exception>
    public async Task<DetectedChange> RunAsync(PrebuildRequest request, string from, string to, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var history = new GitHistory(new ProcessRunner(), request.Environment, request.WorkspaceFolder ?? PrebuildRequest.WorkspaceOf(request.ConfigFile));
        string head = await history.CommitAsync(to, cancellationToken).ConfigureAwait(false) ?? throw history.Unreadable($"there is no commit '{to}'");
        string named = await history.CommitAsync(from, cancellationToken).ConfigureAwait(false) ?? throw history.Unreadable($"there is no commit '{from}'");
        string start = await history.MergeBaseAsync(named, head, cancellationToken).ConfigureAwait(false)
            ?? throw history.Unreadable($"'{from}' and '{to}' have nothing in common, or that is not in this clone");
        await using var scratch = await HistoryScratch.OpenAsync(history, request, start, cancellationToken).ConfigureAwait(false);
        CommitKeys before = await scratch.ReadAsync(cancellationToken).ConfigureAwait(false);
        await scratch.Tree.ApplyAsync(await history.DiffAsync(start, head, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        CommitKeys after = await scratch.ReadAsync(cancellationToken).ConfigureAwait(false);
        var detected = new DetectedChange(
            request.ProjectName,
            start,
            head,
            after.Code is not null ? CommitOutcome.None
                : before.Image == after.Image ? CommitOutcome.Hit
                : before.Environment == after.Environment ? CommitOutcome.Append
                : CommitOutcome.Build,
            after.Code,
            before.Code is null && after.Code is null ? InputComparison.Compare(before.Inputs, after.Inputs) : []);
        reporter.Status($"{request.ProjectName}: {detected.Text}");
        if (!request.DryRun)
        {
            OutputFile.Write(request.OutputPath, DetectedFile.FileName, DetectedFile.Serialize(detected));
        }

        return detected;
    }
}

/// <summary>What commits mean for an image.</summary>
/// <param name="Project">The project's name.</param>
/// <param name="From">The commit before them.</param>
/// <param name="To">The last of them.</param>
/// <param name="Outcome">What has to be done; <see cref="CommitOutcome.Hit"/> for nothing.</param>
/// <param name="Code">Where there is no image to be built, why: a code, or <c>absent</c>; else null.</param>
/// <param name="Changes">The inputs that differ.</param>
public sealed record DetectedChange(string Project, string From, string To, CommitOutcome Outcome, string? Code, IReadOnlyList<InputChange> Changes)
{
    private const int MostShown = 3;

    /// <summary>The outcome in a word: <c>nothing</c>, <c>append</c>, <c>build</c>, <c>none</c>.</summary>
    public string Word => Outcome == CommitOutcome.Hit ? "nothing" : ReplayFile.Name(Outcome);

    /// <summary>The outcome in a sentence.</summary>
    internal string Text
    {
        get
        {
            string why = string.Join("; ", Changes.Take(MostShown).Select(static change => change.Text)) + (Changes.Count > MostShown ? $"; and {Changes.Count - MostShown} more" : string.Empty);
            return Outcome switch
            {
                CommitOutcome.Hit => $"{From[..12]}..{To[..12]} changes nothing of its image.",
                CommitOutcome.Append => $"{From[..12]}..{To[..12]} needs no engine: {why}.",
                CommitOutcome.Build when why.Length > 0 => $"{From[..12]}..{To[..12]} builds its image: {why}.",
                CommitOutcome.Build => $"{From[..12]}..{To[..12]} builds its image: there was none before.",
                _ => $"{To[..12]} has no image to be built ({Code}).",
            };
        }
    }
}
