using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>
/// Reads values of an expected type out of JSON; anything else is an error at its place. <c>null</c> counts as absent, and scalars that the
/// reference CLI would turn into text (numbers and booleans as environment variables or build arguments) are text, as JavaScript writes them.
/// </summary>
/// <param name="file">The file that the JSON comes from.</param>
internal readonly struct JsonShape(string file)
{
    /// <summary>What may be the value of an environment variable or a build argument.</summary>
    public const JsonKinds TextKinds = JsonKinds.String | JsonKinds.Number | JsonKinds.Boolean;

    public string File { get; } = file;

    /// <summary>Checks a value's type.</summary>
    /// <param name="node">The value.</param>
    /// <param name="kinds">What it may be.</param>
    /// <param name="path">How messages call it.</param>
    public void Expect(JsonNode node, JsonKinds kinds, string path)
    {
        if ((node.Kind & kinds) == 0)
        {
            throw new DevcontainerException(
                Codes.WrongType, node.Position.In(File), path.Length == 0 ? "The whole" : $"'{JsonText.Escape(path)}'", Describe(kinds), Describe(node.Kind));
        }
    }

    public JsonObject Object(JsonNode node, string path)
    {
        Expect(node, JsonKinds.Object, path);
        return (JsonObject)node;
    }

    public JsonObject? OptionalObject(JsonObject parent, string name, string path)
    {
        JsonNode? node = parent[name];
        return node is null or JsonNull ? null : Object(node, path);
    }

    public string? OptionalString(JsonObject parent, string name, string path)
    {
        JsonNode? node = parent[name];
        if (node is null or JsonNull)
        {
            return null;
        }

        Expect(node, JsonKinds.String, path);
        return Text((JsonString)node, path);
    }

    public bool? OptionalBoolean(JsonObject parent, string name, string path)
    {
        JsonNode? node = parent[name];
        if (node is null or JsonNull)
        {
            return null;
        }

        Expect(node, JsonKinds.Boolean, path);
        return ((JsonBoolean)node).Value;
    }

    /// <summary>An array of strings; empty where there is none.</summary>
    /// <param name="parent">The object.</param>
    /// <param name="name">The property.</param>
    /// <param name="path">How messages call it.</param>
    /// <param name="orOne">Whether one string stands for an array of it.</param>
    public IReadOnlyList<string> Strings(JsonObject parent, string name, string path, bool orOne = false)
    {
        JsonNode? node = parent[name];
        if (node is null or JsonNull)
        {
            return [];
        }

        Expect(node, orOne ? JsonKinds.Array | JsonKinds.String : JsonKinds.Array, path);
        if (node is JsonString one)
        {
            return [Text(one, path)];
        }

        var array = (JsonArray)node;
        var result = new string[array.Count];
        for (int i = 0; i < result.Length; i++)
        {
            string itemPath = $"{path}[{i}]";
            Expect(array[i], JsonKinds.String, itemPath);
            result[i] = Text((JsonString)array[i], itemPath);
        }

        return result;
    }

    /// <summary>An object of texts, in its order; empty where there is none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> TextMap(JsonObject parent, string name, string path)
    {
        JsonObject? map = OptionalObject(parent, name, path);
        if (map is null)
        {
            return [];
        }

        var result = new List<KeyValuePair<string, string>>(map.Count);
        foreach (JsonProperty property in map)
        {
            string itemPath = $"{path}.{property.Name}";
            Expect(property.Value, TextKinds, itemPath);
            result.Add(new(property.Name, Text(property.Value, itemPath)));
        }

        return result;
    }

    /// <summary>A scalar's text, as JavaScript's <c>String(value)</c> gives it.</summary>
    public string Text(JsonNode scalar, string path)
    {
        switch (scalar)
        {
            case JsonString { Value: string text }:
                if (text.Contains('\0', StringComparison.Ordinal))
                {
                    throw new DevcontainerException(Codes.TextHasNul, scalar.Position.In(File), $"'{JsonText.Escape(path)}'");
                }

                return text;
            case JsonNumber { Value: double number }:
                return JsonText.Number(number);
            case JsonBoolean { Value: bool boolean }:
                return boolean ? "true" : "false";
            default:
                throw new ArgumentException($"{scalar.Kind} is not a scalar.", nameof(scalar));
        }
    }

    private static string Describe(JsonKinds kinds)
    {
        var words = new List<string>(6);
        Add(JsonKinds.String, "a string");
        Add(JsonKinds.Number, "a number");
        Add(JsonKinds.Boolean, "true or false");
        Add(JsonKinds.Array, "an array");
        Add(JsonKinds.Object, "an object");
        if (words.Count == 0)
        {
            return "null";
        }

        return words.Count == 1 ? words[0] : $"{string.Join(", ", words.SkipLast(1))} or {words[^1]}";

        void Add(JsonKinds kind, string word)
        {
            if ((kinds & kind) != 0)
            {
                words.Add(word);
            }
        }
    }
}
