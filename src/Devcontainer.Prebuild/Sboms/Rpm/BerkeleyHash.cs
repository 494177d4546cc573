using System.Buffers.Binary;

namespace Devcontainer.Prebuild.Sboms.Rpm;

/// <summary>
/// Reads the values of a hash table of Berkeley DB, as rpm had it up to RHEL 8 (db, src/dbinc/db_page.h): pages of pairs, and chains of pages for what does not fit.
/// </summary>
internal static class BerkeleyHash
{
    private const uint HashMagic = 0x00061561;
    private const byte HashUnsortedPage = 2;
    private const byte HashPage = 13;
    private const byte KeyOrData = 1;
    private const byte OffPage = 3;
    private const int PageHeader = 26;

    /// <summary>Whether a file is one.</summary>
    internal static bool Is(ReadOnlySpan<byte> file) =>
        file.Length >= 512 && (BinaryPrimitives.ReadUInt32LittleEndian(file[12..]) == HashMagic || BinaryPrimitives.ReadUInt32BigEndian(file[12..]) == HashMagic);

    /// <summary>All values but those of the key 0, under which rpm keeps its count.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    internal static List<byte[]> Values(ReadOnlySpan<byte> file)
    {
        var pages = new Pages(file, BinaryPrimitives.ReadUInt32BigEndian(file[12..]) == HashMagic);
        int size = (int)pages.Int(file, 20);
        if (size is < 512 or > 65536 || (size & (size - 1)) != 0)
        {
            throw new FormatException("its pages have no size");
        }

        var values = new List<byte[]>();
        for (int start = size; start + size <= file.Length; start += size)
        {
            ReadOnlySpan<byte> page = file.Slice(start, size);
            if (page[25] is HashPage or HashUnsortedPage)
            {
                Add(pages, page, size, values);
            }
        }

        return values;
    }

    // Offsets of keys and values in turn; each reaches up to the one before.
    private static void Add(Pages pages, ReadOnlySpan<byte> page, int size, List<byte[]> values)
    {
        int count = pages.Half(page, 20);
        if (PageHeader + (2 * count) > size)
        {
            throw new FormatException("a page has more than fits");
        }

        for (int i = 1; i < count; i += 2)
        {
            ReadOnlySpan<byte> key = Item(pages, page, i - 1);
            ReadOnlySpan<byte> value = Item(pages, page, i);
            if (key.Length == 5 && key[0] == KeyOrData && key[1..].IndexOfAnyExcept((byte)0) < 0)
            {
                continue;
            }

            switch (value.Length > 0 ? value[0] : 0)
            {
                case KeyOrData:
                    values.Add(value[1..].ToArray());
                    break;
                case OffPage when value.Length >= 12:
                    values.Add(Chain(pages, pages.Int(value, 4), pages.Int(value, 8), size));
                    break;
                default:
                    throw new FormatException("a value is of an unknown kind");
            }
        }
    }

    private static ReadOnlySpan<byte> Item(Pages pages, ReadOnlySpan<byte> page, int index)
    {
        int start = pages.Half(page, PageHeader + (2 * index));
        int end = index == 0 ? page.Length : pages.Half(page, PageHeader + (2 * (index - 1)));
        return start >= PageHeader && start <= end && end <= page.Length ? page[start..end] : throw new FormatException("a page is damaged");
    }

    private static byte[] Chain(Pages pages, uint number, uint length, int size)
    {
        if (length > pages.File.Length)
        {
            throw new FormatException("a value is longer than the database");
        }

        byte[] value = new byte[length];
        for (int filled = 0; filled < value.Length;)
        {
            if (number == 0 || (number + 1L) * size > pages.File.Length)
            {
                throw new FormatException($"there is no page {number}");
            }

            ReadOnlySpan<byte> page = pages.File.Slice((int)number * size, size);
            int part = Math.Min(Math.Min(pages.Half(page, 22), size - PageHeader), value.Length - filled);
            if (part == 0)
            {
                throw new FormatException("a value is cut short");
            }

            page.Slice(PageHeader, part).CopyTo(value.AsSpan(filled));
            filled += part;
            number = pages.Int(page, 16);
        }

        return value;
    }

    /// <summary>A file in its byte order.</summary>
    private readonly ref struct Pages(ReadOnlySpan<byte> file, bool isBig)
    {
        internal ReadOnlySpan<byte> File { get; } = file;

        internal int Half(ReadOnlySpan<byte> at, int offset) => isBig ? BinaryPrimitives.ReadUInt16BigEndian(at[offset..]) : BinaryPrimitives.ReadUInt16LittleEndian(at[offset..]);

        internal uint Int(ReadOnlySpan<byte> at, int offset) => isBig ? BinaryPrimitives.ReadUInt32BigEndian(at[offset..]) : BinaryPrimitives.ReadUInt32LittleEndian(at[offset..]);
    }
}
