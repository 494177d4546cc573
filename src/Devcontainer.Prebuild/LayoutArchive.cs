using System.Formats.Tar;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild;

/// <summary>An image as a tar archive of an OCI layout, which <c>docker load</c> reads.</summary>
internal static class LayoutArchive
{
    // What containerd names an image by when it imports an OCI layout (containerd/containerd, core/images/archive).
    private const string NameAnnotation = "io.containerd.image.name";

    /// <summary>Writes it.</summary>
    /// <param name="layout">Has the blobs.</param>
    /// <param name="root">The index, or the manifest of one platform.</param>
    /// <param name="names">Names with tags that it gets.</param>
    /// <param name="stream">Where it goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async Task WriteAsync(OciLayout layout, Descriptor root, IReadOnlyList<string> names, Stream stream, CancellationToken cancellationToken)
    {
        var index = new ImageIndex
        {
            Manifests =
            [
                .. names.Select(name => root with
                {
                    Annotations = new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        [NameAnnotation] = name,
                        ["org.opencontainers.image.ref.name"] = name[(name.LastIndexOf(':') + 1)..],
                    },
                }),
            ],
        };
        var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
        await using (tar.ConfigureAwait(false))
        {
            await AddAsync(tar, "oci-layout", new MemoryStream("""{"imageLayoutVersion":"1.0.0"}"""u8.ToArray()), cancellationToken).ConfigureAwait(false);
            await AddAsync(tar, "index.json", new MemoryStream(index.ToBytes()), cancellationToken).ConfigureAwait(false);
            foreach (Descriptor blob in layout.Reachable(root))
            {
                await AddAsync(tar, $"blobs/sha256/{blob.Digest.Hex}", File.OpenRead(layout.BlobPath(blob.Digest)), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task AddAsync(TarWriter tar, string name, Stream content, CancellationToken cancellationToken)
    {
        await using (content.ConfigureAwait(false))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content }, cancellationToken).ConfigureAwait(false);
        }
    }
}
