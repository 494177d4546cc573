namespace Devcontainer.Prebuild.Sboms.Debian;

/// <summary>
/// Finds the packages of Debian and its derivatives: in dpkg's status file, or, in distroless images, in a file for each package in
/// <c>status.d</c>. Licences are those of the copyright files, where a program can read them.
/// </summary>
internal sealed class DebianCataloger : IPackageCataloger
{
    private const string StatusFile = "var/lib/dpkg/status";
    private const string StatusFolder = "var/lib/dpkg/status.d";
    private const string Documentation = "usr/share/doc/";
    private const string Copyright = "/copyright";

    /// <inheritdoc/>
    public bool Wants(string path)
    {
        if (path.StartsWith(Documentation, StringComparison.Ordinal))
        {
            // A package's folder itself is often a link to that of another one of the same source.
            int slash = path.IndexOf('/', Documentation.Length);
            return slash < 0 || (slash + Copyright.Length == path.Length && path.EndsWith(Copyright, StringComparison.Ordinal));
        }

        return path is StatusFile or "var/lib/dpkg" or "var/lib" or "var" || IsInStatusFolder(path);
    }

    /// <inheritdoc/>
    public object? Read(string path, ReadOnlySpan<byte> content) =>
        path == StatusFile ? DebianPackage.ReadList(content, hasStates: true)
        : IsInStatusFolder(path) ? DebianPackage.ReadList(content, hasStates: false)
        : path.EndsWith(Copyright, StringComparison.Ordinal) ? CopyrightFile.Read(content)
        : null;

    /// <inheritdoc/>
    public IEnumerable<ImagePackage> Catalog(ImageFiles files)
    {
        OsRelease? system = OsRelease.Of(files);
        var packages = new List<ImagePackage>();
        foreach (string path in files.In(StatusFolder).Prepend(StatusFile))
        {
            foreach (DebianPackage package in files.Find<List<DebianPackage>>(path) ?? [])
            {
                License? license = files.Find<License>($"{Documentation}{package.Name}{Copyright}");
                packages.Add(Describe(package, system, license));
            }
        }

        return packages;
    }

    // Bazel's distroless rules put checksums beside each list.
    private static bool IsInStatusFolder(string path) =>
        path.Length > StatusFolder.Length + 1 && path.StartsWith(StatusFolder, StringComparison.Ordinal) && path[StatusFolder.Length] == '/'
        && path.IndexOf('/', StatusFolder.Length + 1) < 0 && !path.EndsWith(".md5sums", StringComparison.Ordinal);

    private static ImagePackage Describe(DebianPackage package, OsRelease? system, License? license)
    {
        string? upstream = package.Source == package.Name && package.SourceVersion == package.Version ? null
            : package.SourceVersion == package.Version ? package.Source
            : $"{package.Source}@{package.SourceVersion}";
        return new ImagePackage
        {
            Name = package.Name,
            Version = package.Version,
            Purl = PackageUrl.Create(
                "deb",
                // The type requires one; an image that hides what it is has still been made by Debian's tools.
                system?.Id ?? "debian",
                package.Name.ToLowerInvariant(),
                package.Version,
                ("arch", package.Architecture),
                ("distro", system?.Distro),
                ("upstream", upstream)),
            Maintainer = package.Maintainer,
            Summary = package.Summary,
            Homepage = package.Homepage,
            SourceInfo = $"built package from: {package.Source} {package.SourceVersion}",
            License = license,
        };
    }
}
