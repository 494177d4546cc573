using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sboms;
using Devcontainer.Prebuild.Sboms.DotNet;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>What an archive of .NET has, unpacked under numbers, so that no name in it leads anywhere.</summary>
/// <param name="Entries">The entries of a layer.</param>
/// <param name="Packages">The packages that reading the image would find.</param>
internal sealed record ArchiveContent(IReadOnlyList<TarEntry> Entries, IReadOnlyList<ImagePackage> Packages)
{
    private const int AnyExecute = 0x49;

    /// <summary>Unpacks an archive.</summary>
    /// <param name="archive">Its path.</param>
    /// <param name="name">What it is called, for messages.</param>
    /// <param name="root">The folder in the image that it goes into, relative.</param>
    /// <param name="staging">An empty folder for the files; null to read only the packages.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC3095: it is damaged, or has something that no archive of .NET has.</exception>
    internal static ArchiveContent Read(string archive, string name, string root, string? staging, CancellationToken cancellationToken)
    {
        var cataloger = new DotNetCataloger();
        var entries = new SortedDictionary<string, TarEntry>(StringComparer.Ordinal);
        var packages = new List<ImagePackage>();
        try
        {
            using LayerReader reader = LayerReader.Open(File.OpenRead(archive), name);
            while (reader.ReadNext() is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                string path = $"{root}/{entry.Path}";
                if (entry.Kind == EntryKind.Directory)
                {
                    continue;
                }

                if (entry.Kind == EntryKind.File && cataloger.Wants(path) && entry.Size <= PackageFileCataloger.LargestFile)
                {
                    byte[] content = new byte[entry.Size];
                    entry.Content.ReadExactly(content);
                    packages.AddRange(cataloger.Read(path, content) as IReadOnlyList<ImagePackage> ?? []);
                    entries[path] = TarEntry.File(path, ModeOf(entry), content);
                }
                else if (staging is not null)
                {
                    entries[path] = Unpack(entry, path, entries, root, staging);
                }
            }
        }
        catch (Exception e) when (e is DevcontainerException or FormatException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.ArchiveWrong, null, name, e.Message.TrimEnd('.')), e);
        }

        return new ArchiveContent([.. entries.Values], [.. packages.DistinctBy(static package => package.Purl)]);
    }

    private static TarEntry Unpack(LayerEntry entry, string path, SortedDictionary<string, TarEntry> entries, string root, string staging)
    {
        switch (entry.Kind)
        {
            case EntryKind.File:
                string file = Path.Combine(staging, entries.Count.ToString(CultureInfo.InvariantCulture));
                using (FileStream stream = File.Create(file))
                {
                    entry.Content.CopyTo(stream);
                }

                return TarEntry.File(path, ModeOf(entry), entry.Size, () => File.OpenRead(file));
            case EntryKind.SymbolicLink:
                return TarEntry.SymbolicLink(path, entry.LinkTarget!);
            case EntryKind.HardLink when entries.TryGetValue($"{root}/{entry.LinkTarget}", out TarEntry? target):
                return target.At(path);
            default:
                throw new FormatException($"it has '{entry.Path}', which is neither a file nor a folder nor a link to one of its own");
        }
    }

    // Whoever uses the image may be anyone.
    private static int ModeOf(LayerEntry entry) => (entry.Mode & AnyExecute) != 0 ? TarEntry.ExecutableMode : TarEntry.PlainMode;
}
