using System.Security.Cryptography;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Reproducibility;

/// <summary>What a layer says of a path, content by its digest.</summary>
/// <param name="Kind">File, folder, link, ….</param>
/// <param name="Content">Digest of a file's content, or the target of a link.</param>
/// <param name="Mode">Permissions.</param>
/// <param name="Owner">User and group, by number.</param>
/// <param name="Time">When it was changed, in seconds since 1970.</param>
internal sealed record LayerPath(EntryKind Kind, string Content, int Mode, (long User, long Group) Owner, long Time);

/// <summary>Reads what a layer says of each path.</summary>
internal static class LayerContent
{
    /// <summary>Reads a layer of a layout.</summary>
    /// <exception cref="Diagnostics.DevcontainerException">It is damaged.</exception>
    internal static IReadOnlyDictionary<string, LayerPath> Read(OciLayout layout, Descriptor layer)
    {
        var paths = new Dictionary<string, LayerPath>(StringComparer.Ordinal);
        using var reader = LayerReader.Open(layout.OpenBlob(layer), layer.Digest.Value);
        while (reader.ReadNext() is { } entry)
        {
            string content = entry.Kind == EntryKind.File ? Convert.ToHexStringLower(SHA256.HashData(entry.Content)) : entry.LinkTarget ?? string.Empty;

            // What comes later counts, as for who unpacks it.
            paths[entry.Path] = new LayerPath(entry.Kind, content, entry.Mode, (entry.Uid, entry.Gid), entry.ModifiedSeconds);
        }

        return paths;
    }
}
