namespace Devcontainer.Spec.Contexts;

/// <summary>What an entry of a build context is.</summary>
public enum ContextEntryKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>A symbolic link, itself; never what it points to.</summary>
    SymbolicLink,
}

/// <summary>A file, folder or symbolic link of a build context.</summary>
/// <param name="Path">Relative to the context's root, with <c>/</c>, neither beginning nor ending with it.</param>
/// <param name="Kind">What it is.</param>
public sealed record ContextEntry(string Path, ContextEntryKind Kind)
{
    /// <summary>
    /// Whether a file can be executed in the container: git's index says so; for what git does not track, the owner may.
    /// </summary>
    public bool IsExecutable { get; init; }

    /// <summary>The size of a file in bytes; an empty file need not be opened to know what is in it.</summary>
    public long Size { get; init; }

    /// <summary>When a file was last written.</summary>
    public DateTime LastWriteTimeUtc { get; init; }

    /// <summary>When a file or its inode was last changed, which no program can set; the default value where that is not told.</summary>
    public DateTime ChangeTimeUtc { get; init; }

    /// <summary>The inode of a file; zero where that is not told.</summary>
    public ulong Inode { get; init; }

    /// <summary>What a symbolic link says, as it says it; null for anything else.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>The permission bits that the entry has in the build, whatever they are on this machine.</summary>
    public UnixFileMode Mode => Kind == ContextEntryKind.File && !IsExecutable ? BuildContext.FileMode : BuildContext.ExecutableMode;
}
