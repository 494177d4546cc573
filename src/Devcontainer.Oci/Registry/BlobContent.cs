using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>A blob, or a piece of it, as a request's body: streamed, and opened anew whenever the request is sent again.</summary>
internal sealed class BlobContent : HttpContent
{
    private readonly BlobSource _source;
    private readonly long _offset;
    private readonly long _length;
    private readonly Action<long> _sent;

    internal BlobContent(BlobSource source, long offset, long length, Action<long> sent)
    {
        _source = source;
        _offset = offset;
        _length = length;
        _sent = sent;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using Stream content = _source.Open(_offset);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            for (long left = _length; left > 0;)
            {
                // Not asynchronously: a file that was just built or fetched is in memory, and a detour through the thread pool costs more
                // than to copy it.
                int read = content.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
                if (read == 0)
                {
                    throw new DevcontainerException(
                        Codes.BlobCorrupt, _source.Blob.Digest.Value, _source.Origin, $"it ends before its {_source.Blob.Size} bytes");
                }

                left -= read;
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                _sent(left);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }
}
