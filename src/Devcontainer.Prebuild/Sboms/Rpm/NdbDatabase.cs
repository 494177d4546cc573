using System.Buffers.Binary;

namespace Devcontainer.Prebuild.Sboms.Rpm;

/// <summary>Reads rpm's own database, of SUSE's systems (rpm, lib/backend/ndb/rpmpkg.c): pages of slots, each of which says where a package's header is.</summary>
internal static class NdbDatabase
{
    private const int PageSize = 4096;
    private const int SlotSize = 16;
    private const int BlockSize = 16;

    // The header takes the room of the first two slots.
    private const int FirstSlot = 2 * SlotSize;

    /// <summary>What it begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => "RpmP"u8;

    /// <summary>The headers of all packages.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    internal static List<byte[]> Blobs(ReadOnlySpan<byte> file)
    {
        if (file.Length < PageSize || !file.StartsWith(Magic))
        {
            throw new FormatException("it is no database of packages");
        }

        long slots = (long)BinaryPrimitives.ReadUInt32LittleEndian(file[12..]) * PageSize;
        if (slots > file.Length)
        {
            throw new FormatException("it is cut short");
        }

        var blobs = new List<byte[]>();
        for (int at = FirstSlot; at < slots; at += SlotSize)
        {
            ReadOnlySpan<byte> slot = file.Slice(at, SlotSize);
            if (!slot.StartsWith("Slot"u8))
            {
                throw new FormatException($"the slot at {at} is damaged");
            }

            // An empty slot names no block.
            uint package = BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]);
            long offset = (long)BinaryPrimitives.ReadUInt32LittleEndian(slot[8..]) * BlockSize;
            if (offset == 0)
            {
                continue;
            }

            ReadOnlySpan<byte> head = offset + BlockSize <= file.Length ? file.Slice((int)offset, BlockSize) : [];
            uint length = head.Length == 0 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(head[12..]);
            if (!head.StartsWith("BlbS"u8) || BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) != package || offset + BlockSize + length > file.Length)
            {
                throw new FormatException($"the package {package} is damaged");
            }

            blobs.Add(file.Slice((int)offset + BlockSize, (int)length).ToArray());
        }

        return blobs;
    }
}
