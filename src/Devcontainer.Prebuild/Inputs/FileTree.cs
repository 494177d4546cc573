using System.Security.Cryptography;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>Files of a folder that the build is given, each with the digest of its content.</summary>
/// <param name="Root">Absolute path of the folder.</param>
/// <param name="Entries">Folders before what they hold, sorted.</param>
/// <param name="Digests">SHA-256 of the content of each file, by the entry's place; empty for folders and links.</param>
internal sealed record FileTree(string Root, IReadOnlyList<ContextEntry> Entries, IReadOnlyList<byte[]> Digests)
{
    // Below this, starting threads costs more than the hashing.
    private const int ParallelFrom = 64;

    /// <summary>Reads and hashes every file.</summary>
    /// <exception cref="DevcontainerException">DEVC1003: a file cannot be read.</exception>
    internal static FileTree Read(string root, IReadOnlyList<ContextEntry> entries, CancellationToken cancellationToken)
    {
        byte[][] digests = new byte[entries.Count][];
        if (entries.Count < ParallelFrom)
        {
            for (int i = 0; i < digests.Length; i++)
            {
                digests[i] = Hash(root, entries[i]);
            }
        }
        else
        {
            try
            {
                Parallel.For(0, digests.Length, new ParallelOptions { CancellationToken = cancellationToken }, i => digests[i] = Hash(root, entries[i]));
            }
            catch (AggregateException e) when (e.InnerExceptions[0] is DevcontainerException first)
            {
                // One file that cannot be read is enough to tell of.
                throw new DevcontainerException(first.Diagnostic, e);
            }
        }

        return new FileTree(root, entries, digests);
    }

    /// <summary>The digest of a file when it was read; for <see cref="BuildContext.Materialize"/>, which holds it against what it copies.</summary>
    internal Func<ContextEntry, byte[]?> Expected()
    {
        var digests = new Dictionary<string, byte[]>(Entries.Count, StringComparer.Ordinal);
        for (int i = 0; i < Entries.Count; i++)
        {
            digests[Entries[i].Path] = Digests[i];
        }

        return entry => entry.Kind == ContextEntryKind.File ? digests.GetValueOrDefault(entry.Path) : null;
    }

    /// <summary>Adds the tree to a key: kind, path, mode, and content or target of each entry.</summary>
    internal void AddTo(KeyHasher key)
    {
        key.Count(Entries.Count);
        for (int i = 0; i < Entries.Count; i++)
        {
            ContextEntry entry = Entries[i];
            key.Field(entry.Path).Field(Kind(entry));
            if (entry.Kind == ContextEntryKind.SymbolicLink)
            {
                key.Field(entry.LinkTarget);
            }
            else
            {
                key.Field(Digests[i]);
            }
        }
    }

    /// <summary>What a reader of the receipt sees of the tree: its files and links.</summary>
    internal IEnumerable<(string Path, string Sha256)> Files()
    {
        for (int i = 0; i < Entries.Count; i++)
        {
            switch (Entries[i].Kind)
            {
                case ContextEntryKind.File:
                    yield return (Entries[i].Path, Convert.ToHexStringLower(Digests[i]));
                    break;
                case ContextEntryKind.SymbolicLink:
                    yield return (Entries[i].Path, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Entries[i].LinkTarget!))));
                    break;
                default:
                    break;
            }
        }
    }

    private static string Kind(ContextEntry entry) => entry.Kind switch
    {
        ContextEntryKind.Directory => "folder",
        ContextEntryKind.SymbolicLink => "link",
        _ => entry.IsExecutable ? "executable" : "file",
    };

    private static byte[] Hash(string root, ContextEntry entry)
    {
        if (entry.Kind != ContextEntryKind.File)
        {
            return [];
        }

        string path = Path.Combine(root, entry.Path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            return SHA256.HashData(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.FileNotReadable, new SourceLocation(path), path, e.Message), e);
        }
    }
}
