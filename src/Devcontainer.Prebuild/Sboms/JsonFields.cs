using System.Text.Json;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>Looks into JSON that others wrote, where nothing need be what it should.</summary>
internal static class JsonFields
{
    /// <summary>Parses a file.</summary>
    /// <exception cref="JsonException">It is no JSON, or nested too deeply.</exception>
    internal static JsonDocument Parse(ReadOnlySpan<byte> content) =>
        JsonDocument.Parse((content.StartsWith("\uFEFF"u8) ? content[3..] : content).ToArray(), LenientJson.Options);

    /// <summary>A property that is an object; null where it is none.</summary>
    internal static JsonElement? Object(JsonElement element, string name) => Property(element, name, JsonValueKind.Object);

    /// <summary>A property that is a list; null where it is none.</summary>
    internal static JsonElement? Array(JsonElement element, string name) => Property(element, name, JsonValueKind.Array);

    /// <summary>A property that is a text with something in it; null where it is none.</summary>
    /// <exception cref="InvalidOperationException">The text is no Unicode.</exception>
    internal static string? Text(JsonElement element, string name) =>
        Property(element, name, JsonValueKind.String)?.GetString() is { Length: > 0 } text ? text : null;

    private static JsonElement? Property(JsonElement element, string name, JsonValueKind kind) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind ? value : null;
}
