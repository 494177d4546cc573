using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>
/// An SBOM of ours as CycloneDX 1.6 in JSON (cyclonedx.org/docs/1.6/json), made of the SPDX document and of nothing else: so it is there on a hit too, and
/// the same document gives the same bytes.
/// </summary>
public static class CycloneDxDocument
{
    /// <summary>What its file's name ends in, instead of <c>.spdx.json</c>.</summary>
    public const string Extension = ".cdx.json";

    private const string SpdxExtension = ".spdx.json";

    /// <summary>Writes it beside the SPDX document.</summary>
    /// <param name="spdxFile">Absolute path of the SPDX document.</param>
    /// <returns>The path of the CycloneDX document.</returns>
    /// <exception cref="DevcontainerException">DEVC6006: the SPDX document cannot be read.</exception>
    public static string WriteBeside(string spdxFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(spdxFile);
        string path = (spdxFile.EndsWith(SpdxExtension, StringComparison.Ordinal) ? spdxFile[..^SpdxExtension.Length] : spdxFile) + Extension;
        AtomicFile.WriteIfChanged(path, Convert(File.ReadAllBytes(spdxFile)));
        return path;
    }

    /// <summary>The document that says what an SPDX document of ours says.</summary>
    /// <exception cref="DevcontainerException">DEVC6006: it is no such document.</exception>
    internal static byte[] Convert(ReadOnlyMemory<byte> spdx)
    {
        (SpdxHeader header, IReadOnlyList<KeyValuePair<string, SpdxPackage>> packages) = SpdxReader.ReadDocument(spdx);
        KeyValuePair<string, SpdxPackage> image = packages.FirstOrDefault(package => package.Key == header.Describes);
        if (image.Value is null)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.SbomUnreadable, null, "it describes no package"));
        }

        return JsonLayout.Document(json =>
        {
            json.WriteString("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
            json.WriteString("bomFormat", "CycloneDX");
            json.WriteString("specVersion", "1.6");
            json.WriteString("serialNumber", SerialNumber(spdx.Span));
            json.WriteNumber("version", 1);
            json.WriteStartObject("metadata");
            json.WriteString("timestamp", header.Created);
            json.WriteStartObject("tools");
            JsonLayout.WriteList(json, "components", [header.Tool], static (writer, tool) =>
            {
                int dash = tool.IndexOf('-', StringComparison.Ordinal);
                writer.WriteString("type", "application");
                writer.WriteString("name", dash < 0 ? tool : tool[..dash]);
                JsonLayout.WriteOptional(writer, "version", dash < 0 ? null : tool[(dash + 1)..]);
            });
            json.WriteEndObject();
            json.WriteStartObject("component");
            WriteComponent(json, image);
            json.WriteEndObject();
            json.WriteEndObject();
            KeyValuePair<string, SpdxPackage>[] contained = [.. packages.Where(package => package.Key != image.Key)];
            JsonLayout.WriteList(json, "components", contained, WriteComponent);
            JsonLayout.WriteList(json, "dependencies", [image], (writer, one) =>
            {
                writer.WriteString("ref", one.Key);
                JsonLayout.WriteTexts(writer, "dependsOn", [.. contained.Select(static package => package.Key)]);
            });
        });
    }

    private static void WriteComponent(Utf8JsonWriter json, KeyValuePair<string, SpdxPackage> component)
    {
        SpdxPackage package = component.Value;
        json.WriteString("type", package.Purpose switch
        {
            "CONTAINER" => "container",
            "OPERATING_SYSTEM" => "operating-system",
            "INSTALL" => "application",
            _ => "library",
        });
        json.WriteString("bom-ref", component.Key);
        if (package.Supplier is { } supplier)
        {
            // As "Organization: name (address)".
            int colon = supplier.IndexOf(": ", StringComparison.Ordinal);
            json.WriteStartObject("supplier");
            json.WriteString("name", colon < 0 ? supplier : supplier[(colon + 2)..]);
            json.WriteEndObject();
        }

        json.WriteString("name", package.Name);
        JsonLayout.WriteOptional(json, "version", package.Version);
        JsonLayout.WriteOptional(json, "description", package.Summary);
        if (package.Sha256 is { } digest)
        {
            JsonLayout.WriteList(json, "hashes", [digest], static (writer, hash) =>
            {
                writer.WriteString("alg", "SHA-256");
                writer.WriteString("content", hash.Hex);
            });
        }

        if (package.License is { } license)
        {
            JsonLayout.WriteList(json, "licenses", [license], static (writer, one) => writer.WriteString("expression", one.Expression));
        }

        JsonLayout.WriteOptional(json, "purl", package.Purl);
        if (package.Homepage is { } homepage && Uri.TryCreate(homepage, UriKind.Absolute, out _))
        {
            JsonLayout.WriteList(json, "externalReferences", [homepage], static (writer, address) =>
            {
                writer.WriteString("type", "website");
                writer.WriteString("url", address);
            });
        }
    }

    // Of the content, in the form of a UUID of version 8, which is for such (RFC 9562, section 5.8).
    private static string SerialNumber(ReadOnlySpan<byte> spdx)
    {
        byte[] bytes = System.Convert.FromHexString(Digest.Sha256(spdx).Hex[..32]);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return $"urn:uuid:{new Guid(bytes, bigEndian: true):D}";
    }
}
