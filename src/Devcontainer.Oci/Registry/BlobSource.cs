namespace Devcontainer.Oci;

/// <summary>A blob to upload.</summary>
/// <param name="Blob">What it is.</param>
/// <param name="Origin">Where it lies, for messages.</param>
/// <param name="Open">Opens it at an offset.</param>
internal sealed record BlobSource(Descriptor Blob, string Origin, Func<long, Stream> Open)
{
    internal static BlobSource From(OciLayout layout, Descriptor blob) => new(
        blob,
        layout.BlobPath(blob.Digest),
        // Read whole, its digest is checked here; of a piece the registry checks it.
        offset => offset == 0 ? layout.OpenBlob(blob) : layout.OpenBlobAt(blob.Digest, offset));

    internal static BlobSource From(ReadOnlyMemory<byte> content, string mediaType) => new(
        Descriptor.Of(content.Span, mediaType), "memory", offset => new MemoryStream(content[(int)offset..].ToArray(), writable: false));
}
