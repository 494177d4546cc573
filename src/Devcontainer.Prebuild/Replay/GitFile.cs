namespace Devcontainer.Prebuild.Replay;

/// <summary>A file of a git tree.</summary>
/// <param name="Mode">As git writes it: <c>100644</c>, <c>100755</c>, <c>120000</c> (link), <c>160000</c> (submodule).</param>
/// <param name="Id">The blob's id, or the submodule's commit.</param>
internal readonly record struct GitFile(string Mode, string Id)
{
    /// <summary>Whether it is a symbolic link.</summary>
    internal bool IsLink => Mode == "120000";

    /// <summary>Whether it is another repository's commit.</summary>
    internal bool IsSubmodule => Mode == "160000";
}

/// <summary>What a commit does to a path, held against its first parent.</summary>
/// <param name="Path">Relative to the repository, with <c>/</c>.</param>
/// <param name="Before">What was there; null for nothing.</param>
/// <param name="After">What is there now; null for nothing.</param>
internal sealed record GitChange(string Path, GitFile? Before, GitFile? After);

/// <summary>A commit.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Changes">What it changes, a rename as a path that goes and one that comes.</param>
internal sealed record GitCommit(string Id, IReadOnlyList<GitChange> Changes);
