namespace Devcontainer.Spec;

/// <summary>The repository that a workspace is part of: the border of what a prebuild may read.</summary>
internal static class Repository
{
    /// <summary>
    /// The nearest folder, from the workspace up, that has a <c>.git</c> (a folder, or a file in a worktree); the workspace itself where none has.
    /// </summary>
    public static string RootOf(string workspaceFolder)
    {
        for (string? folder = workspaceFolder; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Path.Exists(Path.Combine(folder, ".git")))
            {
                return folder;
            }
        }

        return workspaceFolder;
    }
}
