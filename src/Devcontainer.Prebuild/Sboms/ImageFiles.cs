using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>
/// The wanted files of an image as a container sees them: its layers one upon the other, whiteouts applied, links followed. A file that only
/// a link leads to was not wanted by its own path and so was not read; the view notes it in <see cref="Unread"/>, for a second look.
/// </summary>
internal sealed class ImageFiles
{
    // Linux's own limit (path_resolution(7)).
    private const int MostLinks = 40;

    private readonly IReadOnlyList<LayerFacts> _layers;
    private readonly SortedDictionary<string, PathFact> _facts = new(StringComparer.Ordinal);
    private readonly HashSet<UnreadFile> _unread = [];

    /// <summary>Puts layers one upon the other, the lowest first.</summary>
    internal ImageFiles(IReadOnlyList<LayerFacts> layers)
    {
        _layers = layers;
        var hidden = new List<string>();
        foreach (LayerFacts layer in layers)
        {
            // A hard link to a file of a layer below means that file as it was then.
            var added = new List<KeyValuePair<string, PathFact>>(layer.Facts.Count);
            foreach ((string path, PathFact fact) in layer.Facts)
            {
                bool below = fact is HardLinkFact link && !layer.HasFile(link.Target);
                added.Add(new(path, below && _facts.TryGetValue(((HardLinkFact)fact).Target, out PathFact? target) ? target : fact));
            }

            hidden.Clear();
            foreach (string path in _facts.Keys)
            {
                if (layer.Hides(path))
                {
                    hidden.Add(path);
                }
            }

            foreach (string path in hidden)
            {
                _facts.Remove(path);
            }

            foreach ((string path, PathFact fact) in added)
            {
                _facts[path] = fact;
            }
        }
    }

    /// <summary>The files that were asked for and have yet to be read.</summary>
    internal IReadOnlyCollection<UnreadFile> Unread => _unread;

    /// <summary>The wanted files and symbolic links in a directory, and not deeper; paths in ordinal order.</summary>
    internal IEnumerable<string> In(string directory)
    {
        foreach (string path in _facts.Keys)
        {
            if (path.Length > directory.Length + 1 && path[directory.Length] == '/' && path.StartsWith(directory, StringComparison.Ordinal)
                && path.IndexOf('/', directory.Length + 1) < 0)
            {
                yield return path;
            }
        }
    }

    /// <summary>All files with evidence of a kind, in ordinal order of their paths. Symbolic links are not followed: what they lead to has a path
    /// of its own. What is too large to be read is left out.</summary>
    internal IEnumerable<(string Path, T Evidence)> All<T>()
        where T : class
    {
        foreach ((string path, PathFact fact) in _facts)
        {
            if (fact is HardLinkFact link)
            {
                Note(link, path, path);
            }
            else if (fact is FileFact { Evidence: T evidence })
            {
                yield return (path, evidence);
            }
        }
    }

    /// <summary>The evidence of the file that a path leads to; null where there is none.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.PackageListUnreadable"/>: the file is not what it should be.</exception>
    internal T? Find<T>(string path)
        where T : class
    {
        if (Resolve(path) is not { } real)
        {
            return null;
        }

        PathFact? fact = _facts.GetValueOrDefault(real);
        switch (fact)
        {
            case FileFact { Evidence: T evidence }:
                return evidence;
            case FileFact { Evidence: Unreadable unreadable }:
                throw new DevcontainerException(Codes.PackageListUnreadable, "/" + path, unreadable.Reason);
            case FileFact { Evidence: null }:
            case FileFact when real == path:
                return null;
            case HardLinkFact link:
                Note(link, path, real);
                return null;
            default:
                Note(real, _layers.Count - 1, path, real);
                return null;
        }
    }

    /// <summary>Takes in what a second look at a file found.</summary>
    /// <param name="file">Of <see cref="Unread"/>.</param>
    /// <param name="fact">What is there; null if it is no file after all.</param>
    internal void Add(UnreadFile file, PathFact? fact) => _facts[file.Real] = fact ?? new FileFact(null);

    /// <summary>Forgets <see cref="Unread"/>, before the catalogers ask again.</summary>
    internal void ForgetUnread() => _unread.Clear();

    // As in the constructor: what its layer does not have is what lay below, whatever the layer hides of it.
    private void Note(HardLinkFact link, string wanted, string real) =>
        Note(link.Target, _layers[link.Layer].HasFile(link.Target) ? link.Layer : link.Layer - 1, wanted, real);

    // The layer that has the file, if any has: from the given one down, to where it is hidden.
    private void Note(string path, int fromLayer, string wanted, string real)
    {
        for (int i = fromLayer; i >= 0; i--)
        {
            if (_layers[i].HasFile(path))
            {
                _unread.Add(new UnreadFile(path, i, wanted, real));
                return;
            }

            if (_layers[i].Hides(path))
            {
                return;
            }
        }
    }

    // The path with every known symbolic link in it followed; null for a loop.
    private string? Resolve(string path)
    {
        var rest = new Stack<string>();
        Push(rest, path);
        string real = "";
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part == "..")
            {
                real = real[..Math.Max(0, real.LastIndexOf('/'))];
                continue;
            }

            string next = real.Length == 0 ? part : $"{real}/{part}";
            if (_facts.TryGetValue(next, out PathFact? fact) && fact is SymbolicLinkFact link)
            {
                if (++links > MostLinks)
                {
                    return null;
                }

                real = link.Target.StartsWith('/') ? "" : real;
                Push(rest, link.Target);
            }
            else
            {
                real = next;
            }
        }

        return real;
    }

    private static void Push(Stack<string> rest, string path)
    {
        string[] parts = path.Split('/');
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i] is not ("" or "."))
            {
                rest.Push(parts[i]);
            }
        }
    }
}

/// <summary>A file to read in a second look at its layer.</summary>
/// <param name="Path">Its path in the layer.</param>
/// <param name="Layer">The layer, counted from the lowest.</param>
/// <param name="Wanted">The wanted path that led to it.</param>
/// <param name="Real">The same path with symbolic links followed.</param>
internal sealed record UnreadFile(string Path, int Layer, string Wanted, string Real);
