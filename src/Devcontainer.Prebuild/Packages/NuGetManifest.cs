using System.Xml;
using System.Xml.Linq;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Packages;

/// <summary>Reads a package's manifest (<c>.nuspec</c>) for the SBOM.</summary>
internal static class NuGetManifest
{
    /// <summary>The package as an SBOM lists it.</summary>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC3072: its manifest cannot be read.</exception>
    internal static ImagePackage Describe(NuGetPackage package)
    {
        XElement metadata;
        try
        {
            using FileStream stream = File.OpenRead(Path.Combine(package.Folder, package.Id + ".nuspec"));
            using XmlReader reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            metadata = XDocument.Load(reader).Root?.Elements().FirstOrDefault(static element => element.Name.LocalName == "metadata")
                ?? throw new XmlException("it has no metadata");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            throw package.Damaged(e.Message, e);
        }

        string id = Text(metadata, "id") ?? package.Id;
        XElement? license = Element(metadata, "license");
        return new ImagePackage
        {
            Name = id,
            Version = package.Version,
            Purl = PackageUrl.Create("nuget", null, id, package.Version),
            Maintainer = Text(metadata, "authors"),
            Homepage = Text(metadata, "projectUrl"),
            SourceInfo = $"NuGet package in {PackageLayer.Folder}",
            License = license?.Attribute("type")?.Value == "expression" ? new License(license.Value.Trim(), []) : null,
        };
    }

    private static XElement? Element(XElement metadata, string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name);

    private static string? Text(XElement metadata, string name) => Element(metadata, name)?.Value.Trim() is { Length: > 0 } text ? text : null;
}
