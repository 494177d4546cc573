using Devcontainer.Spec.Contexts;

namespace Devcontainer.Spec.Tests.Contexts;

/// <summary>
/// What COPY makes of a folder, told as simply as can be: the measure for <see cref="ContextSelection"/>, which must never change it
/// (tonistiigi/fsutil <c>copy/copy.go</c>).
/// </summary>
internal static class CopyModel
{
    /// <summary>What is copied, one line an entry; null where there is nothing to copy and the engine fails.</summary>
    public static string? Copy(string root, string source, bool parents, IReadOnlyList<string> excludes)
    {
        string pattern = "";
        if (parents)
        {
            int pivot = source.IndexOf("/./", StringComparison.Ordinal);
            pattern = GoPath.Clean("/" + (pivot < 0 ? source : source[(pivot + 3)..]))[1..];
            source = pivot < 0 ? "/" : source[..pivot];
        }

        string path = GoPath.Clean("/" + source)[1..];
        var matches = new List<string>();
        string[] parts = path.Split('/');
        int wild = Array.FindIndex(parts, part => GoPath.HasWildcard(part));
        if (wild < 0)
        {
            matches.Add(path);
        }
        else
        {
            string below = string.Join('/', parts[..wild]);
            if (Real(root, below) is { } start && Directory.Exists(Path.Combine(root, start)))
            {
                Match(root, start, "", string.Join('/', parts[wild..]), matches);
            }
        }

        var lines = new SortedSet<string>(StringComparer.Ordinal);
        IgnoreFile exclude = IgnoreFile.FromPatterns(excludes)!;
        IgnoreFile? include = parents && pattern.Length > 0 ? IgnoreFile.FromPatterns([pattern]) : null;
        foreach (string match in matches)
        {
            if (Real(root, match) is not { } real)
            {
                return null;
            }

            string full = Path.Combine(root, real);
            if (Directory.Exists(full))
            {
                CopyFolder(full, "", include, exclude, lines);
            }
            else
            {
                lines.Add($"{Path.GetFileName(match)}={File.ReadAllText(full)}");
            }
        }

        return string.Join('\n', lines);
    }

    private static void CopyFolder(string folder, string relative, IgnoreFile? include, IgnoreFile exclude, SortedSet<string> lines)
    {
        foreach (string full in Directory.EnumerateFileSystemEntries(folder))
        {
            string path = relative.Length == 0 ? Path.GetFileName(full) : relative + "/" + Path.GetFileName(full);
            bool copied = (include is null || include.IsIgnored(path)) && !exclude.IsIgnored(path);
            if (new FileInfo(full).LinkTarget is { } target)
            {
                _ = copied && lines.Add($"{path}>{target}");
            }
            else if (Directory.Exists(full))
            {
                _ = copied && lines.Add(path + "/");
                CopyFolder(full, path, include, exclude, lines);
            }
            else
            {
                _ = copied && lines.Add($"{path}={File.ReadAllText(full)}");
            }
        }
    }

    private static void Match(string root, string folder, string relative, string pattern, List<string> matches)
    {
        foreach (string full in Directory.EnumerateFileSystemEntries(Path.Combine(root, folder)))
        {
            string name = Path.GetFileName(full);
            string path = relative.Length == 0 ? name : relative + "/" + name;
            string below = folder.Length == 0 ? name : folder + "/" + name;
            if (GoPath.IsMatch(pattern, path))
            {
                matches.Add(below);
            }
            else if (Directory.Exists(full) && new FileInfo(full).LinkTarget is null)
            {
                Match(root, below, path, pattern, matches);
            }
        }
    }

    /// <summary>The path with every link followed, within the root; null where it leads nowhere.</summary>
    private static string? Real(string root, string path)
    {
        var rest = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var real = new List<string>();
        for (int links = 0; rest.TryPop(out string? part);)
        {
            if (part is "." or "..")
            {
                real = part == ".." && real.Count > 0 ? real[..^1] : real;
                continue;
            }

            string full = Path.Combine([root, .. real, part]);
            if (new FileInfo(full).LinkTarget is not { } target)
            {
                real.Add(part);
                continue;
            }

            if (links++ > 40)
            {
                return null;
            }

            real = target.StartsWith('/') ? [] : real;
            foreach (string piece in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                rest.Push(piece);
            }
        }

        string result = string.Join('/', real);
        return Path.Exists(Path.Combine(root, result)) ? result : null;
    }
}
