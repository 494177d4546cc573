using System.Xml;

namespace Devcontainer.Prebuild.Packages;

/// <summary>What the text of a project, an import or an XML solution says of other files, whatever the conditions.</summary>
/// <param name="References">What it imports and which projects it refers to, as written.</param>
/// <param name="Properties">Properties that it sets, as written.</param>
/// <param name="Sdks">MSBuild SDKs that it names, each with its version or null.</param>
/// <param name="IsXml">Whether it could be read to the end.</param>
internal sealed record ProjectText(
    IReadOnlyList<string> References, IReadOnlyList<KeyValuePair<string, string>> Properties, IReadOnlyList<KeyValuePair<string, string?>> Sdks, bool IsXml)
{
    /// <summary>Reads a file; of what is no XML, as far as it can be read: a restore that really reads it says what is wrong with it.</summary>
    internal static ProjectText Read(string file)
    {
        var references = new List<string>();
        var properties = new List<KeyValuePair<string, string>>();
        var sdks = new List<KeyValuePair<string, string?>>();
        bool isXml = true;
        try
        {
            using FileStream stream = File.OpenRead(file);
            using XmlReader reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreComments = true, IgnoreWhitespace = true });
            bool inProperties = false;
            string? property = null;
            while (reader.Read())
            {
                switch (reader.NodeType)
                {
                    case XmlNodeType.Element:
                        property = inProperties && !reader.IsEmptyElement ? reader.LocalName : null;
                        inProperties |= reader.LocalName == "PropertyGroup" && !reader.IsEmptyElement;
                        ReadElement(reader, references, sdks);
                        break;
                    case XmlNodeType.Text or XmlNodeType.CDATA when property is not null:
                        properties.Add(new(property, reader.Value.Trim()));
                        break;
                    case XmlNodeType.EndElement:
                        inProperties &= reader.LocalName != "PropertyGroup";
                        property = null;
                        break;
                }
            }
        }
        catch (XmlException)
        {
            isXml = false;
        }

        return new ProjectText(references, properties, sdks, isXml);
    }

    private static void ReadElement(XmlReader reader, List<string> references, List<KeyValuePair<string, string?>> sdks)
    {
        string? sdk = reader.GetAttribute("Sdk");
        switch (reader.LocalName)
        {
            case "Project" when reader.Depth == 0 && sdk is not null:
                foreach (string name in sdk.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    int slash = name.IndexOf('/', StringComparison.Ordinal);
                    sdks.Add(slash < 0 ? new(name, null) : new(name[..slash], name[(slash + 1)..]));
                }

                break;
            case "Project" when reader.GetAttribute("Path") is { } path:
                // Of a solution (.slnx).
                references.Add(path);
                break;
            case "Sdk" when reader.GetAttribute("Name") is { } name:
                sdks.Add(new(name, reader.GetAttribute("Version")));
                break;
            case "Import" when sdk is not null:
                sdks.Add(new(sdk, reader.GetAttribute("Version")));
                break;
            case "Import" when reader.GetAttribute("Project") is { } import:
                references.Add(import);
                break;
            case "ProjectReference" when reader.GetAttribute("Include") is { } include:
                references.Add(include);
                break;
        }
    }
}
