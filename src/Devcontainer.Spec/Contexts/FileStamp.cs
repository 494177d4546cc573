namespace Devcontainer.Spec.Contexts;

/// <summary>
/// What the file system says of a file's content without its being read: as long as a settled stamp stays the same, so does the content.
/// </summary>
/// <param name="Device">The file system; with <paramref name="Inode"/> it is the file, whatever its name.</param>
/// <param name="Inode">The file in it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">When the content was last written, in nanoseconds since 1970, UTC. Any program can set it.</param>
/// <param name="Changed">
/// When the content or the inode was last changed, in nanoseconds since 1970, UTC. No program can set it. Where it is not told, when the file
/// was made.
/// </param>
/// <remarks>
/// Only Linux tells all of it. Elsewhere the path's digest stands for the file, and a file that is rewritten in the same size, with its old time
/// set again, has its old stamp.
/// </remarks>
public readonly record struct FileStamp(ulong Device, ulong Inode, long Size, long Modified, long Changed)
{
    /// <summary>
    /// Whether a later change is sure to give another stamp: its times are before <paramref name="limit"/>, which is further back than the clock of a
    /// file system is coarse. (Git calls the others racy: Documentation/technical/racy-git.adoc.)
    /// </summary>
    public bool IsSettled(DateTime limit)
    {
        long latest = Nanoseconds(limit);
        return Modified < latest && Changed < latest;
    }

    internal static long Nanoseconds(DateTime time) => (time.ToUniversalTime() - DateTime.UnixEpoch).Ticks * 100;
}
