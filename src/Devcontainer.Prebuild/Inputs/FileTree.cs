using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Spec.Contexts;
using Microsoft.Win32.SafeHandles;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>Files of a folder that the build is given, each with the digest of its content.</summary>
/// <param name="Root">Absolute path of the folder.</param>
/// <param name="Entries">Folders before what they hold, sorted.</param>
/// <param name="Digests">SHA-256 of the content of each file, one after the other in the order of the entries; zeros for folders and links.</param>
internal sealed record FileTree(string Root, IReadOnlyList<ContextEntry> Entries, byte[] Digests)
{
    // Below this, starting threads costs more than the hashing.
    private const int ParallelFrom = 64;

    private const int BufferLength = 128 * 1024;

    /// <summary>Hashes every file, but for those that the cache knows.</summary>
    /// <exception cref="DevcontainerException">DEVC1003: a file cannot be read.</exception>
    internal static FileTree Read(string root, IReadOnlyList<ContextEntry> entries, InputCache cache, CancellationToken cancellationToken)
    {
        byte[] digests = new byte[entries.Count * SHA256.HashSizeInBytes];
        var unknown = new List<int>();
        for (int i = 0; i < entries.Count; i++)
        {
            ContextEntry entry = entries[i];
            if (entry.Kind == ContextEntryKind.File)
            {
                Span<byte> digest = At(digests, i);
                if (entry.Size == 0)
                {
                    SHA256.HashData([], digest);
                }
                else if (!cache.TryFind(entry.Stamp, digest))
                {
                    unknown.Add(i);
                }
            }
        }

        var stamps = new FileStamp[unknown.Count];
        void Hash(int place) => stamps[place] = FileTree.Hash(root, entries[unknown[place]], At(digests, unknown[place]));

        if (unknown.Count < ParallelFrom)
        {
            for (int place = 0; place < unknown.Count; place++)
            {
                Hash(place);
            }
        }
        else
        {
            try
            {
                Parallel.For(0, unknown.Count, new ParallelOptions { CancellationToken = cancellationToken }, Hash);
            }
            catch (AggregateException e) when (e.InnerExceptions[0] is DevcontainerException first)
            {
                // One file that cannot be read is enough to tell of.
                throw new DevcontainerException(first.Diagnostic, e);
            }
        }

        for (int place = 0; place < unknown.Count; place++)
        {
            cache.Add(stamps[place], At(digests, unknown[place]));
        }

        return new FileTree(root, entries, digests);
    }

    /// <summary>The digest of a file when it was read; for <see cref="BuildContext.Materialize"/>, which holds it against what it copies.</summary>
    internal Func<ContextEntry, byte[]?> Expected()
    {
        var digests = new Dictionary<string, byte[]>(Entries.Count, StringComparer.Ordinal);
        for (int i = 0; i < Entries.Count; i++)
        {
            digests[Entries[i].Path] = Digest(i).ToArray();
        }

        return entry => entry.Kind == ContextEntryKind.File ? digests.GetValueOrDefault(entry.Path) : null;
    }

    /// <summary>The digest of a file.</summary>
    /// <param name="place">The place of its entry.</param>
    internal ReadOnlySpan<byte> Digest(int place) => At(Digests, place);

    /// <summary>The content of a file, which is what was hashed.</summary>
    /// <param name="place">The place of its entry.</param>
    /// <exception cref="DevcontainerException">DEVC3003: it has changed. DEVC1003: it cannot be read.</exception>
    internal byte[] Content(int place)
    {
        string path = Path.Combine(Root, Entries[place].Path);
        byte[] content;
        try
        {
            content = RegularFile.ReadAllBytes(path, out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotReadable(path, e);
        }

        return Digest(place).SequenceEqual(SHA256.HashData(content))
            ? content
            : throw new DevcontainerException(Codes.ContextChanged, new SourceLocation(path), Entries[place].Path);
    }

    /// <summary>Adds the tree to a key: kind, path, mode, and content or target of each entry.</summary>
    internal void AddTo(KeyHasher key)
    {
        key.Count(Entries.Count);
        for (int i = 0; i < Entries.Count; i++)
        {
            ContextEntry entry = Entries[i];
            key.Field(entry.Path).Field(Kind(entry));
            switch (entry.Kind)
            {
                case ContextEntryKind.File:
                    key.Field(Digest(i));
                    break;
                case ContextEntryKind.SymbolicLink:
                    key.Field(entry.LinkTarget);
                    break;
                default:
                    key.Field([]);
                    break;
            }
        }
    }

    /// <summary>What a reader of the receipt sees of the tree: all that is in the key, but for folders that have something in them.</summary>
    internal IEnumerable<TreeFile> Files()
    {
        for (int i = 0; i < Entries.Count; i++)
        {
            ContextEntry entry = Entries[i];
            switch (entry.Kind)
            {
                case ContextEntryKind.File:
                    yield return new TreeFile(entry.Path, Convert.ToHexStringLower(Digest(i)), entry.IsExecutable ? "executable" : null, null);
                    break;
                case ContextEntryKind.SymbolicLink:
                    yield return new TreeFile(entry.Path, HashOf(entry.LinkTarget!), "link", entry.LinkTarget);
                    break;
                case ContextEntryKind.Directory when i + 1 == Entries.Count || !Entries[i + 1].Path.StartsWith(entry.Path + "/", StringComparison.Ordinal):
                    yield return new TreeFile(entry.Path, HashOf(string.Empty), "folder", null);
                    break;
                default:
                    break;
            }
        }
    }

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static ReadOnlySpan<byte> Kind(ContextEntry entry) => entry.Kind switch
    {
        ContextEntryKind.Directory => "folder"u8,
        ContextEntryKind.SymbolicLink => "link"u8,
        _ => entry.IsExecutable ? "executable"u8 : "file"u8,
    };

    private static Span<byte> At(byte[] digests, int place) => digests.AsSpan(place * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes);

    /// <summary>Hashes a file. Gives the stamp that it had when it was opened.</summary>
    private static FileStamp Hash(string root, ContextEntry entry, Span<byte> digest)
    {
        string path = Path.Combine(root, entry.Path);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            using SafeFileHandle file = RegularFile.Open(path, out FileStamp? opened);
            int read = Fill(file, buffer, 0);
            if (read < buffer.Length)
            {
                SHA256.HashData(buffer.AsSpan(0, read), digest);
                return opened ?? entry.Stamp;
            }

            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long position = 0; read > 0; read = Fill(file, buffer, position))
            {
                hash.AppendData(buffer, 0, read);
                position += read;
            }

            hash.GetHashAndReset(digest);
            return opened ?? entry.Stamp;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotReadable(path, e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static DevcontainerException NotReadable(string path, Exception e) =>
        new(Diagnostic.Create(Codes.FileNotReadable, new SourceLocation(path), path, e.Message), e);

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    private static int Fill(SafeFileHandle file, byte[] buffer, long position)
    {
        int filled = 0;
        while (filled < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(filled), position + filled) is > 0 and var read)
        {
            filled += read;
        }

        return filled;
    }
}

/// <summary>An entry of a tree as receipts list it.</summary>
/// <param name="Path">Relative to the tree's root.</param>
/// <param name="Sha256">Digest of the content, or of a link's target.</param>
/// <param name="Kind"><c>executable</c>, <c>link</c> or <c>folder</c>; null for a file that is none of these.</param>
/// <param name="Target">A link's target.</param>
internal readonly record struct TreeFile(string Path, string Sha256, string? Kind, string? Target);
