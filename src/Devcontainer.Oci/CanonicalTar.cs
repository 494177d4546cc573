using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// Writes a tar archive whose bytes depend on nothing but paths, modes and contents: entries in ordinal order, every directory present,
/// owner root, one given time, and the plain ustar format (POSIX.1-1988) with a pax header (POSIX.1-2001) only where ustar has no room.
/// <see cref="System.Formats.Tar.TarWriter"/> always adds pax headers with times of their own, so it cannot serve.
/// </summary>
public static class CanonicalTar
{
    private const int Block = 512;
    private const int NameSize = 100;
    private const int PrefixSize = 155;
    private const long LargestOctalSize = 0x1_FFFF_FFFF;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes an archive.</summary>
    /// <param name="destination">Where to; it need not seek and is left open.</param>
    /// <param name="entries">The entries in any order, each path once.</param>
    /// <param name="modified">The time of every entry, in whole seconds from 1970 on.</param>
    /// <param name="cancellationToken">Stops between two pieces of content.</param>
    /// <exception cref="DevcontainerException"><see cref="Codes.ArchiveEntryInvalid"/>: a path that is no place in an archive, given twice,
    /// or a file that gave other bytes than it promised.</exception>
    public static void Write(
        Stream destination, IEnumerable<TarEntry> entries, DateTimeOffset modified, CancellationToken cancellationToken = default)
    {
        byte[] block = new byte[Block];
        byte[] buffer = new byte[64 * 1024];
        long seconds = modified.ToUnixTimeSeconds();
        ArgumentOutOfRangeException.ThrowIfNegative(seconds);
        foreach (TarEntry entry in Complete(entries))
        {
            cancellationToken.ThrowIfCancellationRequested();
            WriteHeader(destination, block, entry, seconds);
            if (entry.Open is { } open)
            {
                using Stream content = open();
                CopyContent(content, destination, entry, buffer, cancellationToken);
                Pad(destination, block, entry.Size);
            }
        }

        // The end of the archive is two blocks of zeros.
        Array.Clear(block);
        destination.Write(block);
        destination.Write(block);
    }

    private static SortedDictionary<string, TarEntry>.ValueCollection Complete(IEnumerable<TarEntry> entries)
    {
        // Ordinal order puts a directory before what is in it.
        var complete = new SortedDictionary<string, TarEntry>(StringComparer.Ordinal);
        foreach (TarEntry entry in entries)
        {
            CheckPath(entry.Path);
            if (!complete.TryAdd(entry.Path, entry))
            {
                throw Invalid(entry.Path, "it is given twice");
            }
        }

        foreach (string path in complete.Keys.ToArray())
        {
            for (int slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            {
                string parent = path[..slash];
                if (!complete.TryGetValue(parent, out TarEntry? above))
                {
                    complete.Add(parent, TarEntry.Directory(parent, TarEntry.ExecutableMode));
                }
                else if (above.Kind != EntryKind.Directory)
                {
                    throw Invalid(path, $"'{Printable.Quote(parent)}' above it is not a directory");
                }
            }
        }

        return complete.Values;
    }

    private static void CheckPath(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid(path, "it is empty or has a NUL character");
        }

        foreach (Range range in path.AsSpan().Split('/'))
        {
            if (path.AsSpan(range) is "" or "." or "..")
            {
                throw Invalid(path, "it must be relative, without empty, '.' or '..' parts");
            }
        }
    }

