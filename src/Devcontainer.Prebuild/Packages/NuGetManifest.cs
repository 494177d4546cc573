using System.Xml;
using Devcontainer.Prebuild.Sboms;
using Devcontainer.Prebuild.Sboms.DotNet;

namespace Devcontainer.Prebuild.Packages;

/// <summary>Reads a package's manifest (<c>.nuspec</c>) for the SBOM.</summary>
internal static class NuGetManifest
{
    /// <summary>The package as an SBOM lists it, the same as reading it in the image would give.</summary>
    /// <param name="package">The package.</param>
    /// <param name="folder">Where it is in the image.</param>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC3072: its manifest cannot be read.</exception>
    internal static ImagePackage Describe(NuGetPackage package, string folder)
    {
        try
        {
            using FileStream stream = File.OpenRead(Path.Combine(package.Folder, package.Id + ".nuspec"));
            return Nuspec.Read(stream).Describe(package.Id, package.Version, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            throw package.Damaged(e.Message, e);
        }
    }
}
