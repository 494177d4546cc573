using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>A blob to upload.</summary>
/// <param name="Blob">What it is.</param>
/// <param name="Origin">Where it lies, for messages.</param>
/// <param name="Open">Opens it at an offset; its digest is not checked.</param>
internal sealed record BlobSource(Descriptor Blob, string Origin, Func<long, Stream> Open)
{
    internal static BlobSource From(OciLayout layout, Descriptor blob) =>
        new(blob, layout.BlobPath(blob.Digest), offset => layout.OpenBlobAt(blob, offset));

    internal static BlobSource From(ReadOnlyMemory<byte> content, string mediaType) => new(
        Descriptor.Of(content.Span, mediaType), "memory", offset => new MemoryStream(content[(int)offset..].ToArray(), writable: false));

    /// <summary>Reads the blob and checks its digest: a registry has refused it, and whose fault that is must be told.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.BlobCorrupt"/>.</exception>
    internal async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await using var verified = new VerifyingStream(Open(0), Blob.Digest, Blob.Size, Origin);
        await verified.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
    }
}
