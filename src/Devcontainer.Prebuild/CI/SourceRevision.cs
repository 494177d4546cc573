namespace Devcontainer.Prebuild.CI;

/// <summary>What of the sources is built, as the CI system tells it, or git.</summary>
public sealed record SourceRevision
{
    /// <summary>Who tells it: <c>GitHub Actions</c>, <c>Azure Pipelines</c>, <c>GitLab CI</c>, <c>git</c>; empty where nobody does.</summary>
    public required string System { get; init; }

    /// <summary>The commit that is built, in lower-case hexadecimal digits. For a pull request often one that merges it into its target.</summary>
    public string? Commit { get; init; }

    /// <summary>The branch, without <c>refs/heads/</c>; a pull request's own. Null for a tag, and where no branch is checked out.</summary>
    public string? Branch { get; init; }

    /// <summary>The repository's default branch.</summary>
    public string? DefaultBranch { get; init; }

    /// <summary>The tags that are built, without <c>refs/tags/</c>: on CI the one that started the build, else those that git has at the commit.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Every tag that this clone knows, to tell an older release from the newest; a clone of one tag knows just that.</summary>
    public IReadOnlyList<string> KnownTags { get; init; } = [];

    /// <summary>Whether this is not in the repository yet: a pull request, a merge request, a merge queue's trial.</summary>
    public bool IsPullRequest { get; init; }

    /// <summary>The pull request's number.</summary>
    public long? PullRequest { get; init; }

    /// <summary>The pull request's last commit, where that is known: what it would merge.</summary>
    public string? HeadCommit { get; init; }

    /// <summary>Whether the pull request comes from a fork, or may: written by someone who need not be allowed to write here.</summary>
    public bool IsFork { get; init; }

    /// <summary>Whether a schedule started this build.</summary>
    public bool IsScheduled { get; init; }

    /// <summary>Whether this is the default branch itself.</summary>
    public bool IsDefaultBranch => !IsPullRequest && Branch is not null && Branch == DefaultBranch;

    /// <summary>Whether this may go to a registry: a pull request only where that was asked for, one from a fork never.</summary>
    /// <param name="pushPullRequests">DevcontainerPushPullRequests.</param>
    public bool MayPush(bool pushPullRequests) => !IsPullRequest || (pushPullRequests && !IsFork);

    /// <summary>For messages: <c>branch 'main' (GitHub Actions)</c>.</summary>
    public override string ToString() => System.Length == 0 ? "sources that neither a CI system nor git tells about" : $"{What} ({System})";

    private string What => this switch
    {
        { IsPullRequest: true, PullRequest: { } number } => $"pull request {number}",
        { IsPullRequest: true } => "a pull request",
        { Tags.Count: > 0 } => $"tag '{string.Join("', '", Tags)}'",
        { Branch: { } branch } => $"branch '{branch}'",
        { Commit: { } commit } => $"commit {commit}",
        _ => "no commit yet",
    };
}
