using System.Buffers;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Sboms.Programs;

/// <summary>Programs that say what they are made of: those of Go, and of Rust where they were built with <c>cargo auditable</c>.</summary>
/// <param name="Packages">What they say.</param>
internal sealed record ProgramFile(IReadOnlyList<ImagePackage> Packages)
{
    // Up to here a program is looked at as a whole; of a larger one, as it passes by, only for Go's modules.
    private const int LargestWhole = 64 * 1024 * 1024;
    private const int AnyExecute = 0b001_001_001;

    // Less than any program that a linker makes of either.
    private const int Smallest = 16 * 1024;

    /// <summary>Whether an entry may be one.</summary>
    internal static bool MayBe(LayerEntry entry) => entry.Kind == EntryKind.File && (entry.Mode & AnyExecute) != 0 && entry.Size >= Smallest;

    /// <summary>Reads one.</summary>
    /// <param name="content">The file.</param>
    /// <param name="size">Its bytes.</param>
    /// <returns>Null where it says nothing, or is no program.</returns>
    internal static ProgramFile? Read(Stream content, long size)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(size <= LargestWhole ? (int)size : 2 * GoBuildInfo.Longest);
        try
        {
            content.ReadExactly(buffer, 0, ElfFile.Magic.Length);
            if (!buffer.AsSpan().StartsWith(ElfFile.Magic))
            {
                return null;
            }

            if (size > LargestWhole)
            {
                return ReadLarge(content, buffer);
            }

            Span<byte> file = buffer.AsSpan(0, (int)size);
            content.ReadExactly(file[ElfFile.Magic.Length..]);
            List<ImagePackage> packages = [.. FindGo(file), .. RustAudit.Read(ElfFile.Section(file, RustAudit.SectionName))];
            return packages.Count == 0 ? null : new ProgramFile(packages);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static IReadOnlyList<ImagePackage> FindGo(ReadOnlySpan<byte> file)
    {
        for (int at; (at = file.IndexOf(GoBuildInfo.Magic)) >= 0; file = file[(at + GoBuildInfo.Magic.Length)..])
        {
            if (GoBuildInfo.Read(file[at..Math.Min(file.Length, at + GoBuildInfo.Longest)]) is { } packages)
            {
                return packages;
            }
        }

        return [];
    }

    // What is sought is in the first half of the buffer, and what belongs to it in the whole.
    private static ProgramFile? ReadLarge(Stream content, byte[] buffer)
    {
        int filled = 0;
        int read;
        do
        {
            read = content.ReadAtLeast(buffer.AsSpan(filled), buffer.Length - filled, throwOnEndOfStream: false);
            filled += read;
            if (FindGo(buffer.AsSpan(0, filled)) is { Count: > 0 } packages)
            {
                return new ProgramFile(packages);
            }

            int keep = Math.Min(filled, GoBuildInfo.Longest);
            buffer.AsSpan(filled - keep, keep).CopyTo(buffer);
            filled = keep;
        }
        while (read > 0);
        return null;
    }
}
