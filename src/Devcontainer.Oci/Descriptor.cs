using System.Text.Json;

namespace Devcontainer.Oci;

/// <summary>What a piece of content is and how to find and check it (OCI image specification, descriptor.md).</summary>
/// <param name="MediaType">The content's media type.</param>
/// <param name="Digest">The content's digest.</param>
/// <param name="Size">The content's size in bytes.</param>
public sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    private static readonly string[] Known = ["mediaType", "digest", "size", "platform", "annotations", "artifactType"];

    // Before whatever makes a descriptor: static members come to be in the order of the text.
    internal static IReadOnlyDictionary<string, string> NoAnnotations { get; } =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The blob <c>{}</c> that stands for "no configuration" (manifest.md, guidance for an empty descriptor).</summary>
    public static Descriptor EmptyJson { get; } = new(MediaTypes.Empty, Digest.Sha256("{}"u8), 2);

    /// <summary>Which platform a manifest in an index is for.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Annotations; never null.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = NoAnnotations;

    /// <summary>What kind of artifact the manifest holds, where it is not an image.</summary>
    public string? ArtifactType { get; init; }

    internal JsonFields Others { get; init; } = JsonFields.None;

    /// <summary>A descriptor of bytes in memory.</summary>
    public static Descriptor Of(ReadOnlySpan<byte> content, string mediaType) => new(mediaType, Digest.Sha256(content), content.Length);

    /// <summary>Equal in everything that is written.</summary>
    public bool Equals(Descriptor? other)
    {
        if (other is null || MediaType != other.MediaType || Digest != other.Digest || Size != other.Size || Platform != other.Platform
            || ArtifactType != other.ArtifactType || Annotations.Count != other.Annotations.Count)
        {
            return false;
        }

        foreach ((string key, string value) in Annotations)
        {
            if (!other.Annotations.TryGetValue(key, out string? theirs) || theirs != value)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode() => Digest.GetHashCode();

    /// <summary>Media type and digest, for messages.</summary>
    public override string ToString() => $"{MediaType} {Digest}";

    internal static Descriptor Read(JsonContent content, JsonElement element)
    {
        long size = content.Number(element, "size");
        if (size < 0)
        {
            throw content.Invalid("'size' is negative");
        }

        Platform? platform = null;
        if (content.Object(element, "platform") is { } p)
        {
            string? variant = content.OptionalText(p, "variant");
            platform = new Platform(
                content.Text(p, "os"), content.Text(p, "architecture"), string.IsNullOrEmpty(variant) ? null : variant);
        }

        return new Descriptor(content.Text(element, "mediaType"), content.Digest(element, "digest"), size)
        {
            Platform = platform,
            Annotations = content.TextMap(element, "annotations") ?? NoAnnotations,
            ArtifactType = content.OptionalText(element, "artifactType"),
            Others = JsonContent.Others(element, Known),
        };
    }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("mediaType", MediaType);
        JsonContent.WriteText(writer, "artifactType", ArtifactType);
        writer.WriteString("digest", Digest.Value);
        writer.WriteNumber("size", Size);
        if (Annotations.Count > 0)
        {
            JsonContent.WriteMap(writer, "annotations", Annotations);
        }

        if (Platform is not null)
        {
            writer.WriteStartObject("platform");
            writer.WriteString("architecture", Platform.Architecture);
            writer.WriteString("os", Platform.Os);
            JsonContent.WriteText(writer, "variant", Platform.Variant);
            writer.WriteEndObject();
        }

        Others.WriteTo(writer);
        writer.WriteEndObject();
    }
}
