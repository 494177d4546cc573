using System.Buffers;
using System.Text.Json;
using System.Xml;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>
/// The versions that a project or import gives to packages: of <c>PackageVersion</c>, <c>PackageReference</c> and <c>GlobalPackageReference</c>, and properties
/// that are named for a version, as <c>eng/Versions.props</c> has them. They are no secret, and they are why such a file changes.
/// </summary>
internal static class PackageVersions
{
    private const int LongestVersion = 64;

    private static readonly SearchValues<char> Letters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-+*[](),$_ ");

    /// <summary>A JSON object of them, by name; null where there are none.</summary>
    /// <param name="xml">The file.</param>
    /// <exception cref="XmlException">It is no XML.</exception>
    internal static byte[]? Read(Stream xml)
    {
        var versions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using XmlReader reader = XmlReader.Create(xml, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreComments = true, IgnoreWhitespace = true });
        string? property = null;
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    property = reader.LocalName.EndsWith("Version", StringComparison.Ordinal) && !reader.HasAttributes ? reader.LocalName : null;
                    if (reader.LocalName is "PackageVersion" or "PackageReference" or "GlobalPackageReference"
                        && (reader.GetAttribute("Include") ?? reader.GetAttribute("Update")) is { } name)
                    {
                        Add(versions, name, reader.GetAttribute("VersionOverride") ?? reader.GetAttribute("Version"));
                    }

                    break;
                case XmlNodeType.Text when property is not null:
                    Add(versions, property, reader.Value.Trim());
                    break;
                case XmlNodeType.EndElement:
                    property = null;
                    break;
            }
        }

        return versions.Count == 0 ? null : JsonSerializer.SerializeToUtf8Bytes(versions);
    }

    // One that stands twice, under conditions, is told as both.
    private static void Add(SortedDictionary<string, string> versions, string name, string? version)
    {
        if (version is { Length: > 0 and <= LongestVersion } && !version.AsSpan().ContainsAnyExcept(Letters))
        {
            versions[name] = versions.TryGetValue(name, out string? known) && known != version ? $"{known}, {version}" : version;
        }
    }
}
