using System.Formats.Tar;
using System.Text;

namespace Devcontainer.Prebuild.Tests.Features;

/// <summary>The archive of a Feature.</summary>
internal static class FeatureTar
{
    /// <summary>A tar of files; the same bytes whenever it is made.</summary>
    internal static byte[] Of(params (string Path, string Content)[] files)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach ((string path, string content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), Mode = (UnixFileMode)0x1A4, ModificationTime = DateTimeOffset.UnixEpoch });
            }
        }

        return stream.ToArray();
    }
}
