using System.Text;

namespace Devcontainer.Prebuild.Replay;

/// <summary>
/// The files of a repository at a commit, as far as they matter, in a scratch folder: what git has of them is written there, and taken away again, so that
/// the same code reads them as in a build.
/// </summary>
/// <param name="root">The scratch folder, which stands for the top of the repository.</param>
/// <param name="blobs">Has the content.</param>
/// <param name="files">Every file of the first commit.</param>
internal sealed class HistoryTree(string root, GitBlobs blobs, Dictionary<string, GitFile> files)
{
    private readonly SortedSet<string> _written = new(StringComparer.Ordinal);
    private Func<string, bool> _isRelevant = static _ => false;

    /// <summary>The scratch folder.</summary>
    internal string Root => root;

    /// <summary>Paths that are written, sorted, each with what git has there.</summary>
    internal IEnumerable<KeyValuePair<string, GitFile>> Written => _written.Select(path => KeyValuePair.Create(path, files[path]));

    /// <summary>Whether any link is among them: what it leads to may matter too.</summary>
    internal bool HasLinks => _written.Any(path => files[path].IsLink);

    /// <summary>Whether the commit has a file.</summary>
    internal bool Has(string path) => files.ContainsKey(path);

    /// <summary>Goes on to a later commit.</summary>
    /// <returns>Whether it changes anything that matters.</returns>
    internal async Task<bool> ApplyAsync(IReadOnlyList<GitChange> changes)
    {
        bool matters = false;
        foreach (GitChange change in changes.Where(static change => IsSafe(change.Path)))
        {
            if (_written.Remove(change.Path))
            {
                matters = true;
                Remove(change.Path);
            }

            files.Remove(change.Path);
        }

        foreach (GitChange change in changes.Where(static change => change.After is not null && IsSafe(change.Path)))
        {
            files[change.Path] = change.After!.Value;
            if (_isRelevant(change.Path))
            {
                matters = true;
                await WriteAsync(change.Path).ConfigureAwait(false);
            }
        }

        return matters;
    }

    /// <summary>Has other files matter from now on, besides those that did.</summary>
    /// <returns>Whether any more is written now.</returns>
    internal async Task<bool> WidenAsync(Func<string, bool> isRelevant)
    {
        Func<string, bool> before = _isRelevant;
        _isRelevant = path => before(path) || isRelevant(path);
        string[] more = [.. files.Keys.Where(path => !_written.Contains(path) && IsSafe(path) && isRelevant(path))];
        foreach (string path in more)
        {
            await WriteAsync(path).ConfigureAwait(false);
        }

        return more.Length > 0;
    }

    // What no checkout would write: git refuses these itself, and a tree made by hand may have them.
    private static bool IsSafe(string path) => path.Split('/').All(static part => part is not ("" or "." or "..") && !part.Equals(".git", StringComparison.OrdinalIgnoreCase));

    private async Task WriteAsync(string path)
    {
        GitFile file = files[path];
        string target = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        _written.Add(path);
        if (file.IsSubmodule)
        {
            // As a clone without submodules leaves it.
            Directory.CreateDirectory(target);
            return;
        }

        byte[] content = await blobs.ReadAsync(file.Id).ConfigureAwait(false);
        if (file.IsLink)
        {
            File.CreateSymbolicLink(target, Encoding.UTF8.GetString(content));
            return;
        }

        await File.WriteAllBytesAsync(target, content).ConfigureAwait(false);
        if (file.Mode == "100755" && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(target, File.GetUnixFileMode(target) | UnixFileMode.UserExecute);
        }
    }

    // A folder is there as long as a file is in it, as for git.
    private void Remove(string path)
    {
        string target = Path.Combine(root, path);
        if (files[path].IsSubmodule)
        {
            Directory.Delete(target);
        }
        else
        {
            File.Delete(target);
        }

        for (string folder = Path.GetDirectoryName(target)!; folder.Length > root.Length && !Directory.EnumerateFileSystemEntries(folder).Any(); folder = Path.GetDirectoryName(folder)!)
        {
            Directory.Delete(folder);
        }
    }
}
