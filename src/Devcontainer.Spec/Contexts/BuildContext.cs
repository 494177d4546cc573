using System.Security.Cryptography;
using Devcontainer.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Devcontainer.Spec.Contexts;

/// <summary>
/// The files that a build is given: listed in a fixed order, and copied with modes and times that do not depend on the machine, so that
/// umask, modification times, owners, checkout path and file order change neither key nor cache.
/// </summary>
public static class BuildContext
{
    /// <summary>Files: <c>rw-r--r--</c>.</summary>
    public const UnixFileMode FileMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Folders and files that can be executed: <c>rwxr-xr-x</c>.</summary>
    public const UnixFileMode ExecutableMode =
        FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The modification time of everything that a build is given: ZIP archives cannot hold an earlier one.</summary>
    public static DateTime Timestamp { get; } = new(1980, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>
    /// Lists a context without its root: folders before what they hold, each folder sorted by name, ordinal. Symbolic links are not
    /// followed. Pipes, sockets and devices are left out: no checkout has them, and nothing is opened.
    /// </summary>
    /// <param name="root">The folder of the context.</param>
    /// <param name="ignore">What is no part of it.</param>
    /// <param name="git">Says which files can be executed; null outside git.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC1003: a folder cannot be read. DEVC3002: a name is not Unicode.</exception>
    public static IReadOnlyList<ContextEntry> Enumerate(
        string root, IgnoreFile ignore, GitIndex? git = null, CancellationToken cancellationToken = default)
    {
        var tree = new ContextTree(root, ignore, git, cancellationToken);
        var nodes = new List<ContextNode>();
        AddAll(tree, tree.Root, nodes);
        return tree.Entries(nodes);
    }

    /// <summary>Copies entries into an empty folder, with <see cref="ContextEntry.Mode"/> and <see cref="Timestamp"/>.</summary>
    /// <param name="root">The folder that the entries are relative to.</param>
    /// <param name="entries">What to copy, folders before what they hold.</param>
    /// <param name="destination">A folder that is empty or not there yet.</param>
    /// <param name="expected">
    /// Gives the SHA-256 that a file had when the key was made; null, or a null result, does not check. What is built must be what was hashed.
    /// </param>
    /// <param name="cancellationToken">Ends it; the destination is then incomplete.</param>
    /// <exception cref="DevcontainerException">DEVC3003: a file has changed meanwhile. DEVC1003: one cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The destination is not empty.</exception>
    public static void Materialize(
        string root,
        IReadOnlyList<ContextEntry> entries,
        string destination,
        Func<ContextEntry, byte[]?>? expected = null,
        CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(destination);
        using (IEnumerator<string> existing = Directory.EnumerateFileSystemEntries(destination).GetEnumerator())
        {
            if (existing.MoveNext())
            {
                throw new InvalidOperationException($"'{destination}' is not empty.");
            }
        }

        var folders = new List<string> { destination };
        foreach (ContextEntry entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string target = Path.Combine(destination, entry.Path);
            switch (entry.Kind)
            {
                case ContextEntryKind.Directory:
                    Directory.CreateDirectory(target);
                    folders.Add(target);
                    break;
                case ContextEntryKind.SymbolicLink:
                    File.CreateSymbolicLink(target, entry.LinkTarget!);
                    new FileInfo(target).LastWriteTimeUtc = Timestamp;
                    break;
                default:
                    CopyFile(Path.Combine(root, entry.Path), entry, target, expected?.Invoke(entry));
                    break;
            }
        }

        // Last, because making an entry changes the time of its folder.
        for (int i = folders.Count - 1; i >= 0; i--)
        {
            SetMode(folders[i], ExecutableMode);
            Directory.SetLastWriteTimeUtc(folders[i], Timestamp);
        }
    }

    /// <summary>Adds all that a folder holds.</summary>
    private static void AddAll(ContextTree tree, ContextNode folder, List<ContextNode> nodes)
    {
        ContextNode[] children = tree.Children(folder);
        tree.ReadAhead(children);
        foreach (ContextNode node in children)
        {
            nodes.Add(node);
            if (node.IsDirectory)
            {
                AddAll(tree, node, nodes);
            }
        }
    }

    private static void CopyFile(string source, ContextEntry entry, string target, byte[]? expected)
    {
        try
        {
            using var output = new FileStream(target, System.IO.FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            using var hash = expected is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            if (entry.Size > 0)
            {
                using SafeFileHandle input = RegularFile.Open(source, out _);
                byte[] buffer = new byte[81920];
                long position = 0;
                while (RandomAccess.Read(input, buffer, position) is > 0 and var read)
                {
                    output.Write(buffer, 0, read);
                    hash?.AppendData(buffer, 0, read);
                    position += read;
                }
            }

            if (hash is not null && !hash.GetHashAndReset().AsSpan().SequenceEqual(expected))
            {
                throw new DevcontainerException(Codes.ContextChanged, new SourceLocation(source), entry.Path);
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.ContextChanged, new SourceLocation(source), entry.Path), exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new DevcontainerException(
                Diagnostic.Create(Codes.FileNotReadable, new SourceLocation(source), source, exception.Message), exception);
        }

        SetMode(target, entry.Mode);
        File.SetLastWriteTimeUtc(target, Timestamp);
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
