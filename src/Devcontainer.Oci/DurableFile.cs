using System.Runtime.InteropServices;

namespace Devcontainer.Oci;

/// <summary>
/// Bytes on the disk, or an error. <see cref="FileStream.Flush(bool)"/> asks the system for the same and drops its answer on Linux, where a disk that is
/// full or broken, a quota, or a file server may first say so here (fsync(2)).
/// </summary>
public static class DurableFile
{
    // Special files and some mounts have nothing to bring to a disk.
    private const int Invalid = 22;
    private const int ReadOnly = 30;
    private const int NotSupported = 95;
    private const int Interrupted = 4;

    /// <summary>Brings what was written to a file to the disk.</summary>
    /// <param name="file">The file, open for writing.</param>
    /// <exception cref="IOException">Not all of it is on the disk.</exception>
    public static void Flush(FileStream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!OperatingSystem.IsLinux())
        {
            file.Flush(flushToDisk: true);
            return;
        }

        file.Flush();
        while (Native.FSync(file.SafeFileHandle.DangerousGetHandle().ToInt32()) < 0)
        {
            int error = Marshal.GetLastSystemError();
            if (error is Invalid or ReadOnly or NotSupported)
            {
                return;
            }

            if (error != Interrupted)
            {
                throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)}: '{file.Name}'", error);
            }
        }
    }

    private static class Native
    {
        // Plain numbers in and out, so that no stub is compiled at run time; the error is read at once, by hand.
        [DllImport("libc", EntryPoint = "fsync")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int FSync(int file);
    }
}
