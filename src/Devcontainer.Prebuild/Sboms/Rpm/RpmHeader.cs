using System.Buffers.Binary;
using System.Text;

namespace Devcontainer.Prebuild.Sboms.Rpm;

/// <summary>The header of a package as rpm's databases have it: an index of tags, and their data (rpm, docs/manual/format_header.md). All numbers are big-endian.</summary>
internal static class RpmHeader
{
    private const int EntryLength = 16;
    private const uint Int32Type = 4;
    private const uint StringType = 6;
    private const uint StringArrayType = 8;
    private const uint I18NStringType = 9;

    /// <summary>Reads a package.</summary>
    /// <returns>Null where it is damaged.</returns>
    internal static RpmPackage? Read(ReadOnlySpan<byte> header)
    {
        if (header.Length < 8)
        {
            return null;
        }

        uint entries = BinaryPrimitives.ReadUInt32BigEndian(header);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        long data = 8 + ((long)entries * EntryLength);
        if (data + length > header.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> index = header[8..(int)data];
        ReadOnlySpan<byte> store = header.Slice((int)data, (int)length);
        return Text(index, store, 1000) is { } name && Text(index, store, 1001) is { } version && Text(index, store, 1002) is { } release
            ? new RpmPackage(
                name,
                Number(index, store, 1003),
                version,
                release,
                Text(index, store, 1022),
                Text(index, store, 1044),
                Text(index, store, 1011) ?? Text(index, store, 1015),
                Text(index, store, 1004),
                Text(index, store, 1020),
                Text(index, store, 1014))
            : null;
    }

    // Of several strings the first.
    private static string? Text(ReadOnlySpan<byte> index, ReadOnlySpan<byte> store, uint tag)
    {
        ReadOnlySpan<byte> value = Value(index, store, tag, out uint type);
        int end = value.IndexOf((byte)0);
        return type is StringType or StringArrayType or I18NStringType && end > 0 ? Encoding.UTF8.GetString(value[..end]) : null;
    }

    private static uint? Number(ReadOnlySpan<byte> index, ReadOnlySpan<byte> store, uint tag)
    {
        ReadOnlySpan<byte> value = Value(index, store, tag, out uint type);
        return type == Int32Type && value.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(value) : null;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> index, ReadOnlySpan<byte> store, uint tag, out uint type)
    {
        for (; index.Length >= EntryLength; index = index[EntryLength..])
        {
            uint offset = BinaryPrimitives.ReadUInt32BigEndian(index[8..]);
            if (BinaryPrimitives.ReadUInt32BigEndian(index) == tag && offset < store.Length)
            {
                type = BinaryPrimitives.ReadUInt32BigEndian(index[4..]);
                return store[(int)offset..];
            }
        }

        type = 0;
        return [];
    }
}

/// <summary>A package that rpm lists.</summary>
/// <param name="Name">Name.</param>
/// <param name="Epoch">Epoch; null for none.</param>
/// <param name="Version">Version.</param>
/// <param name="Release">Release.</param>
/// <param name="Architecture">Architecture; null for none.</param>
/// <param name="Source">File name of the source package; null where it is not known.</param>
/// <param name="Vendor">Who supplied it; null if not given.</param>
/// <param name="Summary">One line on what it is; null if not given.</param>
/// <param name="Homepage">Web site; null if not given.</param>
/// <param name="License">Licence as written; null if not given.</param>
internal sealed record RpmPackage(
    string Name, uint? Epoch, string Version, string Release, string? Architecture, string? Source, string? Vendor, string? Summary, string? Homepage, string? License);