    private static void CopyContent(
        Stream content, Stream destination, TarEntry entry, byte[] buffer, CancellationToken cancellationToken)
    {
        long left = entry.Size;
        int read;
        while ((read = content.Read(buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            left -= read;
            if (left < 0)
            {
                break;
            }

            destination.Write(buffer, 0, read);
        }

        if (left != 0)
        {
            throw Invalid(entry.Path, "its size changed while it was read");
        }
    }

    private static void WriteHeader(Stream destination, byte[] block, TarEntry entry, long seconds)
    {
        byte[] name = Encode(entry.Path, entry.Kind == EntryKind.Directory ? entry.Path + "/" : entry.Path);
        byte[] link = Encode(entry.Path, entry.LinkTarget ?? "");
        bool nameFits = Ascii.IsValid(name) && TrySplit(name, out _);
        bool linkFits = Ascii.IsValid(link) && link.Length <= NameSize;
        if (!nameFits || !linkFits || entry.Size > LargestOctalSize)
        {
            // Records in ordinal order: linkpath, path, size.
            var records = new MemoryStream();
            AddRecord(records, "linkpath", linkFits ? [] : link);
            AddRecord(records, "path", nameFits ? [] : name);
            AddRecord(records, "size", entry.Size > LargestOctalSize ? Encoding.ASCII.GetBytes(Invariant(entry.Size)) : []);
            Fill(block, "././@PaxHeader"u8, [], 'x', TarEntry.PlainMode, records.Length, seconds);
            destination.Write(block);
            records.WriteTo(destination);
            Pad(destination, block, records.Length);
        }

        char type = entry.Kind switch
        {
            EntryKind.File => '0',
            EntryKind.SymbolicLink => '2',
            EntryKind.Directory => '5',
            _ => throw new InvalidOperationException($"{entry.Kind} is never made"),
        };
        // Where a pax header has the true value, the field holds what fits of it.
        Fill(
            block, nameFits ? name : Shorten(name), linkFits ? link : Shorten(link), type, entry.Mode,
            Math.Min(entry.Size, LargestOctalSize), seconds);
        destination.Write(block);
    }

    private static void Fill(
        byte[] block, ReadOnlySpan<byte> name, ReadOnlySpan<byte> link, char type, int mode, long size, long seconds)
    {
        Span<byte> header = block;
        header.Clear();
        TrySplit(name, out int prefixLength);
        if (prefixLength > 0)
        {
            name[..prefixLength].CopyTo(header[345..]);
            name = name[(prefixLength + 1)..];
        }

        name.CopyTo(header);
        Octal(header.Slice(100, 8), mode);
        Octal(header.Slice(108, 8), 0);
        Octal(header.Slice(116, 8), 0);
        Octal(header.Slice(124, 12), size);
        Octal(header.Slice(136, 12), seconds);
        header[156] = (byte)type;
        link.CopyTo(header[157..]);
        "ustar\000"u8.CopyTo(header[257..]);
        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header)
        {
            sum += b;
        }

        Octal(header.Slice(148, 7), sum);
    }

    // Splits at a slash into a prefix and a name that both have room; a name that fits whole has no prefix.
    private static bool TrySplit(ReadOnlySpan<byte> name, out int prefixLength)
    {
        prefixLength = 0;
        if (name.Length <= NameSize)
        {
            return true;
        }

        int from = name.Length - NameSize - 1;
        for (int i = from; i <= PrefixSize && i < name.Length - 1; i++)
        {
            if (name[i] == '/')
            {
                prefixLength = i;
                return true;
            }
        }

        return false;
    }

    private static void AddRecord(MemoryStream records, string key, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return;
        }

        // "length key=value\n", where the length counts itself.
        int rest = key.Length + value.Length + 3;
        int length = rest + Invariant(rest).Length;
        length = rest + Invariant(length).Length;
        records.Write(Encoding.ASCII.GetBytes($"{Invariant(length)} {key}="));
        records.Write(value);
        records.WriteByte((byte)'\n');
    }

    private static byte[] Shorten(ReadOnlySpan<byte> text)
    {
        byte[] shortened = text[..Math.Min(text.Length, NameSize)].ToArray();
        for (int i = 0; i < shortened.Length; i++)
        {
            shortened[i] = shortened[i] < 0x80 ? shortened[i] : (byte)'_';
        }

        return shortened;
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (int i = field.Length - 2; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }

        field[^1] = 0;
    }

    private static void Pad(Stream destination, byte[] block, long size)
    {
        int rest = (int)(size % Block);
        if (rest > 0)
        {
            Array.Clear(block);
            destination.Write(block, 0, Block - rest);
        }
    }

    private static byte[] Encode(string path, string text)
    {
        try
        {
            return StrictUtf8.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw Invalid(path, "its name or target is not valid Unicode");
        }
    }

    private static string Invariant(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static DevcontainerException Invalid(string path, string reason) =>
        new(Codes.ArchiveEntryInvalid, Printable.Quote(path), reason);
}
