using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Packages;

/// <summary>
/// Some packages of the closure, as a layer: a NuGet fallback folder, which restores read and never write, so that it serves every user of the
/// container and no volume over a home hides it (learn.microsoft.com, "nuget.config reference", fallbackPackageFolders). docs/packages.md is the format.
/// </summary>
internal sealed record PackageLayer : IPackagesLayer
{
    /// <summary>The fallback folder in the image.</summary>
    internal const string Folder = "/usr/local/share/nuget/packages";

    /// <summary>How many layers the packages are spread over: one that changes takes a thirty-second part of them with it.</summary>
    internal const int Buckets = 32;

    // Relative, as in an archive.
    private static readonly string Root = Folder[1..];

    private readonly IReadOnlyList<(NuGetPackage Package, string ContentHash)> _packages;

    private PackageLayer(string name, IReadOnlyList<(NuGetPackage Package, string ContentHash)> packages)
    {
        Name = name;
        _packages = packages;
        Key = NuGetPackage.KeyOf("package-layer", packages);
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public string Key { get; }

    /// <summary>
    /// Spreads packages over layers: by their id, so that a package stays in its layer whatever becomes of others; those for one platform by their name in
    /// one of their own, so that the others are the same on every platform.
    /// </summary>
    /// <param name="packages">The packages, sorted.</param>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC3072: a package is not whole.</exception>
    internal static IReadOnlyList<PackageLayer> Spread(IReadOnlyList<NuGetPackage> packages)
    {
        var layers = new List<PackageLayer>();
        foreach (IGrouping<int, NuGetPackage> bucket in packages.GroupBy(static package => package.IsForOnePlatform ? Buckets : BucketOf(package.Id)).OrderBy(static bucket => bucket.Key))
        {
            (NuGetPackage, string)[] content = [.. bucket.Select(static package => (package, package.ReadContentHash()))];
            layers.Add(new PackageLayer(bucket.Key == Buckets ? "NuGet packages for this platform" : $"NuGet packages, part {bucket.Key + 1} of {Buckets}", content));
        }

        return layers;
    }

    /// <inheritdoc />
    public (Descriptor Layer, Digest DiffId) Write(OciLayout layout, CancellationToken cancellationToken)
    {
        var archives = new List<ZipArchive>();
        try
        {
            var entries = new List<TarEntry>();
            foreach ((NuGetPackage package, string contentHash) in _packages)
            {
                package.VerifyArchive();
                var archive = new ZipArchive(File.OpenRead(package.Archive), ZipArchiveMode.Read);
                archives.Add(archive);
                entries.AddRange(Entries(package, archive, contentHash));
            }

            return layout.AddLayer(entries, ImageBuild.SourceDate, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw _packages[Math.Max(0, archives.Count - 1)].Package.Damaged(e.Message, e);
        }
        finally
        {
            archives.ForEach(static archive => archive.Dispose());
        }
    }

    internal static int BucketOf(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[0] % Buckets;

    /// <summary>What NuGet unpacks of a package, without archive, hash and signature, which no restore asks a fallback folder for.</summary>
    internal static IEnumerable<TarEntry> Entries(NuGetPackage package, ZipArchive archive, string contentHash)
    {
        string folder = $"{Root}/{package.Id}/{package.Version}";
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            string path = Uri.UnescapeDataString(entry.FullName.Replace('\\', '/')).TrimStart('/');
            if (!IsUnpacked(path))
            {
                continue;
            }

            // The manifest gets the package's name in lower case, whatever the archive calls it.
            if (path.EndsWith(".nuspec", StringComparison.OrdinalIgnoreCase) && !path.Contains('/', StringComparison.Ordinal))
            {
                path = package.Id + ".nuspec";
            }

            if (paths.Add(path))
            {
                // NuGet leaves out the rights of others (0744 or 0766 less the user's mask), and whoever runs a tool of the package may be anyone.
                yield return TarEntry.File($"{folder}/{path}", TarEntry.ExecutableMode, entry.Length, entry.Open);
            }
        }

        // Without its source, which is nobody's business in the image.
        byte[] metadata = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?> { ["version"] = 2, ["contentHash"] = contentHash, ["source"] = null });
        yield return TarEntry.File($"{folder}/.nupkg.metadata", TarEntry.ExecutableMode, metadata);
    }

    // The parts of the packaging convention stay behind (OPC), and so does the signature (NuGet.Packaging, PackageHelper).
    private static bool IsUnpacked(string path) =>
        path.Length > 0 && path[^1] != '/'
        && !path.StartsWith("_rels/", StringComparison.OrdinalIgnoreCase)
        && !path.StartsWith("package/", StringComparison.OrdinalIgnoreCase)
        && !path.StartsWith("[Content_Types].xml", StringComparison.OrdinalIgnoreCase)
        && !path.EndsWith(".nupkg.sha512", StringComparison.OrdinalIgnoreCase)
        && path != ".signature.p7s";
}
