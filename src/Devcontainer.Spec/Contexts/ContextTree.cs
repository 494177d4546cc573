using System.IO.Enumeration;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Contexts;

/// <summary>
/// A build context's folders, read as they are asked for and filtered by its ignore file as the engine's client filters them
/// (tonistiigi/fsutil <c>filter.go</c>): an ignored folder is there after all if something in it is taken back in.
/// </summary>
internal sealed class ContextTree
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    // For fewer files another thread costs more than it saves.
    private const int ReadAheadFrom = 16;

    private readonly string root;
    private readonly IgnoreFile ignore;
    private readonly GitIndex? git;
    private readonly CancellationToken cancellationToken;
    private readonly List<Task> ahead = [];

    public ContextTree(string root, IgnoreFile ignore, GitIndex? git, CancellationToken cancellationToken)
    {
        this.root = System.IO.Path.GetFullPath(root);
        this.ignore = ignore;
        this.git = git;
        this.cancellationToken = cancellationToken;
        Root = new ContextNode(null, string.Empty, isDirectory: true, default);
    }

    /// <summary>The context's root.</summary>
    public ContextNode Root { get; }

    /// <summary>What a folder holds and is not ignored, sorted by name, ordinal.</summary>
    public ContextNode[] Children(ContextNode folder)
    {
        if (folder.Visible is { } known)
        {
            return known;
        }

        var visible = new List<ContextNode>();
        foreach (ContextNode node in All(folder))
        {
            if (IsVisible(node))
            {
                visible.Add(node);
            }
        }

        visible.Sort(static (left, right) => string.CompareOrdinal(left.Path, right.Path));
        return folder.Visible = [.. visible];
    }

    /// <summary>The node at a clean path below the root; null where there is none or it is ignored. Follows no symbolic link.</summary>
    public ContextNode? Find(ReadOnlySpan<char> path)
    {
        ContextNode? node = Root;
        foreach (Range range in path.Split('/'))
        {
            node = node is { IsDirectory: true } ? Child(node, path[range]) : null;
        }

        return node is not null && IsVisible(node) ? node : null;
    }

    /// <summary>What is in a folder of this name, ignored or not.</summary>
    private ContextNode? Child(ContextNode folder, ReadOnlySpan<char> name)
    {
        foreach (ContextNode child in All(folder))
        {
            if (name.SequenceEqual(child.Name))
            {
                return child;
            }
        }

        return null;
    }

    private bool IsVisible(ContextNode node) =>
        !node.Ignored.IsIgnored || (node.IsDirectory && ignore.MayContainExceptions(node.Path) && Children(node).Length > 0);

    private ContextNode[] All(ContextNode folder)
    {
        if (folder.All is { } known)
        {
            return known;
        }

        cancellationToken.ThrowIfCancellationRequested();
        string path = FullPath(folder);
        var all = new List<ContextNode>();
        try
        {
            // What it is comes with the name: no file is touched, whatever it is. A link to a folder is told from a folder.
            all.AddRange(new FileSystemEnumerable<ContextNode>(
                path,
                (ref FileSystemEntry entry) => Node(
                    folder, entry.FileName, entry.IsDirectory && (entry.Attributes & FileAttributes.ReparsePoint) == 0),
                Everything));
        }
        catch (UnauthorizedAccessException) when (folder.Ignored.IsIgnored)
        {
            // What is ignored need not be readable.
        }
        catch (DirectoryNotFoundException) when (folder.Path.Length > 0)
        {
            // Gone since its parent was read.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotReadable(path, exception);
        }

        return folder.All = [.. all];
    }

    private ContextNode Node(ContextNode folder, ReadOnlySpan<char> name, bool isDirectory)
    {
        string path = folder.Path.Length == 0 ? name.ToString() : string.Concat(folder.Path, "/", name);
        return new ContextNode(folder, path, isDirectory, ignore.Match(path, folder.Ignored));
    }

    /// <summary>The entries of nodes, without those that have vanished, or are neither file, folder nor symbolic link.</summary>
    public IReadOnlyList<ContextEntry> Entries(List<ContextNode> nodes)
    {
        Task.WaitAll(ahead);
        cancellationToken.ThrowIfCancellationRequested();
        var entries = new List<ContextEntry>(nodes.Count);
        foreach (ContextNode node in nodes)
        {
            if (Entry(node) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>Begins to ask about the files of a folder, which takes longer than listing them, while others are listed.</summary>
    public void ReadAhead(ContextNode[] nodes)
    {
        if (nodes.Length >= ReadAheadFrom)
        {
            ahead.Add(Task.Run(() => ReadAll(nodes), CancellationToken.None));
        }
    }

    private void ReadAll(ContextNode[] nodes)
    {
        foreach (ContextNode node in nodes)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            try
            {
                Entry(node);
            }
            catch (DevcontainerException)
            {
                // It stays unread, and is the same error when it is read in its turn.
            }
        }
    }

    /// <summary>Whether a node is a symbolic link.</summary>
    public bool IsLink(ContextNode node) => !node.IsDirectory && Entry(node) is { Kind: ContextEntryKind.SymbolicLink };

    /// <summary>The entry of a node; null where it has vanished, or is neither file, folder nor symbolic link.</summary>
    public ContextEntry? Entry(ContextNode node)
    {
        if (!node.IsRead)
        {
            node.Entry = node.IsDirectory ? new ContextEntry(node.Path, ContextEntryKind.Directory) : Read(node);
            node.IsRead = true;
        }

        return node.Entry;
    }

    private ContextEntry? Read(ContextNode node)
    {
        try
        {
            if (FileStatus.Read(root, node.Path) is not { } status)
            {
                return node.Name.Contains('\uFFFD')
                    ? throw new DevcontainerException(Codes.ContextNameNotUnicode, new SourceLocation(FullPath(node)), node.Path)
                    : null;
            }

            if (status.IsLink)
            {
                return new FileInfo(FullPath(node)).LinkTarget is { } target ? new ContextEntry(node.Path, ContextEntryKind.SymbolicLink) { LinkTarget = target } : null;
            }

            return status.IsRegular
                ? new ContextEntry(node.Path, ContextEntryKind.File)
                {
                    IsExecutable = git?.IsExecutable(node.Path) ?? status.IsExecutable,
                    Stamp = status.Stamp,
                }
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotReadable(FullPath(node), exception);
        }
    }

    private string FullPath(ContextNode node) => string.Concat(root, "/", node.Path);

    private static DevcontainerException NotReadable(string path, Exception exception) =>
        new(Diagnostic.Create(Codes.FileNotReadable, new SourceLocation(path), path, exception.Message), exception);
}

/// <summary>A place in a <see cref="ContextTree"/>.</summary>
internal sealed class ContextNode(ContextNode? parent, string path, bool isDirectory, IgnoreState ignored)
{
    private bool isRead;

    public ContextNode? Parent { get; } = parent;

    public string Path { get; } = path;

    public ReadOnlySpan<char> Name => Parent is null ? Path : Path.AsSpan(Parent.Path.Length == 0 ? 0 : Parent.Path.Length + 1);

    /// <summary>Whether it is a folder; what else it is, is not known before it is <see cref="IsRead"/>.</summary>
    public bool IsDirectory { get; } = isDirectory;

    public IgnoreState Ignored { get; } = ignored;

    /// <summary>What the folder holds, once it has been read; unsorted.</summary>
    public ContextNode[]? All { get; set; }

    /// <summary>What of that is not ignored, once it has been asked for; sorted.</summary>
    public ContextNode[]? Visible { get; set; }

    /// <summary>Whether <see cref="Entry"/> is there. Two threads may find it is not, and then find the same.</summary>
    public bool IsRead
    {
        get => Volatile.Read(ref isRead);
        set => Volatile.Write(ref isRead, value);
    }

    /// <summary>What it is in the context, once it has been asked for; null for what is no part of one.</summary>
    public ContextEntry? Entry { get; set; }

    /// <summary>Whether a <see cref="ContextSelection"/> has it.</summary>
    public bool IsSelected { get; set; }
}
