using System.Runtime.InteropServices;
using System.Text;

namespace Devcontainer.Spec.Contexts;

/// <summary>
/// Tells pipes, sockets and devices from regular files without opening them: opening a pipe waits for its other end. The base class library
/// does not say, so the kernel is asked.
/// </summary>
internal static partial class SpecialFile
{
    // linux/stat.h: struct statx has the same layout on every architecture, which struct stat has not.
    private const int StatxSize = 256;
    private const int ModeOffset = 28;
    private const int AtCurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint TypeOnly = 1;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>Whether the path is something else than a regular file. Where that cannot be told, it is taken for one.</summary>
    public static unsafe bool IsSpecial(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        Span<byte> name = new byte[Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        Encoding.UTF8.GetBytes(path, name);
        Span<byte> result = stackalloc byte[StatxSize];
        try
        {
            fixed (byte* namePointer = name, resultPointer = result)
            {
                return Statx(AtCurrentFolder, namePointer, NoFollow, TypeOnly, resultPointer) == 0
                    && (MemoryMarshal.Read<ushort>(result[ModeOffset..]) & TypeMask) != Regular;
            }
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx")]
    private static unsafe partial int Statx(int folder, byte* path, int flags, uint mask, byte* result);
}
