using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Features;

/// <summary>Unpacks the archive of a Feature (specification, "Packaging": a tar of the Feature's folder), which strangers have made.</summary>
internal static class FeatureArchive
{
    // Far more than any Feature has, and far less than fills a disk.
    private static readonly LayerLimits Limits = new() { Entries = 50_000, Bytes = 1024L * 1024 * 1024 };

    /// <summary>Unpacks files, folders and symbolic links, all of them inside the folder.</summary>
    /// <param name="archive">The archive, plain or gzip.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="origin">Where it came from, for messages.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">It is no archive, too large, or has what a Feature has not; a reason and no location.</exception>
    internal static void Extract(byte[] archive, string folder, string origin, CancellationToken cancellationToken)
    {
        var links = new HashSet<string>(StringComparer.Ordinal);
        using LayerReader reader = LayerReader.Open(new MemoryStream(archive, writable: false), origin, Limits);
        while (reader.ReadNext() is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (entry.Path.Length == 0)
            {
                continue;
            }

            // What comes below a link would be written wherever that points.
            if (entry.WasAbsolute || Parents(entry.Path).Any(links.Contains))
            {
                throw Refused(origin, entry, "it would be outside of the Feature");
            }

            string path = Path.Combine(folder, entry.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            switch (entry.Kind)
            {
                case EntryKind.Directory:
                    Directory.CreateDirectory(path);
                    break;
                case EntryKind.File:
                    using (FileStream file = File.Create(path))
                    {
                        entry.Content.CopyTo(file);
                    }

                    break;
                case EntryKind.SymbolicLink:
                    File.CreateSymbolicLink(path, entry.LinkTarget!);
                    links.Add(entry.Path);
                    break;
                case EntryKind.HardLink when !Parents(entry.LinkTarget!).Append(entry.LinkTarget!).Any(links.Contains) && File.Exists(Path.Combine(folder, entry.LinkTarget!)):
                    File.Copy(Path.Combine(folder, entry.LinkTarget!), path);
                    break;
                default:
                    throw Refused(origin, entry, $"it is a {entry.Kind}");
            }
        }
    }

    private static IEnumerable<string> Parents(string path)
    {
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }
    }

    private static DevcontainerException Refused(string origin, LayerEntry entry, string reason) =>
        new(Codes.FeatureContentInvalid, origin, $"'{entry.Path}' is not taken, for {reason}");
}
