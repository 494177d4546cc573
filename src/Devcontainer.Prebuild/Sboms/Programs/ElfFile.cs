using System.Buffers.Binary;
using System.Text;

namespace Devcontainer.Prebuild.Sboms.Programs;

/// <summary>Finds sections of programs in the Executable and Linkable Format (System V ABI, "Object Files"; elf(5)), of either word size and byte order.</summary>
internal static class ElfFile
{
    private const int HeaderLength32 = 52;
    private const int HeaderLength64 = 64;

    /// <summary>Bytes that tell whether a file is one.</summary>
    internal static ReadOnlySpan<byte> Magic => [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    /// <summary>The content of a section.</summary>
    /// <param name="file">The whole file; what it says of itself is not believed.</param>
    /// <param name="name">The section's name.</param>
    /// <returns>Empty where there is no such section, or the file is not what it should be.</returns>
    internal static ReadOnlySpan<byte> Section(ReadOnlySpan<byte> file, string name)
    {
        if (!file.StartsWith(Magic) || file.Length < HeaderLength64 || file[4] is not (1 or 2) || file[5] is not (1 or 2))
        {
            return [];
        }

        var reader = new Words(is64: file[4] == 2, isBig: file[5] == 2);
        ulong table = reader.Word(file, reader.Is64 ? 40 : 32);
        int sizes = reader.Is64 ? HeaderLength64 : HeaderLength32;
        int entry = reader.Half(file, sizes - 6);
        int count = reader.Half(file, sizes - 4);
        ReadOnlySpan<byte> names = Content(file, reader, table, entry, reader.Half(file, sizes - 2));
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = Part(file, table + ((ulong)i * (ulong)entry), (ulong)entry);
            if (header.Length >= (reader.Is64 ? 64 : 40) && NameAt(names, reader.Int(header, 0)) == name)
            {
                return Content(file, reader, table, entry, i);
            }
        }

        return [];
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> file, Words reader, ulong table, int entry, int index)
    {
        ReadOnlySpan<byte> header = Part(file, table + ((ulong)index * (ulong)entry), (ulong)entry);
        return header.Length < (reader.Is64 ? 64 : 40) ? []
            : reader.Is64 ? Part(file, reader.Word(header, 24), reader.Word(header, 32))
            : Part(file, reader.Word(header, 16), reader.Word(header, 20));
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> file, ulong offset, ulong length) =>
        offset <= (ulong)file.Length && length <= (ulong)file.Length - offset ? file.Slice((int)offset, (int)length) : [];

    private static string? NameAt(ReadOnlySpan<byte> names, uint offset)
    {
        if (offset >= names.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = names[(int)offset..];
        int end = rest.IndexOf((byte)0);
        return end < 0 ? null : Encoding.ASCII.GetString(rest[..end]);
    }

    /// <summary>Numbers in a file's word size and byte order.</summary>
    private readonly struct Words(bool is64, bool isBig)
    {
        internal bool Is64 { get; } = is64;

        internal int Half(ReadOnlySpan<byte> at, int offset) => isBig ? BinaryPrimitives.ReadUInt16BigEndian(at[offset..]) : BinaryPrimitives.ReadUInt16LittleEndian(at[offset..]);

        internal uint Int(ReadOnlySpan<byte> at, int offset) => isBig ? BinaryPrimitives.ReadUInt32BigEndian(at[offset..]) : BinaryPrimitives.ReadUInt32LittleEndian(at[offset..]);

        internal ulong Word(ReadOnlySpan<byte> at, int offset) => !Is64 ? Int(at, offset)
            : isBig ? BinaryPrimitives.ReadUInt64BigEndian(at[offset..])
            : BinaryPrimitives.ReadUInt64LittleEndian(at[offset..]);
    }
}
