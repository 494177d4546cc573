using System.Formats.Tar;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>Files that a container is given, before it starts, under its root folder.</summary>
/// <param name="Files">Absolute path in the container, and what it has.</param>
internal sealed record ContainerFiles(IReadOnlyList<ContainerFile> Files)
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    // What builds make, and what a container has no use for.
    private static readonly string[] Skipped = [".git", "bin", "obj", "node_modules"];

    /// <summary>No files.</summary>
    internal static ContainerFiles None { get; } = new([]);

    /// <summary>The files of a workspace, but for what builds make.</summary>
    /// <param name="folder">Absolute path of the workspace.</param>
    /// <param name="place">Absolute path in the container.</param>
    /// <param name="except">Absolute path of a folder in it that is left out.</param>
    internal static ContainerFiles OfWorkspace(string folder, string place, string except)
    {
        string left = Path.TrimEndingDirectorySeparator(except);
        var files = new List<ContainerFile>();
        Add(new DirectoryInfo(folder));
        return new ContainerFiles(files);

        void Add(DirectoryInfo directory)
        {
            foreach (FileSystemInfo entry in directory.EnumerateFileSystemInfos())
            {
                if (entry is DirectoryInfo { LinkTarget: null } inner)
                {
                    if (!Skipped.Contains(entry.Name) && entry.FullName != left)
                    {
                        Add(inner);
                    }
                }
                else
                {
                    files.Add(Of(entry, folder, place));
                }
            }
        }
    }

    /// <summary>Some files of a workspace.</summary>
    internal static ContainerFiles OfWorkspace(IEnumerable<string> paths, string folder, string place) =>
        new([.. paths.Select(path => Of(new FileInfo(path), folder, place))]);

    /// <summary>Writes them as a tar archive whose root is the container's.</summary>
    internal async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
        await using (tar.ConfigureAwait(false))
        {
            var folders = new HashSet<string>(StringComparer.Ordinal);
            foreach (ContainerFile file in Files)
            {
                string name = file.Path.TrimStart('/');
                for (int slash = name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = name.IndexOf('/', slash + 1))
                {
                    if (folders.Add(name[..slash]))
                    {
                        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, name[..slash] + "/") { Mode = Executable }, cancellationToken).ConfigureAwait(false);
                    }
                }

                using Stream? content = file.Open();
                PaxTarEntry entry = file.LinkTarget is { } target
                    ? new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target }
                    : new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = file.IsExecutable ? Executable : Plain };
                await tar.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static ContainerFile Of(FileSystemInfo file, string folder, string place) => new(
        $"{place}/{Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/')}",
        () => file.LinkTarget is null ? File.OpenRead(file.FullName) : null)
    {
        LinkTarget = file.LinkTarget,
        IsExecutable = OperatingSystem.IsWindows() || (file.UnixFileMode & UnixFileMode.UserExecute) != 0,
    };
}

/// <summary>A file that a container is given.</summary>
/// <param name="Path">Absolute path in the container.</param>
/// <param name="Open">Opens its content; null of a link.</param>
internal sealed record ContainerFile(string Path, Func<Stream?> Open)
{
    /// <summary>Where a link leads; null for a file.</summary>
    internal string? LinkTarget { get; init; }

    /// <summary>Whether it is a program.</summary>
    internal bool IsExecutable { get; init; }
}
