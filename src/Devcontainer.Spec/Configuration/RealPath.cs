namespace Devcontainer.Spec;

/// <summary>Paths with every symbolic link followed, to tell whether a file really is where its path says.</summary>
internal static class RealPath
{
    /// <summary>As many as Linux follows (path_resolution(7)).</summary>
    private const int MostLinks = 40;

    /// <summary>
    /// Follows the links in every part of a path. What does not exist is kept as written; a circle of links ends where the limit does.
    /// </summary>
    /// <param name="path">An absolute path.</param>
    public static string Of(string path)
    {
        int links = 0;
        return Follow(Path.GetFullPath(path), ref links);
    }

    /// <summary>Whether there is a file at the end of the links; <see cref="File.Exists"/> is true for a link to nothing too.</summary>
    public static bool FileExists(string path)
    {
        string real = Of(path);
        return File.Exists(real) && LinkTarget(real) is null;
    }

    /// <summary>Whether a path is a folder or below it; both with links followed already.</summary>
    public static bool IsWithin(string path, string folder)
    {
        StringComparison comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        folder = Path.TrimEndingDirectorySeparator(folder);
        path = Path.TrimEndingDirectorySeparator(path);
        return path.StartsWith(folder, comparison)
            && (path.Length == folder.Length || Path.EndsInDirectorySeparator(folder) || path[folder.Length] == Path.DirectorySeparatorChar);
    }

    private static string Follow(string path, ref int links)
    {
        string root = Path.GetPathRoot(path)!;
        string real = root;
        foreach (string part in path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(real, part);
            string? target = links < MostLinks ? LinkTarget(next) : null;
            if (target is null)
            {
                real = next;
                continue;
            }

            links++;
            real = Follow(Path.GetFullPath(target, real), ref links);
        }

        return real;
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be looked at cannot be read either; that is said where it is read.
            return null;
        }
    }
}
