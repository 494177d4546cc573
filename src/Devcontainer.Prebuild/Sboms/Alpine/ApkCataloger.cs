using System.Text;

namespace Devcontainer.Prebuild.Sboms.Alpine;

/// <summary>Finds Alpine's packages in apk's database (wiki.alpinelinux.org, "Apk spec", "Installed Database").</summary>
internal sealed class ApkCataloger : IPackageCataloger
{
    private const string Database = "lib/apk/db/installed";

    /// <inheritdoc/>
    public bool Wants(string path) => path is Database or "lib" or "usr/lib/apk/db/installed";

    /// <inheritdoc/>
    public object? Read(string path, ReadOnlySpan<byte> content)
    {
        var packages = new List<ApkPackage>();
        var fields = new Dictionary<char, string>();
        int number = 0;
        foreach (string line in Encoding.UTF8.GetString(content).Split('\n').Append(""))
        {
            number++;
            if (line.Length == 0)
            {
                if (fields.Count > 0)
                {
                    if (ApkPackage.Of(fields) is not { } package)
                    {
                        return new Unreadable($"the package that ends in line {number} has no name or no version");
                    }

                    packages.Add(package);
                    fields.Clear();
                }
            }
            else if (line.Length < 2 || line[1] != ':')
            {
                return new Unreadable($"line {number} is not a field");
            }
            else
            {
                // Fields of files come often; those of the package come once, first.
                fields.TryAdd(line[0], line[2..].Trim());
            }
        }

        return packages;
    }

    /// <inheritdoc/>
    public IEnumerable<ImagePackage> Catalog(ImageFiles files)
    {
        OsRelease? system = OsRelease.Of(files);
        List<ApkPackage> packages = files.Find<List<ApkPackage>>(Database) ?? files.Find<List<ApkPackage>>("usr/lib/apk/db/installed") ?? [];
        return packages.Select(package => new ImagePackage
        {
            Name = package.Name,
            Version = package.Version,
            Purl = PackageUrl.Create(
                "apk",
                system?.Id ?? "alpine",
                package.Name.ToLowerInvariant(),
                package.Version,
                ("arch", package.Architecture),
                ("distro", system?.Distro),
                ("upstream", package.Origin == package.Name ? null : package.Origin)),
            Maintainer = package.Maintainer,
            Summary = package.Summary,
            Homepage = package.Homepage,
            SourceInfo = package.Origin is null ? null : $"built package from: {package.Origin} {package.Version}",
            License = LicenseExpression.Parse(package.License),
        });
    }
}
