using Devcontainer.Oci;
using Devcontainer.Prebuild.Sboms.Alpine;
using Devcontainer.Prebuild.Sboms.Debian;
using Devcontainer.Prebuild.Sboms.DotNet;
using Devcontainer.Prebuild.Sboms.Npm;
using Devcontainer.Prebuild.Sboms.Programs;
using Devcontainer.Prebuild.Sboms.Python;
using Devcontainer.Prebuild.Sboms.Rpm;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>Makes the SBOM of a platform's image from its layers, without an engine and without running anything of the image.</summary>
public static class SbomGenerator
{
    // A chain of links from a wanted file to one that can be read is short; each link of it may cost one more look.
    private const int MostLooks = 8;

    private static readonly IPackageCataloger[] Catalogers =
    [
        new OsReleaseCataloger(), new DebianCataloger(), new ApkCataloger(), new RpmCataloger(), new DotNetCataloger(), new NuspecCataloger(), new NpmCataloger(),
        new PythonCataloger(),
    ];

    /// <summary>Reads the layers of an image, each once and several at a time, and says what the image is made of.</summary>
    /// <param name="layout">Where the image is.</param>
    /// <param name="manifest">The platform's manifest.</param>
    /// <param name="request">What cannot be read from the image.</param>
    /// <param name="cancellationToken">Cancels between the entries of a layer.</param>
    /// <exception cref="Diagnostics.DevcontainerException"><see cref="Diagnostics.Codes.PackageListUnreadable"/>, or what
    /// <see cref="OciLayout.ReadManifest"/> and <see cref="LayerReader"/> throw: a list that may lack something is worse than none.</exception>
    public static async Task<Sbom> GenerateAsync(
        OciLayout layout, Descriptor manifest, SbomRequest request, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ImagePackage> packages = await ReadPackagesAsync(layout, layout.ReadManifest(manifest).Layers, cancellationToken).ConfigureAwait(false);
        return SbomDocument.Create(manifest, request, packages);
    }

    /// <summary>The packages of layers one upon the other: those of a whole image, or those that are put on one, for
    /// <see cref="SbomDocument.Extend"/>.</summary>
    /// <param name="layout">Where the layers are.</param>
    /// <param name="layers">The layers, the lowest first.</param>
    /// <param name="cancellationToken">Cancels between the entries of a layer.</param>
    internal static async Task<IReadOnlyList<ImagePackage>> ReadPackagesAsync(
        OciLayout layout, IReadOnlyList<Descriptor> layers, CancellationToken cancellationToken)
    {
        var facts = new LayerFacts[layers.Count];

        // The largest first: started last, it would be waited for alone.
        IEnumerable<int> order = Enumerable.Range(0, layers.Count).OrderByDescending(i => layers[i].Size);
        await Parallel.ForEachAsync(order, cancellationToken, (i, token) =>
        {
            facts[i] = Read(layout, layers[i], i, Choose, withPrograms: true, token);
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);

        var files = new ImageFiles(facts);
        List<ImagePackage> packages = Catalog(files);
        for (int look = 1; files.Unread.Count > 0 && look < MostLooks; look++)
        {
            LookAgain(layout, layers, files, cancellationToken);
            packages = Catalog(files);
        }

        return packages;
    }

    internal static List<ImagePackage> Catalog(ImageFiles files)
    {
        files.ForgetUnread();
        var packages = new List<ImagePackage>();
        foreach (IPackageCataloger cataloger in Catalogers)
        {
            packages.AddRange(cataloger.Catalog(files));
        }

        packages.AddRange(files.All<ProgramFile>().SelectMany(static program => program.Evidence.Packages));

        return packages;
    }

    private static void LookAgain(OciLayout layout, IReadOnlyList<Descriptor> layers, ImageFiles files, CancellationToken cancellationToken)
    {
        foreach (IGrouping<int, UnreadFile> layer in files.Unread.GroupBy(file => file.Layer).ToList())
        {
            ILookup<string, UnreadFile> wanted = layer.ToLookup(file => file.Path, StringComparer.Ordinal);
            LayerFacts found = Read(
                layout,
                layers[layer.Key],
                layer.Key,
                path => wanted[path].FirstOrDefault() is { } file ? Choose(file.Wanted) : null,
                withPrograms: false,
                cancellationToken);
            foreach (UnreadFile file in layer)
            {
                files.Add(file, found.Facts.GetValueOrDefault(file.Path));
            }
        }
    }

    private static LayerFacts Read(
        OciLayout layout, Descriptor layer, int index, LayerFacts.Choice choose, bool withPrograms, CancellationToken cancellationToken)
    {
        using LayerReader reader = LayerReader.Open(layout.OpenBlob(layer), layer.Digest.Value);
        return LayerFacts.Read(reader, index, choose, withPrograms, cancellationToken);
    }

    internal static (IPackageCataloger Cataloger, string Path)? Choose(string path)
    {
        foreach (IPackageCataloger cataloger in Catalogers)
        {
            if (cataloger.Wants(path))
            {
                return (cataloger, path);
            }
        }

        return null;
    }
}
