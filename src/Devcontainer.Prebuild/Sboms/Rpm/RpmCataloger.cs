using System.Globalization;

namespace Devcontainer.Prebuild.Sboms.Rpm;

/// <summary>Finds the packages of Red Hat's, Fedora's, SUSE's and other systems in rpm's database, in each of the forms that it has had.</summary>
internal sealed class RpmCataloger : IPackageCataloger
{
    private const string Log = "rpmdb.sqlite-wal";

    // In the order in which rpm has moved.
    private static readonly string[] Folders = ["usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm"];

    private static readonly string[] Files = ["rpmdb.sqlite", "Packages.db", "Packages"];

    /// <inheritdoc/>
    public bool Wants(string path) =>
        path is "var" or "var/lib" || Array.Exists(Folders, folder => path.StartsWith(folder, StringComparison.Ordinal)
            && (path.Length == folder.Length || (path[folder.Length] == '/' && path[(folder.Length + 1)..] is "rpmdb.sqlite" or "Packages.db" or "Packages" or Log)));

    /// <inheritdoc/>
    public object? Read(string path, ReadOnlySpan<byte> content)
    {
        if (path.EndsWith(Log, StringComparison.Ordinal))
        {
            return content.Length == 0 ? null : new Unreadable("changes are in it that the database has not; 'rpm --rebuilddb' in the image's last step writes them");
        }

        try
        {
            List<byte[]> headers = path.EndsWith("rpmdb.sqlite", StringComparison.Ordinal) ? SqliteTable.Blobs(content, "Packages")
                : content.StartsWith(NdbDatabase.Magic) ? NdbDatabase.Blobs(content)
                : BerkeleyHash.Is(content) ? BerkeleyHash.Values(content)
                : throw new FormatException("it is no database of packages");
            var packages = new List<RpmPackage>(headers.Count);
            foreach (byte[] header in headers)
            {
                packages.Add(RpmHeader.Read(header) ?? throw new FormatException("the header of a package is damaged"));
            }

            return packages;
        }
        catch (FormatException e)
        {
            return new Unreadable(e.Message);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ImagePackage> Catalog(ImageFiles files)
    {
        OsRelease? system = OsRelease.Of(files);
        foreach (string folder in Folders)
        {
            files.Find<List<RpmPackage>>($"{folder}/{Log}");
            foreach (string file in Files)
            {
                if (files.Find<List<RpmPackage>>($"{folder}/{file}") is { } packages)
                {
                    // Keys that rpm trusts are listed as packages.
                    return packages.Where(static package => package.Name != "gpg-pubkey").Select(package => Describe(package, system));
                }
            }
        }

        return [];
    }

    private static ImagePackage Describe(RpmPackage package, OsRelease? system)
    {
        string version = $"{package.Version}-{package.Release}";
        string? epoch = package.Epoch is > 0 and { } number ? number.ToString(CultureInfo.InvariantCulture) : null;
        return new ImagePackage
        {
            Name = package.Name,
            Version = epoch is null ? version : $"{epoch}:{version}",
            Purl = PackageUrl.Create(
                "rpm",
                system?.Id ?? "redhat",
                package.Name,
                version,
                ("arch", package.Architecture),
                ("distro", system?.Distro),
                ("epoch", epoch),
                ("upstream", package.Source)),
            Maintainer = package.Vendor,
            Summary = package.Summary,
            Homepage = package.Homepage,
            SourceInfo = package.Source is null ? null : $"built package from: {package.Source}",
            License = LicenseExpression.Parse(package.License),
        };
    }
}
