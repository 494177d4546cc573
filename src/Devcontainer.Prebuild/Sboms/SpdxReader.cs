using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>Reads the packages of an SPDX document that <see cref="SpdxDocument"/> wrote, so that what was read of an image once need not be read again.</summary>
internal static class SpdxReader
{
    /// <summary>The packages by their id, in the document's order.</summary>
    /// <exception cref="DevcontainerException">DEVC6006: it is no such document.</exception>
    internal static IReadOnlyList<KeyValuePair<string, SpdxPackage>> ReadPackages(ReadOnlyMemory<byte> json) => Read(json, Packages);

    /// <summary>When and by what the document was made, what it is about, and its packages.</summary>
    /// <exception cref="DevcontainerException">DEVC6006: it is no such document.</exception>
    internal static (SpdxHeader Header, IReadOnlyList<KeyValuePair<string, SpdxPackage>> Packages) ReadDocument(ReadOnlyMemory<byte> json) =>
        Read(json, static root => (Header(root), Packages(root)));

    private static IReadOnlyList<KeyValuePair<string, SpdxPackage>> Packages(JsonElement root)
    {
        Dictionary<string, ExtractedLicense> licenses = ReadLicenses(root);
        return [.. root.GetProperty("packages").EnumerateArray().Select(package => KeyValuePair.Create(Text(package, "SPDXID")!, Read(package, licenses)))];
    }

    private static SpdxHeader Header(JsonElement root)
    {
        const string tool = "Tool: ";
        JsonElement creation = root.GetProperty("creationInfo");
        return new SpdxHeader(
            Text(creation, "created") ?? throw new FormatException("it does not say when it was made"),
            creation.GetProperty("creators").EnumerateArray().Select(static creator => creator.GetString()!).First(static creator => creator.StartsWith(tool, StringComparison.Ordinal))[tool.Length..],
            root.GetProperty("relationships").EnumerateArray()
                .Where(static relationship => Text(relationship, "relationshipType") == "DESCRIBES").Select(static relationship => Text(relationship, "relatedSpdxElement")).FirstOrDefault());
    }

    private static T Read<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.SbomUnreadable, null, e.Message), e);
        }
    }

    private static SpdxPackage Read(JsonElement package, Dictionary<string, ExtractedLicense> licenses) => new()
    {
        Name = package.GetProperty("name").GetString() ?? throw new FormatException("a package has no name"),
        Version = Text(package, "versionInfo"),
        Supplier = Asserted(package, "supplier"),
        DownloadLocation = Asserted(package, "downloadLocation"),
        Homepage = Text(package, "homepage"),
        SourceInfo = Text(package, "sourceInfo"),
        Summary = Text(package, "summary"),
        Purpose = Text(package, "primaryPackagePurpose"),
        Sha256 = First(package, "checksums") is { } checksum ? Sha256(Text(checksum, "checksumValue")) : null,
        Purl = First(package, "externalRefs") is { } reference ? Text(reference, "referenceLocator") : null,
        License = Asserted(package, "licenseDeclared") is { } expression ? new License(expression, Extracted(expression, licenses)) : null,
    };

    private static Dictionary<string, ExtractedLicense> ReadLicenses(JsonElement root)
    {
        var licenses = new Dictionary<string, ExtractedLicense>(StringComparer.Ordinal);
        if (root.TryGetProperty("hasExtractedLicensingInfos", out JsonElement infos))
        {
            foreach (JsonElement info in infos.EnumerateArray())
            {
                string id = info.GetProperty("licenseId").GetString() ?? throw new FormatException("a license has no id");
                licenses[id] = new ExtractedLicense(id, Text(info, "name") ?? "", Text(info, "extractedText") ?? "");
            }
        }

        return licenses;
    }

    // An expression is ids, the words between them, and parentheses (SPDX 2.3, annex D).
    private static IReadOnlyList<ExtractedLicense> Extracted(string expression, Dictionary<string, ExtractedLicense> licenses) =>
    [
        .. expression.Split([' ', '(', ')'], StringSplitOptions.RemoveEmptyEntries)
            .Distinct(StringComparer.Ordinal)
            .Where(licenses.ContainsKey)
            .Select(id => licenses[id]),
    ];

    private static Digest Sha256(string? hex) =>
        Digest.TryParse("sha256:" + hex, out Digest digest) ? digest : throw new FormatException($"'{hex}' is no SHA-256");

    private static JsonElement? First(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement list) && list.GetArrayLength() > 0 ? list[0] : null;

    private static string? Asserted(JsonElement element, string name) => Text(element, name) is { } text and not "NOASSERTION" ? text : null;

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}

/// <summary>What an SPDX document says of itself.</summary>
/// <param name="Created">When it was made, as written.</param>
/// <param name="Tool">What made it: name, hyphen, version.</param>
/// <param name="Describes">Id of the package that it is about; null for none.</param>
internal sealed record SpdxHeader(string Created, string Tool, string? Describes);
