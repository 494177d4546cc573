using System.Globalization;
using System.Text.Json;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>An SPDX 2.3 document (spdx.github.io/spdx-spec/v2.3). Everything in it is written sorted, so that its bytes repeat.</summary>
internal sealed record SpdxDocument
{
    private const string NoAssertion = "NOASSERTION";

    // spdx.org's own space for documents whose makers have no web site to name them by (SPDX 2.3, clause 6.5).
    private const string Namespaces = "https://spdx.org/spdxdocs/";

    /// <summary>Name of the document.</summary>
    public required string Name { get; init; }

    /// <summary>The manifest that the document is about, which its namespace is made of.</summary>
    public required Digest Subject { get; init; }

    /// <summary>The tool and its version: <c>Devcontainer.Sdk-1.0.0</c>.</summary>
    public required string Tool { get; init; }

    /// <summary>When it says it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The packages by id.</summary>
    public required IReadOnlyDictionary<string, SpdxPackage> Packages { get; init; }

    /// <summary>The relationships between them, and of the document.</summary>
    public required IReadOnlyList<SpdxRelationship> Relationships { get; init; }

    /// <summary>The document in JSON.</summary>
    internal byte[] ToBytes()
    {
        // A namespace may never stand for two contents (clause 6.5), so it is made of the content too: what another version of the tool, or the
        // same image under another name, gives has another one.
        byte[] content = Write("");
        return Write($"{Namespaces}devcontainer-{Subject.Hex}-{Digest.Sha256(content).Hex[..32]}");
    }

    private byte[] Write(string documentNamespace)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, JsonLayout.Indented))
        {
            json.WriteStartObject();
            json.WriteString("spdxVersion", "SPDX-2.3");
            json.WriteString("dataLicense", "CC0-1.0");
            json.WriteString("SPDXID", SpdxId.Document);
            json.WriteString("name", Name);
            json.WriteString("documentNamespace", documentNamespace);
            json.WriteStartObject("creationInfo");
            json.WriteString("created", Created.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteStartArray("creators");
            json.WriteStringValue($"Tool: {Tool}");
            json.WriteEndArray();
            json.WriteEndObject();
            WritePackages(json);
            WriteExtractedLicenses(json);
            WriteRelationships(json);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private void WritePackages(Utf8JsonWriter json)
    {
        json.WriteStartArray("packages");
        foreach ((string id, SpdxPackage package) in Sorted(Packages))
        {
            json.WriteStartObject();
            json.WriteString("SPDXID", id);
            json.WriteString("name", package.Name);
            WriteOptional(json, "versionInfo", package.Version);
            json.WriteString("supplier", package.Supplier ?? NoAssertion);
            json.WriteString("downloadLocation", package.DownloadLocation ?? NoAssertion);
            json.WriteBoolean("filesAnalyzed", false);
            WriteOptional(json, "homepage", package.Homepage);
            WriteOptional(json, "sourceInfo", package.SourceInfo);
            json.WriteString("licenseConcluded", NoAssertion);
            json.WriteString("licenseDeclared", package.License?.Expression ?? NoAssertion);
            json.WriteString("copyrightText", NoAssertion);
            WriteOptional(json, "summary", package.Summary);
            WriteOptional(json, "primaryPackagePurpose", package.Purpose);
            if (package.Sha256 is { } digest)
            {
                json.WriteStartArray("checksums");
                json.WriteStartObject();
                json.WriteString("algorithm", "SHA256");
                json.WriteString("checksumValue", digest.Hex);
                json.WriteEndObject();
                json.WriteEndArray();
            }

            if (package.Purl is not null)
            {
                json.WriteStartArray("externalRefs");
                json.WriteStartObject();
                json.WriteString("referenceCategory", "PACKAGE-MANAGER");
                json.WriteString("referenceType", "purl");
                json.WriteString("referenceLocator", package.Purl);
                json.WriteEndObject();
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteExtractedLicenses(Utf8JsonWriter json)
    {
        var licenses = new Dictionary<string, ExtractedLicense>(StringComparer.Ordinal);
        foreach (SpdxPackage package in Packages.Values)
        {
            foreach (ExtractedLicense license in package.License?.Extracted ?? [])
            {
                licenses[license.Id] = license;
            }
        }

        if (licenses.Count == 0)
        {
            return;
        }

        json.WriteStartArray("hasExtractedLicensingInfos");
        foreach ((string id, ExtractedLicense license) in Sorted(licenses))
        {
            json.WriteStartObject();
            json.WriteString("licenseId", id);
            json.WriteString("name", license.Name);
            json.WriteString("extractedText", license.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteRelationships(Utf8JsonWriter json)
    {
        json.WriteStartArray("relationships");
        foreach (SpdxRelationship relationship in Relationships
            .OrderBy(r => r.Element, StringComparer.Ordinal).ThenBy(r => r.Type, StringComparer.Ordinal).ThenBy(r => r.Related, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("spdxElementId", relationship.Element);
            json.WriteString("relationshipType", relationship.Type);
            json.WriteString("relatedSpdxElement", relationship.Related);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value))
        {
            json.WriteString(name, value);
        }
    }

    private static IEnumerable<KeyValuePair<string, T>> Sorted<T>(IReadOnlyDictionary<string, T> items) =>
        items.OrderBy(item => item.Key, StringComparer.Ordinal);
}

/// <summary>A package of an SPDX document (SPDX 2.3, clause 7). What is null is not known.</summary>
internal sealed record SpdxPackage
{
    public required string Name { get; init; }

    public string? Version { get; init; }

    /// <summary>As <c>Person: name (address)</c> or <c>Organization: name (address)</c>.</summary>
    public string? Supplier { get; init; }

    public string? DownloadLocation { get; init; }

    public string? Homepage { get; init; }

    public string? SourceInfo { get; init; }

    public string? Summary { get; init; }

    /// <summary>Primary purpose, in SPDX's words.</summary>
    public string? Purpose { get; init; }

    public Digest? Sha256 { get; init; }

    public string? Purl { get; init; }

    public License? License { get; init; }

    /// <summary>The package with what is not known of it taken from what another place tells of the same package.</summary>
    internal SpdxPackage CompletedBy(SpdxPackage other) => this with
    {
        Supplier = Supplier ?? other.Supplier,
        Homepage = Homepage ?? other.Homepage,
        SourceInfo = SourceInfo ?? other.SourceInfo,
        Summary = Summary ?? other.Summary,
        License = License ?? other.License,
    };
}

/// <summary>A relationship (SPDX 2.3, clause 11).</summary>
/// <param name="Element">Id of the element it is of.</param>
/// <param name="Type">Type, in SPDX's words.</param>
/// <param name="Related">Id of the element it is to.</param>
internal sealed record SpdxRelationship(string Element, string Type, string Related);
