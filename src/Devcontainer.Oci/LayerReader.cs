using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// Reads the entries of a layer or another tar archive, plain or gzip, one after the other in constant memory. Formats: v7, ustar, pax and
/// GNU long names. Whatever is cut short, or goes on after its end, is an error; <see cref="System.Formats.Tar.TarReader"/> is silent then.
/// </summary>
public sealed class LayerReader : IDisposable
{
    private const int Block = 512;
    private const int LargestExtension = 1024 * 1024;

    private readonly Stream _stream;
    private readonly string _origin;
    private readonly LayerLimits _limits;
    private readonly byte[] _block = new byte[Block];
    private readonly byte[] _skipped = new byte[32 * 1024];
    private EntryStream? _content;
    private long _position;
    private int _entries;
    private bool _ended;

    private LayerReader(Stream stream, string origin, LayerLimits limits)
    {
        _stream = stream;
        _origin = origin;
        _limits = limits;
    }

    /// <summary>Starts to read a layer. Its compression is seen from its first bytes, as container engines do.</summary>
    /// <param name="blob">The layer; disposed with the reader. It is read to its very end, so that a digest checked there is
    /// checked.</param>
    /// <param name="origin">Where it came from, for messages: a digest, a path.</param>
    /// <param name="limits">What to accept; <see cref="LayerLimits.Default"/> if null.</param>
    /// <exception cref="DevcontainerException"><see cref="Codes.LayerCompressionUnsupported"/> for zstd, which .NET 10 cannot
    /// read.</exception>
    public static LayerReader Open(Stream blob, string origin, LayerLimits? limits = null)
    {
        try
        {
            byte[] magic = new byte[4];
            int read = blob.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
            if (magic is [0x28, 0xB5, 0x2F, 0xFD])
            {
                throw new DevcontainerException(Codes.LayerCompressionUnsupported, Printable.Quote(origin), "zstd");
            }

            var whole = new ChainedStream(magic.AsMemory(0, read), blob, default);
            return new LayerReader(magic is [0x1F, 0x8B, ..] ? new WholeGzipStream(whole) : whole, origin, limits ?? LayerLimits.Default);
        }
        catch
        {
            blob.Dispose();
            throw;
        }
    }

