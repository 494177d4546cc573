using Devcontainer.Prebuild.Explain;

namespace Devcontainer.Prebuild.Replay;

/// <summary>What becomes of a commit's image.</summary>
public enum CommitOutcome
{
    /// <summary>There is no configuration, or it cannot be built.</summary>
    None,

    /// <summary>An image that is there already has its key.</summary>
    Hit,

    /// <summary>What the engine is needed for is there already: packages are put on it, or the same image gets another key.</summary>
    Append,

    /// <summary>It is built.</summary>
    Build,
}

/// <summary>A commit of a replay that is no hit.</summary>
/// <param name="Commit">Its id.</param>
/// <param name="Outcome">What becomes of its image.</param>
/// <param name="Code">Where there is none, why: a code, or <c>absent</c>; else null.</param>
/// <param name="Changes">What differs from the commit before it.</param>
public sealed record ReplayedCommit(string Commit, CommitOutcome Outcome, string? Code, IReadOnlyList<InputChange> Changes);

/// <summary>How keys would have behaved over a history.</summary>
public sealed record ReplayResult
{
    /// <summary>The newest commit.</summary>
    public required string Head { get; init; }

    /// <summary>How many commits there were.</summary>
    public required int Commits { get; init; }

    /// <summary>How many of them have an image: a configuration that can be built.</summary>
    public required int Images { get; init; }

    /// <summary>How many of these are hits.</summary>
    public required int Hits { get; init; }

    /// <summary>How many need no engine, and are no hits.</summary>
    public required int Appends { get; init; }

    /// <summary>How many are built.</summary>
    public required int Builds { get; init; }

    /// <summary>How many a key over whole files would have built.</summary>
    public required int NaiveBuilds { get; init; }

    /// <summary>Commits that are no hits, oldest first.</summary>
    public required IReadOnlyList<ReplayedCommit> Misses { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>How fast it was.</summary>
    public double CommitsPerSecond => Elapsed > TimeSpan.Zero ? Commits / Elapsed.TotalSeconds : 0;

    /// <summary>The part of the images that need no engine, from 0 to 1.</summary>
    public double WithoutEngine => Images == 0 ? 0 : (double)(Hits + Appends) / Images;

    /// <summary>The same of a key over whole files.</summary>
    public double NaiveWithoutEngine => Images == 0 ? 0 : (double)(Images - NaiveBuilds) / Images;

    /// <summary>The inputs that caused builds, and how many, most first.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Causes =>
    [
        .. Misses.Where(static miss => miss.Outcome == CommitOutcome.Build)
            .SelectMany(static miss => miss.Changes.Where(static change => change.Tier == "environment").Select(static change => change.Name).Distinct(StringComparer.Ordinal))
            .CountBy(static name => name)
            .OrderByDescending(static cause => cause.Value).ThenBy(static cause => cause.Key, StringComparer.Ordinal),
    ];
}
