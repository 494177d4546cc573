using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// An image's configuration (OCI image specification, config.md). Properties that are not listed here are kept when it is read and written
/// again, such as health checks and build information.
/// </summary>
public sealed record ImageConfig
{
    /// <summary>The most bytes a configuration may have here: as many as a registry takes for a manifest, twice.</summary>
    public const int MaxSize = 2 * ImageManifest.MaxSize;

    private static readonly string[] Known = ["created", "architecture", "os", "variant", "config", "rootfs", "history"];

    /// <summary>Architecture, such as <c>amd64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Operating system, such as <c>linux</c>.</summary>
    public required string Os { get; init; }

    /// <summary>Variant of the architecture, or null.</summary>
    public string? Variant { get; init; }

    /// <summary>When the image was made, as RFC 3339 text (it has nanoseconds, finer than <see cref="DateTimeOffset"/>); or null.</summary>
    public string? Created { get; init; }

    /// <summary>How a container of the image runs.</summary>
    public ContainerConfig Config { get; init; } = new();

    /// <summary>The digests of the uncompressed layers, the base's first.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }

    /// <summary>How each layer came to be, the oldest first.</summary>
    public IReadOnlyList<HistoryEntry> History { get; init; } = [];

    /// <summary>The platform that the configuration states, normalised.</summary>
    public Platform Platform => new Platform(Os, Architecture, Variant).Normalized;

    internal JsonFields Others { get; init; } = JsonFields.None;

    /// <summary>Reads a configuration.</summary>
    /// <param name="bytes">Its JSON.</param>
    /// <param name="origin">Where it came from, for messages; or null.</param>
    /// <exception cref="DevcontainerException"><see cref="Codes.ContentInvalid"/> or <see cref="Codes.ContentTooLarge"/>.</exception>
    public static ImageConfig Parse(ReadOnlyMemory<byte> bytes, string? origin = null)
    {
        var content = new JsonContent("image configuration", origin);
        using JsonDocument document = content.Parse(bytes, MaxSize);
        JsonElement root = document.RootElement;
        JsonElement rootfs = content.Object(root, "rootfs") ?? throw content.Invalid("'rootfs' is missing");
        IReadOnlyList<string> diffIds = content.Texts(rootfs, "diff_ids") ?? [];
        var digests = new List<Digest>(diffIds.Count);
        foreach (string text in diffIds)
        {
            digests.Add(
                Digest.TryParse(text, out Digest digest) ? digest : throw content.Invalid("a layer's diff id is not a sha256 digest"));
        }

        return new ImageConfig
        {
            Architecture = content.Text(root, "architecture"),
            Os = content.Text(root, "os"),
            Variant = content.OptionalText(root, "variant") is { Length: > 0 } variant ? variant : null,
            Created = content.OptionalText(root, "created"),
            Config = content.Object(root, "config") is { } config ? ContainerConfig.Read(content, config) : new ContainerConfig(),
            DiffIds = digests,
            History = content.Items(content.Array(root, "history"), "history", item => HistoryEntry.Read(content, item)),
            Others = JsonContent.Others(root, Known),
        };
    }

    /// <summary>The configuration's JSON: the same bytes for the same configuration, always.</summary>
    public byte[] ToBytes() => JsonContent.Write(writer =>
    {
        JsonContent.WriteText(writer, "created", Created);
        writer.WriteString("architecture", Architecture);
        JsonContent.WriteText(writer, "variant", Variant);
        writer.WriteString("os", Os);
        writer.WritePropertyName("config");
        Config.WriteTo(writer);
        writer.WriteStartObject("rootfs");
        writer.WriteString("type", "layers");
        writer.WriteStartArray("diff_ids");
        foreach (Digest diffId in DiffIds)
        {
            writer.WriteStringValue(diffId.Value);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        if (History.Count > 0)
        {
            writer.WriteStartArray("history");
            foreach (HistoryEntry entry in History)
            {
                entry.WriteTo(writer);
            }

            writer.WriteEndArray();
        }

        Others.WriteTo(writer);
    });
}
