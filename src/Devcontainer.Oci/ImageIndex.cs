using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>An index: manifests, usually one for each platform (OCI image specification, image-index.md; also Docker's manifest
/// list).</summary>
public sealed record ImageIndex
{
    private static readonly string[] Known = ["schemaVersion", "mediaType", "artifactType", "manifests", "subject", "annotations"];

    /// <summary>The media type that the index states, or the one it was found under.</summary>
    public string MediaType { get; init; } = MediaTypes.ImageIndex;

    /// <summary>What kind of artifact this is, where it is not an image.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>The manifests, or nested indexes, in order.</summary>
    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    /// <summary>The manifest that this index refers to, which makes it a referrer.</summary>
    public Descriptor? Subject { get; init; }

    /// <summary>Annotations; never null.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = Descriptor.NoAnnotations;

    internal JsonFields Others { get; init; } = JsonFields.None;

    /// <summary>Reads an index.</summary>
    /// <param name="bytes">Its JSON.</param>
    /// <param name="origin">Where it came from, for messages; or null.</param>
    /// <exception cref="DevcontainerException"><see cref="Codes.ContentInvalid"/> or <see cref="Codes.ContentTooLarge"/>.</exception>
    public static ImageIndex Parse(ReadOnlyMemory<byte> bytes, string? origin = null)
    {
        var content = new JsonContent("image index", origin);
        using JsonDocument document = content.Parse(bytes, ImageManifest.MaxSize);
        JsonElement root = document.RootElement;
        ImageManifest.CheckSchema(content, root);
        if (root.TryGetProperty("layers", out _) || root.TryGetProperty("config", out _))
        {
            throw content.Invalid("it has a configuration or layers, as only a manifest does");
        }

        string mediaType = content.OptionalText(root, "mediaType") ?? MediaTypes.ImageIndex;
        if (!MediaTypes.IsIndex(mediaType))
        {
            throw content.Invalid($"its media type is '{Printable.Quote(mediaType)}'");
        }

        // The reference implementation writes an index without entries as null.
        if (!root.TryGetProperty("manifests", out _))
        {
            throw content.Invalid("'manifests' is missing");
        }

        return new ImageIndex
        {
            MediaType = mediaType,
            ArtifactType = content.OptionalText(root, "artifactType"),
            Manifests = content.Items(content.Array(root, "manifests"), "manifests", item => Descriptor.Read(content, item)),
            Subject = content.Object(root, "subject") is { } subject ? Descriptor.Read(content, subject) : null,
            Annotations = content.TextMap(root, "annotations") ?? Descriptor.NoAnnotations,
            Others = JsonContent.Others(root, Known),
        };
    }

    /// <summary>The entry for a platform, attestations and artifacts left out; null where there is none.</summary>
    public Descriptor? Find(Platform platform)
    {
        Platform wanted = platform.Normalized;
        foreach (Descriptor manifest in Manifests)
        {
            if (manifest.Platform?.Normalized == wanted)
            {
                return manifest;
            }
        }

        return null;
    }

    /// <summary>The index's JSON: the same bytes for the same index, always.</summary>
    public byte[] ToBytes() => JsonContent.Write(writer =>
    {
        writer.WriteNumber("schemaVersion", 2);
        writer.WriteString("mediaType", MediaType);
        JsonContent.WriteText(writer, "artifactType", ArtifactType);
        writer.WriteStartArray("manifests");
        foreach (Descriptor manifest in Manifests)
        {
            manifest.WriteTo(writer);
        }

        writer.WriteEndArray();
        if (Subject is not null)
        {
            writer.WritePropertyName("subject");
            Subject.WriteTo(writer);
        }

        if (Annotations.Count > 0)
        {
            JsonContent.WriteMap(writer, "annotations", Annotations);
        }

        Others.WriteTo(writer);
    });
}
