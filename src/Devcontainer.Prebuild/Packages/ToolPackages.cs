using System.IO.Compression;
using System.Security;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Packages;

/// <summary>
/// The packages of .NET tools, fetched by the user's own NuGet: a restore of a project of ours that downloads them, with the sources of the folder that the
/// manifest is for. <c>dotnet tool restore</c> itself fetches those for this machine only.
/// </summary>
/// <param name="restore">Restores.</param>
/// <param name="folders">The user's packages folders: what is there need not be fetched.</param>
/// <param name="staging">A folder that is not there yet.</param>
internal sealed class ToolPackages(PackageRestore restore, IReadOnlyCollection<string> folders, string staging)
{
    private int _restores;

    /// <summary>Fetches them.</summary>
    /// <param name="manifests">The manifests.</param>
    /// <param name="platforms">For whose containers.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The packages of each platform, sorted.</returns>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC3071: NuGet does not get one. DEVC3072: one is not whole.</exception>
    internal async Task<IReadOnlyDictionary<Platform, IReadOnlyList<NuGetPackage>>> FetchAsync(
        IEnumerable<ToolManifest> manifests, IReadOnlyList<Platform> platforms, CancellationToken cancellationToken)
    {
        var found = platforms.ToDictionary(static platform => platform, static _ => new SortedDictionary<string, NuGetPackage>(StringComparer.Ordinal));
        foreach (IGrouping<string, ToolManifest> place in manifests.GroupBy(static manifest => manifest.Folder))
        {
            (string, string)[] tools = [.. place.SelectMany(static manifest => manifest.Tools).Distinct()];
            IReadOnlyList<NuGetPackage> packages = await GetAsync(tools, place.First(), platforms[0], cancellationToken).ConfigureAwait(false);
            var parts = packages.ToDictionary(static package => package, PartsOf);
            (string, string)[] wanted = [.. platforms.SelectMany(platform => parts.SelectMany(one => For(platform, one.Key, one.Value))).Distinct()];
            IReadOnlyList<NuGetPackage> fetched = await GetAsync(wanted, place.First(), platforms[0], cancellationToken).ConfigureAwait(false);
            foreach (Platform platform in platforms)
            {
                HashSet<string> own = [.. parts.SelectMany(one => For(platform, one.Key, one.Value)).Select(static part => $"{part.Id}/{part.Version}".ToLowerInvariant())];
                foreach (NuGetPackage package in packages.Concat(fetched.Where(package => own.Contains(package.Name))))
                {
                    found[platform][package.Name] = package;
                }
            }
        }

        return found.ToDictionary(static one => one.Key, static one => (IReadOnlyList<NuGetPackage>)[.. one.Value.Values]);
    }

    private async Task<IReadOnlyList<NuGetPackage>> GetAsync(
        IReadOnlyList<(string Id, string Version)> tools, ToolManifest manifest, Platform platform, CancellationToken cancellationToken)
    {
        NuGetPackage?[] known = [.. tools.Select(tool => folders.Select(folder => PackageClosure.In(folder, tool.Id, tool.Version)).FirstOrDefault(static package => package.IsWhole))];
        return Array.TrueForAll(known, static package => package is not null)
            ? known!
            : await RestoreAsync(tools, manifest, platform, cancellationToken).ConfigureAwait(false);
    }

    // Nothing of the repository is read but where its packages come from.
    private async Task<IReadOnlyList<NuGetPackage>> RestoreAsync(
        IReadOnlyList<(string Id, string Version)> tools, ToolManifest manifest, Platform platform, CancellationToken cancellationToken)
    {
        string own = Path.Combine(staging, $"{++_restores}");
        string project = Path.Combine(own, "tools.proj");
        Directory.CreateDirectory(own);
        var text = new StringBuilder();
        foreach (IGrouping<string, (string Id, string Version)> tool in tools.GroupBy(static tool => tool.Id, StringComparer.OrdinalIgnoreCase))
        {
            text.Append(
                $"""    <PackageDownload Include="{SecurityElement.Escape(tool.Key)}" Version="{string.Join(';', tool.Select(static one => $"[{SecurityElement.Escape(one.Version)}]"))}" />""");
            text.Append('\n');
        }

        await File.WriteAllTextAsync(
            project,
            $"""
            <Project>
              <PropertyGroup>
                <ImportDirectoryBuildProps>false</ImportDirectoryBuildProps>
                <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
                <ImportDirectoryPackagesProps>false</ImportDirectoryPackagesProps>
              </PropertyGroup>
              <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
              <PropertyGroup>
                <TargetFramework>netstandard2.0</TargetFramework>
                <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
                <RestoreRootConfigDirectory>{PackageRestore.Escape(manifest.Folder)}</RestoreRootConfigDirectory>
              </PropertyGroup>
              <ItemGroup>
            {text}  </ItemGroup>
              <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
            </Project>

            """,
            cancellationToken).ConfigureAwait(false);
        string assets = Path.Combine(own, "assets");
        await restore.RunAsync(project, manifest.File, platform, assets, cancellationToken).ConfigureAwait(false);
        return PackageClosure.Read(assets, new Dictionary<string, string?>()).Packages;
    }

    // A tool may be one package that names others, each for a runtime (dotnet/sdk: tools for runtime identifiers, since .NET 10).
    private static IReadOnlyList<(string Runtime, string Id)> PartsOf(NuGetPackage package)
    {
        try
        {
            using ZipArchive archive = ZipFile.OpenRead(package.Archive);
            foreach (ZipArchiveEntry entry in archive.Entries.Where(static entry => entry.Name.Equals("DotnetToolSettings.xml", StringComparison.OrdinalIgnoreCase)))
            {
                using Stream settings = entry.Open();
                (string, string)[] parts =
                [
                    .. XDocument.Load(settings).Descendants().Where(static element => element.Name.LocalName == "RuntimeIdentifierPackage")
                        .Select(static element => ((string?)element.Attribute("RuntimeIdentifier") ?? string.Empty, (string?)element.Attribute("Id") ?? string.Empty))
                        .Where(static part => part.Item2.Length > 0),
                ];
                if (parts.Length > 0)
                {
                    return parts;
                }
            }

            return [];
        }
        catch (Exception e) when (e is IOException or InvalidDataException or XmlException or UnauthorizedAccessException)
        {
            throw package.Damaged(e.Message, e);
        }
    }

    // Of glibc and musl alike: which of them the container has, its SDK finds out.
    private static IEnumerable<(string Id, string Version)> For(Platform platform, NuGetPackage package, IReadOnlyList<(string Runtime, string Id)> parts)
    {
        string runtime = PackageRestore.RuntimeIdentifier(platform);
        string[] runtimes = [runtime, runtime.Replace("linux-", "linux-musl-", StringComparison.Ordinal), "linux", "linux-musl", "unix", "any"];
        return parts.Where(part => runtimes.Contains(part.Runtime)).Select(part => (part.Id, package.Version));
    }
}
