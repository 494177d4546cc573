using System.Buffers.Binary;
using System.Text;

namespace Devcontainer.Prebuild.Sboms.Rpm;

/// <summary>
/// Reads the blobs of rpm's one table out of an SQLite database (sqlite.org/fileformat2.html). SQLite itself is a native library, which a build task had better not
/// bring along for each platform; the file is read once from one end to the other, and never written.
/// </summary>
internal static class SqliteTable
{
    private const int HeaderLength = 100;
    private const byte InteriorTable = 5;
    private const byte LeafTable = 13;

    // Of a tree of the largest file that is read.
    private const int Deepest = 20;

    /// <summary>The last column of each row of a table.</summary>
    /// <param name="file">The database.</param>
    /// <param name="name">The table.</param>
    /// <exception cref="FormatException">It is damaged, or there is no such table.</exception>
    internal static List<byte[]> Blobs(ReadOnlySpan<byte> file, string name)
    {
        if (file.Length < HeaderLength || !file.StartsWith("SQLite format 3\0"u8))
        {
            throw new FormatException("it is no SQLite database");
        }

        int size = BinaryPrimitives.ReadUInt16BigEndian(file[16..]) is var written && written == 1 ? 65536 : written;
        var database = new Database(file, size, size - file[20]);
        if (size < 512 || database.Usable < 480)
        {
            throw new FormatException("its pages have no size");
        }

        var schema = new List<byte[]>();
        database.Rows(1, schema, 0);
        foreach (byte[] row in schema)
        {
            List<(long Type, int Offset, int Length)> columns = Columns(row);
            if (columns.Count >= 4 && TextOf(row, columns[0]) == "table" && TextOf(row, columns[1]) == name)
            {
                var rows = new List<byte[]>();
                database.Rows((uint)NumberOf(row, columns[3]), rows, 0);
                return [.. rows.Select(static one => Columns(one) is [.., var last] ? one[last.Offset..(last.Offset + last.Length)] : [])];
            }
        }

        throw new FormatException($"it has no table {name}");
    }

    // A record: the length of its header, a type for each column, then the columns ("Record Format").
    private static List<(long Type, int Offset, int Length)> Columns(byte[] record)
    {
        int at = 0;
        long header = Varint(record, ref at);
        var columns = new List<(long, int, int)>();
        long offset = header;
        while (at < header)
        {
            long type = Varint(record, ref at);
            long length = type switch
            {
                0 or 8 or 9 => 0,
                >= 1 and <= 4 => type,
                5 => 6,
                6 or 7 => 8,
                >= 12 => (type - 12) / 2,
                _ => throw new FormatException("a column has an unknown type"),
            };
            if (offset < 0 || length < 0 || offset + length > record.Length)
            {
                throw new FormatException("a row is too short");
            }

            columns.Add((type, (int)offset, (int)length));
            offset += length;
        }

        return columns;
    }

    private static string? TextOf(byte[] record, (long Type, int Offset, int Length) column) =>
        column.Type >= 13 && column.Type % 2 == 1 ? Encoding.UTF8.GetString(record, column.Offset, column.Length) : null;

    private static long NumberOf(byte[] record, (long Type, int Offset, int Length) column)
    {
        long value = column.Type == 9 ? 1 : 0;
        foreach (byte b in record.AsSpan(column.Offset, column.Length))
        {
            value = (value << 8) | b;
        }

        return value;
    }

    private static long Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        long value = 0;
        for (int i = 0; i < 9; i++)
        {
            if ((uint)at >= (uint)bytes.Length)
            {
                throw new FormatException("a number is cut short");
            }

            byte b = bytes[at++];
            if (i == 8)
            {
                return (value << 8) | b;
            }

            value = (value << 7) | (uint)(b & 0x7F);
            if (b < 0x80)
            {
                return value;
            }
        }

        return value;
    }

    /// <summary>Pages of a database.</summary>
    private readonly ref struct Database(ReadOnlySpan<byte> file, int size, int usable)
    {
        private readonly ReadOnlySpan<byte> _file = file;

        internal int Usable { get; } = usable;

        /// <summary>Adds the rows of a tree, in their order ("B-tree Pages").</summary>
        internal void Rows(uint number, List<byte[]> rows, int depth)
        {
            ReadOnlySpan<byte> page = Page(number);
            int start = number == 1 ? HeaderLength : 0;
            byte type = page[start];
            int count = BinaryPrimitives.ReadUInt16BigEndian(page[(start + 3)..]);
            int cells = start + (type == InteriorTable ? 12 : 8);
            if (type is not (InteriorTable or LeafTable) || depth > Deepest || cells + (2 * count) > page.Length || rows.Count > _file.Length / 8)
            {
                throw new FormatException($"page {number} is no part of a table");
            }

            for (int i = 0; i < count; i++)
            {
                int cell = BinaryPrimitives.ReadUInt16BigEndian(page[(cells + (2 * i))..]);
                if (cell + 4 > page.Length)
                {
                    throw new FormatException($"page {number} is damaged");
                }

                if (type == InteriorTable)
                {
                    Rows(BinaryPrimitives.ReadUInt32BigEndian(page[cell..]), rows, depth + 1);
                }
                else
                {
                    rows.Add(Payload(page, cell));
                }
            }

            if (type == InteriorTable)
            {
                Rows(BinaryPrimitives.ReadUInt32BigEndian(page[(start + 8)..]), rows, depth + 1);
            }
        }

        // What does not fit is in a list of pages ("Cell Payload Overflow Pages").
        private byte[] Payload(ReadOnlySpan<byte> page, int at)
        {
            long length = Varint(page, ref at);
            Varint(page, ref at);
            if (length < 0 || length > _file.Length)
            {
                throw new FormatException("a row is longer than the database");
            }

            int most = Usable - 35;
            int least = ((Usable - 12) * 32 / 255) - 23;
            int spilled = least + (int)((length - least) % (Usable - 4));
            int local = length <= most ? (int)length : spilled <= most ? spilled : least;
            if (at + local + (local < length ? 4 : 0) > page.Length)
            {
                throw new FormatException("a row is cut short");
            }

            byte[] payload = new byte[length];
            page.Slice(at, local).CopyTo(payload);
            uint next = local < length ? BinaryPrimitives.ReadUInt32BigEndian(page[(at + local)..]) : 0;
            for (int filled = local; filled < length;)
            {
                ReadOnlySpan<byte> more = Page(next);
                int part = (int)Math.Min(length - filled, Usable - 4);
                more.Slice(4, part).CopyTo(payload.AsSpan(filled));
                filled += part;
                next = BinaryPrimitives.ReadUInt32BigEndian(more);
            }

            return payload;
        }

        private ReadOnlySpan<byte> Page(uint number) => number > 0 && (long)number * size <= _file.Length
            ? _file.Slice((int)(number - 1) * size, size)
            : throw new FormatException($"there is no page {number}");
    }
}
