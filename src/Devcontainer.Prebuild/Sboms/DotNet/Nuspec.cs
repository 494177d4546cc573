using System.Xml;

namespace Devcontainer.Prebuild.Sboms.DotNet;

/// <summary>What a NuGet package's manifest tells of it (learn.microsoft.com, ".nuspec reference"); what it does not give is null.</summary>
internal sealed record Nuspec(string? Id, string? Version, string? Authors, string? ProjectUrl, License? License)
{
    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
    };

    /// <summary>Reads a manifest from front to end, so that no depth of nesting matters.</summary>
    /// <exception cref="XmlException">It is no XML, or no manifest.</exception>
    internal static Nuspec Read(Stream stream)
    {
        using XmlReader reader = XmlReader.Create(stream, Settings);
        if (reader.MoveToContent() != XmlNodeType.Element || !Enter(reader) || !MoveToMetadata(reader) || !Enter(reader))
        {
            throw new XmlException("it has no metadata");
        }

        string? id = null, version = null, authors = null, projectUrl = null;
        License? license = null;
        while (reader.NodeType is not (XmlNodeType.EndElement or XmlNodeType.None))
        {
            switch (reader.NodeType == XmlNodeType.Element ? reader.LocalName : null)
            {
                case "id":
                    id = Text(reader);
                    break;
                case "version":
                    version = Text(reader);
                    break;
                case "authors":
                    authors = Text(reader);
                    break;
                case "projectUrl":
                    projectUrl = Text(reader);
                    break;
                // The other type is a file in the package.
                case "license" when reader.GetAttribute("type") == "expression":
                    license = LicenseExpression.Parse(Text(reader));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new Nuspec(id, version, authors, projectUrl, license);
    }

    /// <summary>The package as an SBOM lists it.</summary>
    /// <param name="id">Its id, where the manifest gives none.</param>
    /// <param name="version">Its version, as its folder has it.</param>
    /// <param name="folder">The package folder that it is in, absolute.</param>
    internal ImagePackage Describe(string id, string version, string folder)
    {
        // Folders are in lower case, and have the version normalised. Applications have both as the package writes them.
        string name = Id ?? id;
        string whole = version.Equals(Version, StringComparison.OrdinalIgnoreCase) ? Version : version;
        return new ImagePackage
        {
            Name = name,
            Version = whole,
            Purl = PackageUrl.Create("nuget", null, name, whole),
            Maintainer = Authors,
            Homepage = ProjectUrl,
            SourceInfo = $"NuGet package in {folder}",
            License = License,
        };
    }

    // Into an element; false where there is nothing in it.
    private static bool Enter(XmlReader reader) => !reader.IsEmptyElement && reader.Read();

    private static bool MoveToMetadata(XmlReader reader)
    {
        while (reader.NodeType is not (XmlNodeType.EndElement or XmlNodeType.None))
        {
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "metadata")
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private static string? Text(XmlReader reader) => reader.ReadElementContentAsString().Trim() is { Length: > 0 } text ? text : null;
}
