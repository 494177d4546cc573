using Devcontainer.Oci;

namespace Devcontainer.Prebuild;

/// <summary>
/// Writes a file whole under its name or not at all: a temporary file in the same folder (another file system cannot be renamed from), its
/// bytes on the disk, then a rename. A full disk or a kill at any point leaves the old file, and the next write removes what a killed one left.
/// </summary>
internal static class AtomicFile
{
    private const string Ending = ".tmp";
    private const int IdLength = 32;
    private const int Attempts = 5;

    /// <summary>Writes <paramref name="content"/> to <paramref name="path"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What will be in it.</param>
    /// <param name="durable">Whether its bytes are on the disk before it has its name; without, a power failure may leave the name on other bytes.</param>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; the old file is intact.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> content, bool durable = true) => Write(path, content, durable, mode: null);

    /// <summary>Replaces the content of a file that is somebody's own: its mode stays, and where the name is a link, so does the link.</summary>
    /// <exception cref="IOException">As <see cref="Write(string, ReadOnlySpan{byte}, bool)"/>, and where there is no such file.</exception>
    internal static void Replace(string path, ReadOnlySpan<byte> content)
    {
        string file = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        Write(file, content, durable: true, OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(file));
    }

    private static void Write(string path, ReadOnlySpan<byte> content, bool durable, UnixFileMode? mode)
    {
        string directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory);
        RemoveUnfinished(path, directory);
        for (int left = Attempts; !TryWrite(path, directory, content, durable, mode, isLast: left == 1); left--)
        {
            // Another writer took the temporary file for one that was left behind; on Windows perhaps a reader has the old file open.
        }
    }

    /// <summary>Writes only where the content differs, so that an unchanged file keeps its time.</summary>
    internal static void WriteIfChanged(string path, ReadOnlySpan<byte> content)
    {
        if (File.Exists(path) && new FileInfo(path).Length == content.Length && content.SequenceEqual(File.ReadAllBytes(path)))
        {
            return;
        }

        Write(path, content);
    }

    /// <summary>Whether a file is one that was to become <paramref name="path"/>.</summary>
    internal static bool IsUnfinished(string file, string path)
    {
        // First what hardly any file is: this is asked of all.
        if (!file.EndsWith(Ending, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> name = Path.GetFileName(file.AsSpan());
        string prefix = Prefix(path);
        return name.Length == prefix.Length + IdLength + Ending.Length
            && name.StartsWith(prefix, StringComparison.Ordinal)
            && Path.GetDirectoryName(file.AsSpan()).SequenceEqual(Path.GetDirectoryName(path.AsSpan()));
    }

    private static string Prefix(string path) => $".{Path.GetFileName(path)}.";

    private static bool TryWrite(string path, string directory, ReadOnlySpan<byte> content, bool durable, UnixFileMode? mode, bool isLast)
    {
        string temporary = Path.Combine(directory, $"{Prefix(path)}{Guid.NewGuid():N}{Ending}");
        try
        {
            // CreateNew never follows a planted symbolic link. The file stays open until it has its name, for one that nobody holds was left behind;
            // and shared, for who reads it under its name would be refused else. On Unix that is a shared lock, which the remover's own does not get
            // past; on Windows a reader that does not share with writers is refused all the same, so it is closed first there.
            using var stream = new FileStream(
                temporary, FileMode.CreateNew, FileAccess.Write, OperatingSystem.IsWindows() ? FileShare.None : FileShare.ReadWrite | FileShare.Delete);
            if (mode is { } kept && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(stream.SafeFileHandle, kept);
            }

            stream.Write(content);
            if (durable)
            {
                DurableFile.Flush(stream);
            }
            else
            {
                stream.Flush();
            }

            if (OperatingSystem.IsWindows())
            {
                stream.Dispose();
            }

            File.Move(temporary, path, overwrite: true);
            return true;
        }
        catch (IOException e) when (!isLast && (e is FileNotFoundException || OutputFolder.IsHeld(e)))
        {
            File.Delete(temporary);
            return false;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static void RemoveUnfinished(string path, string directory)
    {
        foreach (string file in Directory.EnumerateFiles(directory, Prefix(path) + "*"))
        {
            if (!IsUnfinished(file, path))
            {
                continue;
            }

            try
            {
                // On Windows closed and deleted at once, on Unix deleted while it is locked.
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its writer lives, or has just finished it.
            }
        }
    }
}
