using System.Text.Json;

namespace Devcontainer.Oci;

/// <summary>One step of an image's history.</summary>
public sealed record HistoryEntry
{
    private static readonly string[] Known = ["created", "created_by", "comment", "empty_layer"];

    /// <summary>When, as RFC 3339 text; or null.</summary>
    public string? Created { get; init; }

    /// <summary>The command.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Free text.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether the step made no layer.</summary>
    public bool EmptyLayer { get; init; }

    internal JsonFields Others { get; init; } = JsonFields.None;

    internal static HistoryEntry Read(JsonContent content, JsonElement element) => new()
    {
        Created = content.OptionalText(element, "created"),
        CreatedBy = content.OptionalText(element, "created_by"),
        Comment = content.OptionalText(element, "comment"),
        EmptyLayer = content.Flag(element, "empty_layer"),
        Others = JsonContent.Others(element, Known),
    };

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        JsonContent.WriteText(writer, "created", Created);
        JsonContent.WriteText(writer, "created_by", CreatedBy);
        JsonContent.WriteText(writer, "comment", Comment);
        if (EmptyLayer)
        {
            writer.WriteBoolean("empty_layer", true);
        }

        Others.WriteTo(writer);
        writer.WriteEndObject();
    }
}
