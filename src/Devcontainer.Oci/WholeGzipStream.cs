using System.IO.Compression;

namespace Devcontainer.Oci;

/// <summary>
/// Decompresses gzip and notices when it was cut short or has something behind its end. <see cref="GZipStream"/> takes both for a normal
/// end. So one more gzip member with a known text is put behind the input: only a reader that stands exactly behind a member decodes it,
/// one in the middle of a cut-off member or before garbage does not. The text itself is held back.
/// </summary>
internal sealed class WholeGzipStream : ReadOnlyStream
{
    private static readonly byte[] Mark = MakeMark();
    private static readonly byte[] MarkMember = Compress(Mark);

    private readonly GZipStream _gzip;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _ended;

    /// <param name="compressed">What to read; disposed with this stream.</param>
    internal WholeGzipStream(Stream compressed) =>
        _gzip = new GZipStream(new ChainedStream(default, compressed, MarkMember), CompressionMode.Decompress);

    /// <exception cref="InvalidDataException">The input is damaged, cut short, or has something behind its end.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        // The last bytes stay back: they may be the mark.
        while (!_ended && _end - _start <= Mark.Length)
        {
            Fill();
        }

        int count = Math.Min(buffer.Length, _ended ? 0 : _end - _start - Mark.Length);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Fill()
    {
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        int read = _gzip.Read(_buffer.AsSpan(_end));
        _end += read;
        if (read == 0)
        {
            if (!_buffer.AsSpan(0, _end).SequenceEqual(Mark))
            {
                throw new InvalidDataException("The gzip data is cut short, or has something behind its end.");
            }

            _ended = true;
        }
    }

    // Repetitive, so that it compresses: a stored block that was cut short, which copies what follows, cannot produce it.
    private static byte[] MakeMark()
    {
        byte[] mark = new byte[72];
        for (int i = 0; i < mark.Length; i++)
        {
            mark[i] = "end of gzip "u8[i % 12];
        }

        return mark;
    }

    private static byte[] Compress(byte[] text)
    {
        var member = new MemoryStream();
        using (var gzip = new GZipStream(member, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(text);
        }

        return member.ToArray();
    }
}
