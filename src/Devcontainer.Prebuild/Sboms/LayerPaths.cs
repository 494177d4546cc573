using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>The paths of a layer, and which it takes from the layers below. It remembers hashes of them.</summary>
internal sealed class LayerPaths
{
    private readonly HashSet<ulong> _directories = [];
    private readonly HashSet<ulong> _others = [];
    private readonly HashSet<ulong> _whiteouts = [];
    private readonly HashSet<ulong> _opaque = [];

    /// <summary>Takes in an entry of the layer. An archive may have a path twice; the later one counts.</summary>
    /// <returns>Whether there is something at its path; false for a mark that hides what is below.</returns>
    internal bool Add(LayerEntry entry)
    {
        if (entry.IsOpaque)
        {
            _opaque.Add(PathHash.Of(entry.Path.AsSpan(0, Math.Max(0, entry.Path.LastIndexOf('/')))));
            return false;
        }

        if (entry.Removes is { } removed)
        {
            _whiteouts.Add(PathHash.Of(removed));
            return false;
        }

        ulong hash = PathHash.Of(entry.Path);
        bool isDirectory = entry.Kind == EntryKind.Directory;
        (isDirectory ? _others : _directories).Remove(hash);
        (isDirectory ? _directories : _others).Add(hash);
        return true;
    }

    /// <summary>Whether the layer has something other than a directory at a path.</summary>
    internal bool HasFile(string path) => _others.Contains(PathHash.Of(path));

    /// <summary>
    /// Whether the layer hides what a layer below has at a path: by a whiteout of it or of a directory above, by an opaque directory above
    /// (OCI image specification, layer.md), or by something of its own in its place or in that of a directory above.
    /// </summary>
    internal bool Hides(string path)
    {
        if (_opaque.Contains(PathHash.Root))
        {
            return true;
        }

        ulong hash = PathHash.Root;
        int start = 0;
        for (int slash; (slash = path.IndexOf('/', start)) >= 0; start = slash)
        {
            hash = PathHash.Continue(hash, path.AsSpan(start, slash - start));
            if (_others.Contains(hash) || _whiteouts.Contains(hash) || _opaque.Contains(hash))
            {
                return true;
            }

            hash = PathHash.Continue(hash, "/");
            slash++;
        }

        hash = PathHash.Continue(hash, path.AsSpan(start));
        return _others.Contains(hash) || _directories.Contains(hash) || _whiteouts.Contains(hash);
    }
}
