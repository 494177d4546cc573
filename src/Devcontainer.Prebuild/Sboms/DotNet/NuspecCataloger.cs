namespace Devcontainer.Prebuild.Sboms.DotNet;

/// <summary>Finds NuGet packages in package folders, those of users, fallback folders and tools: <c>&lt;id&gt;/&lt;version&gt;/&lt;id&gt;.nuspec</c>.</summary>
internal sealed class NuspecCataloger : PackageFileCataloger
{
    private const string Extension = ".nuspec";

    /// <inheritdoc/>
    public override bool Wants(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && Locate(path) is not null;

    /// <inheritdoc/>
    protected override IReadOnlyList<ImagePackage> ReadPackages(string path, ReadOnlySpan<byte> content)
    {
        (string folder, string id, string version) = Locate(path)!.Value;
        using var stream = new MemoryStream(content.ToArray());
        var manifest = Nuspec.Read(stream);
        return string.Equals(manifest.Id, id, StringComparison.OrdinalIgnoreCase) ? [manifest.Describe(id, version, folder)] : [];
    }

    private static (string Folder, string Id, string Version)? Locate(string path) => path.Split('/') switch
    {
        [.. var folder, var id, var version, var file] when version.Length > 0 && char.IsAsciiDigit(version[0])
            && file.AsSpan(0, file.Length - Extension.Length).Equals(id, StringComparison.OrdinalIgnoreCase) => ($"/{string.Join('/', folder)}", id, version),
        _ => null,
    };
}
