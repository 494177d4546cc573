using System.Text;

namespace Devcontainer.Oci;

/// <summary>The fields of one 512-byte header block (POSIX.1-1988 ustar, with GNU's binary numbers).</summary>
/// <param name="Type">The type flag.</param>
/// <param name="Path">Path, prefix included.</param>
/// <param name="Link">Link target.</param>
/// <param name="Mode">Mode.</param>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Group id.</param>
/// <param name="Size">Size.</param>
/// <param name="ModifiedSeconds">Time, in seconds since 1970.</param>
internal readonly record struct TarHeader(
    char Type, string Path, string Link, long Mode, long Uid, long Gid, long Size, long ModifiedSeconds)
{
    /// <summary>Reads a block; null where it is not a header: wrong checksum, a number that is none, a negative size.</summary>
    internal static TarHeader? Parse(ReadOnlySpan<byte> block)
    {
        if (Number(block.Slice(148, 8)) is not { } stated || !ChecksumIs(block, stated)
            || Number(block.Slice(100, 8)) is not { } mode || Number(block.Slice(108, 8)) is not { } uid
            || Number(block.Slice(116, 8)) is not { } gid || Number(block.Slice(124, 12)) is not { } size || size < 0
            || Number(block.Slice(136, 12)) is not { } modified)
        {
            return null;
        }

        string path = Text(block[..100]);
        // "ustar" and NUL is POSIX; "ustar" and a blank is GNU, which has other fields where POSIX has the prefix.
        if (block.Slice(257, 6).SequenceEqual("ustar\0"u8) && Text(block.Slice(345, 155)) is { Length: > 0 } prefix)
        {
            path = $"{prefix}/{path}";
        }

        return new TarHeader((char)block[156], path, Text(block.Slice(157, 100)), mode, uid, gid, size, modified);
    }

    private static bool ChecksumIs(ReadOnlySpan<byte> block, long stated)
    {
        // The field itself counts as blanks. Old writers summed signed bytes.
        long unsigned = 8 * ' ';
        long signed = 8 * ' ';
        for (int i = 0; i < block.Length; i++)
        {
            if (i is < 148 or >= 156)
            {
                unsigned += block[i];
                signed += (sbyte)block[i];
            }
        }

        return stated == unsigned || stated == signed;
    }

    // Octal digits between blanks or NULs; or, with the first bit set, a big-endian two's complement number.
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            long binary = (field[0] & 0x40) != 0 ? -1 : 0;
            for (int i = 0; i < field.Length; i++)
            {
                int digit = i == 0 ? (binary < 0 ? field[0] : field[0] & 0x7F) : field[i];
                if (binary is > (long.MaxValue >> 8) or < (long.MinValue >> 8))
                {
                    return null;
                }

                binary = (binary << 8) | (uint)digit;
            }

            return binary;
        }

        field = field.Trim(" \0"u8);
        long number = 0;
        foreach (byte b in field)
        {
            if (b is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            number = (number << 3) | (uint)(b - '0');
        }

        return number;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}