    /// <summary>The next entry, or null at the archive's proper end.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.LayerInvalid"/>, <see cref="Codes.LayerTooLarge"/>, or what the blob's
    /// own stream throws. Reading an entry's content throws the same.</exception>
    public LayerEntry? ReadNext()
    {
        if (_ended)
        {
            return null;
        }

        _content?.Finish();
        _content = null;
        string? longPath = null;
        string? longLink = null;
        PaxHeader? pax = null;
        while (ReadHeader() is { } header)
        {
            switch (header.Type)
            {
                case 'L':
                    longPath = ReadName(header.Size);
                    break;
                case 'K':
                    longLink = ReadName(header.Size);
                    break;
                case 'x':
                    pax = PaxHeader.Parse(ReadExtension(header.Size)) ?? throw Invalid("a pax header is malformed");
                    break;
                case 'g':
                    // What applies to every entry is a comment in practice (git archive).
                    ReadExtension(header.Size);
                    break;
                default:
                    return Entry(header, pax ?? default, longPath, longLink);
            }
        }

        if (longPath is not null || longLink is not null || pax is not null)
        {
            throw Invalid("it ends after the header of an entry");
        }

        ReadToEnd();
        _ended = true;
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private LayerEntry Entry(TarHeader header, PaxHeader pax, string? longPath, string? longLink)
    {
        if (++_entries > _limits.Entries)
        {
            throw TooLarge($"{_limits.Entries} entries");
        }

        string path = pax.Path ?? longPath ?? header.Path;
        string link = pax.LinkPath ?? longLink ?? header.Link;
        EntryKind kind = header.Type switch
        {
            _ when pax.IsSparse => throw Invalid("it has a sparse file"),
            '0' or '7' => EntryKind.File,
            // Before 1988 a directory was a file whose name ends in a slash.
            '\0' => path.EndsWith('/') ? EntryKind.Directory : EntryKind.File,
            '1' => EntryKind.HardLink,
            '2' => EntryKind.SymbolicLink,
            '3' => EntryKind.CharacterDevice,
            '4' => EntryKind.BlockDevice,
            '5' => EntryKind.Directory,
            '6' => EntryKind.Fifo,
            'S' => throw Invalid("it has a sparse file"),
            _ => throw Invalid($"it has an entry of the unknown type {(int)header.Type}"),
        };

        // Only files have content, whatever the size says (as in Go's archive/tar, which the engines use).
        _content = new EntryStream(this, kind == EntryKind.File ? pax.Size ?? header.Size : 0);
        return new LayerEntry
        {
            Path = Normalize(path),
            WasAbsolute = path.StartsWith('/'),
            Kind = kind,
            Mode = (int)(header.Mode & 0xFFF),
            Uid = pax.Uid ?? header.Uid,
            Gid = pax.Gid ?? header.Gid,
            Size = _content.Length,
            ModifiedSeconds = pax.ModifiedSeconds ?? header.ModifiedSeconds,
            LinkTarget = kind switch
            {
                EntryKind.SymbolicLink when link.Length > _limits.PathLength =>
                    throw TooLarge($"{_limits.PathLength} characters in a path"),
                EntryKind.SymbolicLink => link,
                EntryKind.HardLink => Normalize(link),
                _ => null,
            },
            Content = _content,
        };
    }

    private string Normalize(string path)
    {
        if (path.Length > _limits.PathLength)
        {
            throw TooLarge($"{_limits.PathLength} characters in a path");
        }

        int depth = 0;
        bool plain = true;
        foreach (Range range in path.AsSpan().Split('/'))
        {
            switch (path.AsSpan(range))
            {
                case "..":
                    throw Invalid($"the path '{Printable.Quote(path)}' leads out of it");
                case "" or ".":
                    plain = false;
                    break;
                default:
                    depth++;
                    break;
            }
        }

        if (depth > _limits.PathDepth)
        {
            throw TooLarge($"{_limits.PathDepth} folders in each other");
        }

        return plain ? path : string.Join('/', path.Split('/').Where(part => part is not ("" or ".")));
    }

    // Null at the end of the archive, which is a block of zeros.
    private TarHeader? ReadHeader()
    {
        PullExactly(_block);
        return _block.AsSpan().IndexOfAnyExcept((byte)0) < 0
            ? null
            : TarHeader.Parse(_block) ?? throw Invalid($"byte {_position - Block} does not begin an entry");
    }

    private string ReadName(long size) => Encoding.UTF8.GetString(ReadExtension(size).AsSpan().TrimEnd((byte)0));

    private byte[] ReadExtension(long size)
    {
        if (size > LargestExtension)
        {
            throw TooLarge($"{LargestExtension} bytes in the header of an entry");
        }

        byte[] bytes = new byte[size];
        PullExactly(bytes);
        PullExactly(_skipped.AsSpan(0, PaddingOf(size)));
        return bytes;
    }

    // After the end mark an archive may be filled up with zeros, and must have nothing else.
    private void ReadToEnd()
    {
        int read;
        while ((read = Pull(_skipped)) > 0)
        {
            if (_skipped.AsSpan(0, read).IndexOfAnyExcept((byte)0) >= 0)
            {
                throw Invalid("it has something behind its end");
            }
        }
    }

    private void PullExactly(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int read = Pull(buffer);
            if (read == 0)
            {
                throw Invalid("it is cut short");
            }

            buffer = buffer[read..];
        }
    }

    private int Pull(Span<byte> buffer)
    {
        int read;
        try
        {
            read = _stream.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            const string reason = "its gzip data is damaged, cut short or followed by something";
            throw new DevcontainerException(Diagnostic.Create(Codes.LayerInvalid, null, Printable.Quote(_origin), reason), e);
        }

        _position += read;
        return _position <= _limits.Bytes ? read : throw TooLarge($"{_limits.Bytes} bytes");
    }

    private static int PaddingOf(long size) => (int)(-size & (Block - 1));

    private DevcontainerException Invalid(string reason) => new(Codes.LayerInvalid, Printable.Quote(_origin), reason);

    private DevcontainerException TooLarge(string limit) => new(Codes.LayerTooLarge, Printable.Quote(_origin), limit);

    private sealed class EntryStream(LayerReader reader, long size) : ReadOnlyStream
    {
        private long _read;

        public override long Length => size;

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            ObjectDisposedException.ThrowIf(reader._content != this, this);
            long left = size - _read;
            if (left == 0 || buffer.IsEmpty)
            {
                return 0;
            }

            int read = reader.Pull(buffer.Length > left ? buffer[..(int)left] : buffer);
            if (read == 0)
            {
                throw reader.Invalid("it is cut short");
            }

            _read += read;
            return read;
        }

        internal void Finish()
        {
            while (Read(reader._skipped) > 0)
            {
            }

            reader.PullExactly(reader._skipped.AsSpan(0, PaddingOf(size)));
        }
    }
}
