using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Devcontainer.Spec.Contexts;

/// <summary>What the file system says of a path, nothing opened.</summary>
/// <remarks>
/// The base class library cannot tell pipes, sockets and devices from regular files, and opening a pipe waits for its other end. So on Linux
/// the kernel is asked directly, which is also five times faster. Elsewhere what is not a folder or a link is taken for a regular file; an empty
/// one is never opened (<see cref="RegularFile"/>), and what is no regular file has no size.
/// </remarks>
internal readonly partial record struct FileStatus(bool IsRegular, bool IsLink, bool IsExecutable, FileStamp Stamp)
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint TypeModeTimesInodeAndSize = 0x1 | 0x2 | 0x40 | 0x80 | 0x100 | 0x200;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;
    private const int Link = 0xA000;
    private const int OwnerMayExecute = 0x40;

    private static bool statxIsMissing = !OperatingSystem.IsLinux();

    /// <summary>Asks; null where there is no such path.</summary>
    /// <param name="folder">A folder; empty where the path is absolute.</param>
    /// <param name="path">A path in it, with <c>/</c>.</param>
    /// <param name="follow">Whether a symbolic link at its end is followed.</param>
    /// <exception cref="IOException">The system does not say.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be asked.</exception>
    public static FileStatus? Read(string folder, string path, bool follow = false)
    {
        if (!Volatile.Read(ref statxIsMissing))
        {
            try
            {
                return ReadStatx(CurrentFolder, folder, path, follow ? 0 : NoFollow);
            }
            catch (EntryPointNotFoundException)
            {
                Volatile.Write(ref statxIsMissing, true);
            }
        }

        return ReadPortable(folder.Length == 0 ? path : string.Concat(folder, "/", path), follow);
    }

    /// <summary>Asks about an open file; null where only its path could tell.</summary>
    public static FileStatus? Read(SafeHandle file) =>
        Volatile.Read(ref statxIsMissing) ? null : ReadStatx((int)file.DangerousGetHandle(), string.Empty, string.Empty, EmptyPath);

    /// <summary>Asks the base class library.</summary>
    internal static FileStatus? ReadPortable(string path, bool follow)
    {
        // Of what is not there every attribute is set.
        const FileAttributes nothing = (FileAttributes)(-1);
        var file = new FileInfo(path);
        if (file.Attributes is not nothing and var attributes && (attributes & FileAttributes.ReparsePoint) != 0 && file.LinkTarget is not null)
        {
            if (!follow)
            {
                return new FileStatus(IsRegular: false, IsLink: true, IsExecutable: false, default);
            }

            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        }

        if (!file.Exists)
        {
            return null;
        }

        Span<byte> identity = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(file.FullName.AsSpan()), identity);
        return new FileStatus(
            IsRegular: true,
            IsLink: false,
            IsExecutable: !OperatingSystem.IsWindows() && file.UnixFileMode.HasFlag(UnixFileMode.UserExecute),
            new FileStamp(
                BinaryPrimitives.ReadUInt64LittleEndian(identity),
                BinaryPrimitives.ReadUInt64LittleEndian(identity[sizeof(ulong)..]),
                file.Length,
                FileStamp.Nanoseconds(file.LastWriteTimeUtc),
                FileStamp.Nanoseconds(file.CreationTimeUtc)));
    }

    private static unsafe FileStatus? ReadStatx(int at, string folder, string path, int flags)
    {
        int most = Encoding.UTF8.GetMaxByteCount(folder.Length + path.Length) + 2;
        Span<byte> name = most <= 1024 ? stackalloc byte[most] : new byte[most];
        int length = 0;
        if (folder.Length > 0)
        {
            length = Encoding.UTF8.GetBytes(folder, name);
            name[length++] = (byte)'/';
        }

        length += Encoding.UTF8.GetBytes(path, name[length..]);
        name[length] = 0;
        StatxBuffer status;
        fixed (byte* pointer = name)
        {
            if (Statx(at, pointer, flags, TypeModeTimesInodeAndSize, &status) != 0)
            {
                int error = NativeError.Last();
                return NativeError.IsMissing(error) ? null : throw NativeError.Exception(error, path);
            }
        }

        return new FileStatus(
            (status.Mode & TypeMask) == Regular,
            (status.Mode & TypeMask) == Link,
            (status.Mode & OwnerMayExecute) != 0,
            new FileStamp(
                ((ulong)status.DeviceMajor << 32) | status.DeviceMinor,
                status.Inode,
                (long)status.Size,
                Time(status.ModifiedSeconds, status.ModifiedNanoseconds),
                Time(status.ChangedSeconds, status.ChangedNanoseconds)));

        static long Time(long seconds, uint nanoseconds) => unchecked((seconds * 1_000_000_000) + nanoseconds);
    }

    [LibraryImport("libc", EntryPoint = "statx")]
    private static unsafe partial int Statx(int at, byte* path, int flags, uint mask, StatxBuffer* status);

    /// <summary>linux/stat.h: unlike <c>struct stat</c> it has the same layout on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
