namespace Devcontainer.Prebuild.Verify.NuGet;

/// <summary>A NuGet package of an image.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
internal sealed record NuGetPackageId(string Id, string Version)
{
    private const string Prefix = "pkg:nuget/";

    /// <summary>Reads a package URL; null for one of another kind.</summary>
    internal static NuGetPackageId? Parse(string purl)
    {
        if (!purl.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        string[] parts = purl[Prefix.Length..].Split('?', '#')[0].Split('@', 2);
        return parts is [{ Length: > 0 } id, { Length: > 0 } version] ? new NuGetPackageId(Uri.UnescapeDataString(id), Uri.UnescapeDataString(version)) : null;
    }
}
