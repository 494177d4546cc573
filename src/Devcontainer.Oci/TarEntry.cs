namespace Devcontainer.Oci;

/// <summary>Something to put into an archive by <see cref="CanonicalTar"/>. Made by <see cref="File(string, int, ReadOnlyMemory{byte})"/>
/// and its siblings.</summary>
public sealed record TarEntry
{
    /// <summary>0644, for files.</summary>
    public const int PlainMode = 0x1A4;

    /// <summary>0755, for directories and for files that run.</summary>
    public const int ExecutableMode = 0x1ED;

    private const int LinkMode = 0x1FF;

    private TarEntry(string path, EntryKind kind, int mode)
    {
        Path = path;
        Kind = kind;
        Mode = mode & 0xFFF;
    }

    /// <summary>Path in the archive: relative, parts divided by <c>/</c>, no <c>.</c> or <c>..</c> among them.</summary>
    public string Path { get; }

    /// <summary>File, directory or symbolic link.</summary>
    public EntryKind Kind { get; }

    /// <summary>The twelve permission bits, such as <see cref="ExecutableMode"/>.</summary>
    public int Mode { get; }

    /// <summary>Size of a file in bytes; zero for others.</summary>
    public long Size { get; private init; }

    /// <summary>Where a symbolic link points, as it is written into it; null for others.</summary>
    public string? LinkTarget { get; private init; }

    internal Func<Stream>? Open { get; private init; }

    /// <summary>A file with its bytes in memory.</summary>
    public static TarEntry File(string path, int mode, ReadOnlyMemory<byte> content) =>
        File(path, mode, content.Length, () => new MemoryStream(content.ToArray(), writable: false));

    /// <summary>A file whose bytes come from a stream, opened when its turn comes and closed after it.</summary>
    /// <param name="path">Path in the archive.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="size">How many bytes the stream gives; more or fewer are an error.</param>
    /// <param name="open">Opens the stream.</param>
    public static TarEntry File(string path, int mode, long size, Func<Stream> open) =>
        new(path, EntryKind.File, mode) { Size = size, Open = open };

    /// <summary>A directory. Those above an entry need not be given; they get mode 0755.</summary>
    public static TarEntry Directory(string path, int mode) => new(path, EntryKind.Directory, mode);

    /// <summary>The same under another path.</summary>
    public TarEntry At(string path) => new(path, Kind, Mode) { Size = Size, LinkTarget = LinkTarget, Open = Open };

    /// <summary>A symbolic link.</summary>
    public static TarEntry SymbolicLink(string path, string target) => new(path, EntryKind.SymbolicLink, LinkMode) { LinkTarget = target };
}
