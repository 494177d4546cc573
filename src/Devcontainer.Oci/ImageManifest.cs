using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>A manifest: one configuration and its layers (OCI image specification, manifest.md; also Docker's schema 2).</summary>
public sealed record ImageManifest
{
    /// <summary>The most bytes a manifest or index may have: what registries accept (OCI distribution specification, pushing
    /// manifests).</summary>
    public const int MaxSize = 4 * 1024 * 1024;

    private static readonly string[] Known = ["schemaVersion", "mediaType", "artifactType", "config", "layers", "subject", "annotations"];

    /// <summary>The media type that the manifest states, or the one it was found under.</summary>
    public string MediaType { get; init; } = MediaTypes.ImageManifest;

    /// <summary>What kind of artifact this is, where it is not an image.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>The configuration; <see cref="Descriptor.EmptyJson"/> where there is none.</summary>
    public required Descriptor Config { get; init; }

    /// <summary>The layers, the base's first.</summary>
    public required IReadOnlyList<Descriptor> Layers { get; init; }

    /// <summary>The manifest that this one refers to, which makes it a referrer.</summary>
    public Descriptor? Subject { get; init; }

    /// <summary>Annotations; never null.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = Descriptor.NoAnnotations;

    internal JsonFields Others { get; init; } = JsonFields.None;

    /// <summary>Reads a manifest.</summary>
    /// <param name="bytes">Its JSON.</param>
    /// <param name="origin">Where it came from, for messages; or null.</param>
    /// <exception cref="DevcontainerException"><see cref="Codes.ContentInvalid"/> or <see cref="Codes.ContentTooLarge"/>.</exception>
    public static ImageManifest Parse(ReadOnlyMemory<byte> bytes, string? origin = null)
    {
        var content = new JsonContent("image manifest", origin);
        using JsonDocument document = content.Parse(bytes, MaxSize);
        JsonElement root = document.RootElement;
        CheckSchema(content, root);

        // Content that is both is read as one thing by one tool and as another by the next (CVE-2021-41190).
        if (root.TryGetProperty("manifests", out _))
        {
            throw content.Invalid("it lists manifests, as only an index does");
        }

        string mediaType = content.OptionalText(root, "mediaType") ?? MediaTypes.ImageManifest;
        if (!MediaTypes.IsManifest(mediaType))
        {
            throw content.Invalid($"its media type is '{Printable.Quote(mediaType)}'");
        }

        JsonElement config = content.Object(root, "config") ?? throw content.Invalid("'config' is missing");
        JsonElement layers = content.Array(root, "layers") ?? throw content.Invalid("'layers' is missing");
        return new ImageManifest
        {
            MediaType = mediaType,
            ArtifactType = content.OptionalText(root, "artifactType"),
            Config = Descriptor.Read(content, config),
            Layers = content.Items(layers, "layers", item => Descriptor.Read(content, item)),
            Subject = content.Object(root, "subject") is { } subject ? Descriptor.Read(content, subject) : null,
            Annotations = content.TextMap(root, "annotations") ?? Descriptor.NoAnnotations,
            Others = JsonContent.Others(root, Known),
        };
    }

    /// <summary>The manifest's JSON: the same bytes for the same manifest, always.</summary>
    public byte[] ToBytes() => JsonContent.Write(writer =>
    {
        writer.WriteNumber("schemaVersion", 2);
        writer.WriteString("mediaType", MediaType);
        JsonContent.WriteText(writer, "artifactType", ArtifactType);
        writer.WritePropertyName("config");
        Config.WriteTo(writer);
        writer.WriteStartArray("layers");
        foreach (Descriptor layer in Layers)
        {
            layer.WriteTo(writer);
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

    internal static void CheckSchema(JsonContent content, JsonElement root)
    {
        if (content.Number(root, "schemaVersion") != 2)
        {
            throw content.Invalid("its schemaVersion is not 2");
        }
    }
}
