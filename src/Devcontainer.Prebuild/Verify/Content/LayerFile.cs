using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Verify.Content;

/// <summary>A file of a layer that a gate may ask for.</summary>
/// <param name="Size">Its bytes.</param>
/// <param name="Mode">The twelve permission bits.</param>
/// <param name="Uid">User id of the owner.</param>
/// <param name="Text">Its content, of a file that is known by its path; null for others.</param>
internal sealed record LayerFile(long Size, int Mode, long Uid, byte[]? Text)
{
    private const int SetUid = 0x800;
    private const int SetGid = 0x400;

    /// <summary>Files of at least so many bytes are remembered, because one of them may be why an image has grown.</summary>
    private const long Large = 1_000_000;

    // As much as the files that are read ever have.
    private const int LongestText = 1024 * 1024;

    /// <summary>The bits that give a program its owner's or group's rights.</summary>
    internal int Rights => Mode & (SetUid | SetGid);

    /// <summary>The file of an entry; null where no gate asks for such files.</summary>
    internal static LayerFile? Of(LayerEntry entry)
    {
        if (entry.Kind is not (EntryKind.File or EntryKind.HardLink))
        {
            return null;
        }

        bool isRead = entry.Path is "etc/passwd" or "etc/ssh/sshd_config" || entry.Path.StartsWith("etc/ssh/sshd_config.d/", StringComparison.Ordinal);
        bool isKnown = isRead || entry.Path.StartsWith("etc/ssh/", StringComparison.Ordinal) || entry.Path.EndsWith("/sshd", StringComparison.Ordinal);
        if (!isKnown && entry.Size < Large && (entry.Mode & (SetUid | SetGid)) == 0)
        {
            return null;
        }

        byte[]? text = null;
        if (isRead && entry.Size <= LongestText)
        {
            text = new byte[entry.Size];
            entry.Content.ReadExactly(text);
        }

        return new LayerFile(entry.Size, entry.Mode, entry.Uid, text);
    }
}
