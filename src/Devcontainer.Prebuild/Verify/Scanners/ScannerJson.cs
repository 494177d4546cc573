using System.Globalization;
using System.Text.Json;

namespace Devcontainer.Prebuild.Verify.Scanners;

/// <summary>What the answers of scanners have in common.</summary>
internal static class ScannerJson
{
    /// <summary>A text; null where it is missing or empty.</summary>
    internal static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : null;

    /// <summary>A text that has to be there.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    internal static string Required(JsonElement element, string name) => Text(element, name) ?? throw new FormatException($"'{name}' is missing");

    /// <summary>The elements of a list; none where it is missing or null, as Go writes an empty one.</summary>
    internal static IEnumerable<JsonElement> List(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    /// <summary>The elements of a list that has to be there.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    internal static IEnumerable<JsonElement> RequiredList(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray()
            : throw new FormatException($"'{name}' is missing");

    /// <summary>A time; null where it is missing.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static DateTimeOffset? Time(JsonElement element, string name) =>
        Text(element, name) is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>A severity in the words of scanners. One that is not known is not taken for harmless.</summary>
    internal static FindingSeverity Severity(string? text) => text?.ToUpperInvariant() switch
    {
        "CRITICAL" => FindingSeverity.Critical,
        "HIGH" => FindingSeverity.High,
        "LOW" or "NEGLIGIBLE" => FindingSeverity.Low,
        _ => FindingSeverity.Medium,
    };
}
