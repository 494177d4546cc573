namespace Devcontainer.Prebuild.Sboms;

/// <summary>
/// 64-bit FNV-1a hashes of paths. A layer remembers each of its paths in eight bytes, which is enough to see what it hides of the layers
/// below: a chance meeting of two among a million paths happens once in thirty million images.
/// </summary>
internal static class PathHash
{
    /// <summary>The hash of the root, the empty path.</summary>
    internal const ulong Root = 0xCBF29CE484222325;

    private const ulong Prime = 0x100000001B3;

    internal static ulong Of(ReadOnlySpan<char> path) => Continue(Root, path);

    /// <summary>The hash of a path that goes on after one already hashed.</summary>
    internal static ulong Continue(ulong hash, ReadOnlySpan<char> rest)
    {
        foreach (char c in rest)
        {
            hash = (hash ^ c) * Prime;
        }

        return hash;
    }
}
