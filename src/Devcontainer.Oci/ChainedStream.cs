namespace Devcontainer.Oci;

/// <summary>Reads some bytes, then a stream, then some more bytes. Disposes the stream.</summary>
internal sealed class ChainedStream(ReadOnlyMemory<byte> head, Stream body, ReadOnlyMemory<byte> tail) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _head = head;
    private ReadOnlyMemory<byte> _tail = tail;
    private bool _bodyEnded;

    public override int Read(Span<byte> buffer)
    {
        if (!_head.IsEmpty)
        {
            return Take(ref _head, buffer);
        }

        if (!_bodyEnded)
        {
            int read = body.Read(buffer);
            if (read > 0 || buffer.IsEmpty)
            {
                return read;
            }

            _bodyEnded = true;
        }

        return Take(ref _tail, buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }

    private static int Take(ref ReadOnlyMemory<byte> from, Span<byte> buffer)
    {
        int count = Math.Min(from.Length, buffer.Length);
        from.Span[..count].CopyTo(buffer);
        from = from[count..];
        return count;
    }
}
