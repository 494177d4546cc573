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

    private readonly string root;
    private readonly IgnoreFile ignore;
    private readonly GitIndex? git;
    private readonly CancellationToken cancellationToken;

    public ContextTree(string root, IgnoreFile ignore, GitIndex? git, CancellationToken cancellationToken)
    {
        this.root = System.IO.Path.GetFullPath(root);
        this.ignore = ignore;
        this.git = git;
        this.cancellationToken = cancellationToken;
        Root = new ContextNode(null, string.Empty, string.Empty, ContextEntryKind.Directory, default);
    }

    /// <summary>The context's root.</summary>
    public ContextNode Root { get; }

    /// <summary>What a folder holds and is not ignored, sorted by name, ordinal.</summary>
    public IReadOnlyList<ContextNode> Children(ContextNode folder)
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

        visible.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return folder.Visible = [.. visible];
    }

    /// <summary>The node at a clean path below the root; null where there is none or it is ignored. Follows no symbolic link.</summary>
    public ContextNode? Find(ReadOnlySpan<char> path)
    {
        ContextNode? node = Root;
        foreach (Range range in path.Split('/'))
        {
            node = node is { Kind: ContextEntryKind.Directory } ? Child(node, path[range]) : null;
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
        !node.Ignored.IsIgnored
        || (node.Kind == ContextEntryKind.Directory && ignore.MayContainExceptions(node.Path) && Children(node).Count > 0);

    private ContextNode[] All(ContextNode folder)
    {
        if (folder.All is { } known)
        {
            return known;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var all = new List<ContextNode>();
        foreach ((string name, ContextEntryKind kind) in List(folder))
        {
            string path = folder.Path.Length == 0 ? name : folder.Path + "/" + name;
            all.Add(new ContextNode(folder, path, name, kind, ignore.Match(path, folder.Ignored)));
        }

        return folder.All = [.. all];
    }

    /// <summary>The entry of a node; null where it has vanished, or is neither file, folder nor symbolic link.</summary>
    public ContextEntry? Entry(ContextNode node)
    {
        if (node.Kind == ContextEntryKind.Directory)
        {
            return new ContextEntry(node.Path, node.Kind);
        }

        string path = FullPath(node);
        if (node.Kind == ContextEntryKind.SymbolicLink)
        {
            return LinkTarget(node) is { } target ? new ContextEntry(node.Path, node.Kind) { LinkTarget = target } : null;
        }

        if (FileStatus.Read(path) is not { } status)
        {
            return node.Name.Contains('\uFFFD', StringComparison.Ordinal)
                ? throw new DevcontainerException(Codes.ContextNameNotUnicode, new SourceLocation(path), node.Path)
                : null;
        }

        if (!status.IsRegular)
        {
            return null;
        }

        return new ContextEntry(node.Path, node.Kind)
        {
            IsExecutable = git?.IsExecutable(node.Path) ?? status.IsExecutable,
            Size = status.Size,
            LastWriteTimeUtc = status.LastWriteTimeUtc,
            ChangeTimeUtc = status.ChangeTimeUtc,
            Inode = status.Inode,
        };
    }

    /// <summary>What a symbolic link says; null where it has vanished.</summary>
    public string? LinkTarget(ContextNode node) => new FileInfo(FullPath(node)).LinkTarget;

    private string FullPath(ContextNode node) => string.Concat(root, "/", node.Path);

    private List<Listed> List(ContextNode folder)
    {
        string path = FullPath(folder);
        var entries = new List<Listed>();
        try
        {
            // The kind comes with the name: no file is touched, whatever it is.
            var listing = new FileSystemEnumerable<Listed>(
                path,
                static (ref FileSystemEntry entry) => new Listed(
                    entry.FileName.ToString(),
                    (entry.Attributes & FileAttributes.ReparsePoint) != 0 ? ContextEntryKind.SymbolicLink
                        : entry.IsDirectory ? ContextEntryKind.Directory
                        : ContextEntryKind.File),
                Everything);
            entries.AddRange(listing);
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
            throw new DevcontainerException(
                Diagnostic.Create(Codes.FileNotReadable, new SourceLocation(path), path, exception.Message), exception);
        }

        return entries;
    }

    /// <summary>An entry as the folder lists it. A class: lists and enumerations of structs are compiled anew at every start.</summary>
    private sealed record Listed(string Name, ContextEntryKind Kind);
}

/// <summary>A place in a <see cref="ContextTree"/>.</summary>
internal sealed class ContextNode(ContextNode? parent, string path, string name, ContextEntryKind kind, IgnoreState ignored)
{
    public ContextNode? Parent { get; } = parent;

    public string Path { get; } = path;

    public string Name { get; } = name;

    public ContextEntryKind Kind { get; } = kind;

    public IgnoreState Ignored { get; } = ignored;

    /// <summary>What the folder holds, once it has been read; unsorted.</summary>
    public ContextNode[]? All { get; set; }

    /// <summary>What of that is not ignored, once it has been asked for; sorted.</summary>
    public ContextNode[]? Visible { get; set; }

    /// <summary>Whether a <see cref="ContextSelection"/> has it.</summary>
    public bool IsSelected { get; set; }
}
