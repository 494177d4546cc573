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
    public long Size => Stamp.Size;

    /// <summary>What tells whether a file is still what it was; the default value for folders and links.</summary>
    public FileStamp Stamp { get; init; }

    /// <summary>What a symbolic link says, as it says it; null for anything else.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>The permission bits that the entry has in the build, whatever they are on this machine.</summary>
    public UnixFileMode Mode => Kind == ContextEntryKind.File && !IsExecutable ? BuildContext.FileMode : BuildContext.ExecutableMode;
}
