namespace Devcontainer.Prebuild.CI;

/// <summary>What git's files say about a work tree.</summary>
/// <param name="Commit">The commit that is checked out; null before the first.</param>
/// <param name="Branch">The branch that is checked out; null where none is.</param>
/// <param name="DefaultBranch">The default branch of the remote <c>origin</c>, where a clone has noted it.</param>
/// <param name="TagsAtCommit">The tags of that commit, sorted.</param>
/// <param name="Tags">Every tag, sorted.</param>
internal sealed record GitRevision(string? Commit, string? Branch, string? DefaultBranch, IReadOnlyList<string> TagsAtCommit, IReadOnlyList<string> Tags);
