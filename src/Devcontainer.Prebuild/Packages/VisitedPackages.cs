using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Packages;

/// <summary>
/// Packages that a restore looks into and does not take: where one asks for version 1 of a package and another for version 2, NuGet takes the second and
/// may read the first one's dependencies before it knows. Without network a restore fails for want of them. NuGet itself is asked which ones they are,
/// by a restore that has the closure and nothing else: what it fetches besides is what was missing.
/// </summary>
/// <param name="restore">Restores.</param>
/// <param name="projects">The projects.</param>
/// <param name="sdks">MSBuild SDKs of the projects, which must be whole to be of use.</param>
/// <param name="folder">A folder that is not there yet; the packages stay in it.</param>
internal sealed class VisitedPackages(
    PackageRestore restore, IReadOnlyList<string> projects, IReadOnlyDictionary<string, string?> sdks, string folder)
{
    private readonly Dictionary<string, IReadOnlyList<NuGetPackage>> _found = new(StringComparer.Ordinal);

    /// <summary>A closure with the packages that a restore of it looks into.</summary>
    /// <param name="closure">The closure, sorted.</param>
    /// <param name="platform">Its platform.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<IReadOnlyList<NuGetPackage>> AddToAsync(IReadOnlyList<NuGetPackage> closure, Platform platform, CancellationToken cancellationToken)
    {
        // Platforms differ in packages that nothing depends on.
        string key = string.Join(' ', closure.Where(static package => !package.IsForOnePlatform).Select(static package => package.Name));
        if (!_found.TryGetValue(key, out IReadOnlyList<NuGetPackage>? found))
        {
            _found[key] = found = await FindAsync(closure, platform, cancellationToken).ConfigureAwait(false);
        }

        return [.. closure.UnionBy(found, static package => package.Name).OrderBy(static package => package.Name, StringComparer.Ordinal)];
    }

    private async Task<IReadOnlyList<NuGetPackage>> FindAsync(IReadOnlyList<NuGetPackage> closure, Platform platform, CancellationToken cancellationToken)
    {
        string place = Path.Combine(folder, platform.FileName);
        var places = new PackagePlaces(Path.Combine(place, "packages"), Path.Combine(place, "closure"));
        foreach (NuGetPackage package in closure.Where(package => !sdks.ContainsKey(package.Id)))
        {
            package.CopyIdentity(Path.Combine(places.Fallback, package.Id, package.Version));
        }

        Directory.CreateDirectory(places.Fallback);
        Directory.CreateDirectory(places.Packages);
        await restore.RunAsync(projects, platform, Path.Combine(place, "restore"), places, cancellationToken).ConfigureAwait(false);
        return
        [
            .. new DirectoryInfo(places.Packages).EnumerateDirectories()
                .SelectMany(static id => id.EnumerateDirectories().Select(version => new NuGetPackage(id.Name, version.Name, version.FullName))),
        ];
    }
}
