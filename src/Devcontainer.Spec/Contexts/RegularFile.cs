using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Devcontainer.Spec.Contexts;

/// <summary>
/// Opens regular files and nothing else. What a folder listed may have become a pipe by the time it is opened, and opening a pipe waits for
/// its other end, for ever if there is none.
/// </summary>
public static partial class RegularFile
{
    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    /// <summary>The stamp of a file; symbolic links are followed.</summary>
    /// <returns>Null where there is no file, or it is no regular one.</returns>
    public static FileStamp? Stamp(string path)
    {
        try
        {
            return FileStatus.Read(string.Empty, path, follow: true) is { IsRegular: true } status ? status.Stamp : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Opens a file for reading. Symbolic links are followed. Where the system does not tell what is a regular file (all but Linux), an empty
    /// one is not to be opened: what is no regular file has no size.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="stamp">Its stamp, before anything of it is read; null where only its path could tell.</param>
    /// <exception cref="FileNotFoundException">There is no file, or it is a folder, a pipe, a socket or a device.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle Open(string path, out FileStamp? stamp)
    {
        if (!OperatingSystem.IsLinux())
        {
            stamp = null;
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }

        SafeFileHandle file = OpenNonBlocking(path);
        try
        {
            FileStatus? status = FileStatus.Read(file);
            stamp = status?.Stamp;
            return status is { IsRegular: false } ? throw new FileNotFoundException($"'{path}' is not a regular file.", path) : file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="stamp">Its stamp, before anything of it was read.</param>
    /// <exception cref="IOException">As <see cref="Open"/>, or it is longer than an array can be.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path, out FileStamp stamp)
    {
        FileStamp? before = null;
        if (!OperatingSystem.IsLinux())
        {
            before = Stamp(path);
            if (before is { Size: 0 })
            {
                stamp = before.Value;
                return [];
            }
        }

        using SafeFileHandle file = Open(path, out FileStamp? opened);
        stamp = opened ?? before ?? default;
        long length = RandomAccess.GetLength(file);
        if (length > Array.MaxLength)
        {
            throw new IOException($"'{path}' is too long.");
        }

        byte[] content = new byte[length];
        int filled = 0;
        while (filled < content.Length && RandomAccess.Read(file, content.AsSpan(filled), filled) is > 0 and var read)
        {
            filled += read;
        }

        return filled == content.Length ? content : content[..filled];
    }

    private static unsafe SafeFileHandle OpenNonBlocking(string path)
    {
        byte[] name = new byte[Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        name[Encoding.UTF8.GetBytes(path, name)] = 0;
        int flags = ReadOnly | CloseOnExec | NonBlocking;
        while (true)
        {
            int file;
            fixed (byte* pointer = name)
            {
                file = OpenFile(pointer, flags);
            }

            if (file >= 0)
            {
                return new SafeFileHandle(file, ownsHandle: true);
            }

            switch (NativeError.Last())
            {
                case NativeError.Interrupted:
                    break;
                case NativeError.TryAgain when (flags & NonBlocking) != 0:
                    // Only a regular file: another program has a lease of it, and is asked to give it back (fcntl(2), F_SETLEASE).
                    flags &= ~NonBlocking;
                    break;
                case var error:
                    throw NativeError.Exception(error, path);
            }
        }
    }

    // The flags are the same on every architecture that .NET runs on.
    [LibraryImport("libc", EntryPoint = "open")]
    private static unsafe partial int OpenFile(byte* path, int flags);
}
