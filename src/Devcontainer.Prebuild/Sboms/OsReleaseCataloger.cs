namespace Devcontainer.Prebuild.Sboms;

/// <summary>Finds the operating system, which vulnerability scanners want to know as an element of its own.</summary>
internal sealed class OsReleaseCataloger : IPackageCataloger
{
    /// <inheritdoc/>
    public bool Wants(string path) => OsRelease.IsPath(path);

    /// <inheritdoc/>
    public object? Read(string path, ReadOnlySpan<byte> content) => OsRelease.Parse(content);

    /// <inheritdoc/>
    public IEnumerable<ImagePackage> Catalog(ImageFiles files)
    {
        if (OsRelease.Of(files) is not { } system)
        {
            return [];
        }

        string version = system.VersionId.Length > 0 ? system.VersionId : system.Codename;
        return
        [
            new ImagePackage
            {
                Name = system.Id,
                Version = version.Length > 0 ? version : null,
                Purl = null,
                IsOperatingSystem = true,
                Summary = system.PrettyName.Length > 0 ? system.PrettyName : null,
            },
        ];
    }
}
