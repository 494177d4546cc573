using System.Text.Json;

namespace Devcontainer.Prebuild.Explain;

/// <summary>Says where two JSON values differ: <c>sdk.version 10.0.400 → 10.0.401, sdk.rollForward added (latestMinor)</c>.</summary>
internal static class JsonWords
{
    /// <summary>The differences, by property; empty where two properties have names that read the same, and the difference is behind that.</summary>
    /// <param name="from">JSON, as a projection writes it.</param>
    /// <param name="to">The same.</param>
    /// <param name="projection"><c>json</c>, or <c>json:</c> and the pointer to them.</param>
    internal static string Describe(string from, string to, string projection)
    {
        SortedDictionary<string, string> before = Read(from, projection);
        SortedDictionary<string, string> now = Read(to, projection);
        var words = new List<string>();
        foreach (string name in before.Keys.Union(now.Keys).Order(StringComparer.Ordinal))
        {
            string subject = name.Length == 0 ? "its value" : name;
            switch (before.GetValueOrDefault(name), now.GetValueOrDefault(name))
            {
                case (null, { } added):
                    words.Add($"{subject} added ({added})");
                    break;
                case ({ } removed, null):
                    words.Add($"{subject} removed ({removed})");
                    break;
                case var (old, value) when old != value:
                    words.Add($"{subject} {old} → {value}");
                    break;
                default:
                    break;
            }
        }

        return string.Join(", ", words);
    }

    private static SortedDictionary<string, string> Read(string json, string projection)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using JsonDocument document = JsonDocument.Parse(json);
        int pointer = projection.IndexOf('/', StringComparison.Ordinal);
        string name = pointer < 0 ? string.Empty : projection[(pointer + 1)..].Replace('/', '.');
        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            AddProperties(document.RootElement, name, values);
        }
        else
        {
            Add(document.RootElement, name, values);
        }

        return values;
    }

    private static void AddProperties(JsonElement element, string name, SortedDictionary<string, string> values)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            Add(property.Value, name.Length == 0 ? property.Name : $"{name}.{property.Name}", values);
        }
    }

    // An array is one value, for its elements have no names to tell them by; and so is an object that has nothing in it.
    private static void Add(JsonElement element, string name, SortedDictionary<string, string> values)
    {
        if (element.ValueKind == JsonValueKind.Object && element.EnumerateObject().MoveNext())
        {
            AddProperties(element, name, values);
        }
        else
        {
            values[name] = element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
        }
    }
}
