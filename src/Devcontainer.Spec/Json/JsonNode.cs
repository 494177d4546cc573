using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>The six kinds of JSON values, as flags so that a shape can allow several.</summary>
[Flags]
#pragma warning disable CA1720 // JSON's own names.
public enum JsonKinds
{
    /// <summary>No kind.</summary>
    None = 0,

    /// <summary><c>null</c>.</summary>
    Null = 1,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean = 2,

    /// <summary>A number.</summary>
    Number = 4,

    /// <summary>A string.</summary>
    String = 8,

    /// <summary>An array.</summary>
    Array = 16,

    /// <summary>An object.</summary>
    Object = 32,
}
#pragma warning restore CA1720

/// <summary>
/// An immutable JSON value that knows where it was written. It behaves as JavaScript's values do where the development container tools (which
/// are written in it) show that: the last duplicate of a property wins, integer-like names come first, numbers are IEEE doubles, and
/// <see cref="ToJson"/> writes what <c>JSON.stringify</c> writes.
/// </summary>
public abstract class JsonNode
{
    private protected JsonNode(TextPosition position) => Position = position;

    /// <summary>Where the value begins.</summary>
    public TextPosition Position { get; }

    /// <summary>The kind of the value, exactly one flag.</summary>
    public abstract JsonKinds Kind { get; }

    /// <summary>Reads JSON with comments and trailing commas from UTF-8 text.</summary>
    /// <param name="utf8">The text; a byte order mark is skipped.</param>
    /// <param name="file">The name for error locations.</param>
    /// <param name="limits">How much is accepted; null for <see cref="JsonLimits.Default"/>.</param>
    /// <exception cref="DevcontainerException">Not JSON, too long, too deep, or text that is not Unicode.</exception>
    public static JsonNode Parse(ReadOnlySpan<byte> utf8, string? file = null, JsonLimits? limits = null) =>
        JsonParser.Parse(utf8, file, limits ?? JsonLimits.Default);

    /// <summary>Reads JSON with comments and trailing commas.</summary>
    /// <inheritdoc cref="Parse(ReadOnlySpan{byte}, string?, JsonLimits?)"/>
    public static JsonNode Parse(string text, string? file = null, JsonLimits? limits = null) =>
        Parse(JsonParser.Encode(text, file), file, limits);

    /// <summary>Reads a file of JSON with comments and trailing commas, never more of it than <see cref="JsonLimits.Bytes"/>.</summary>
    /// <param name="file">Path of the file.</param>
    /// <param name="limits">How much is accepted; null for <see cref="JsonLimits.Default"/>.</param>
    /// <exception cref="DevcontainerException">Not readable, not JSON, too long, too deep, or text that is not Unicode.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static JsonNode Load(string file, JsonLimits? limits = null) =>
        Parse(JsonParser.Read(file, limits ?? JsonLimits.Default), file, limits);

    /// <summary>The text that JavaScript's <c>JSON.stringify(value, null, indent)</c> gives: no escapes but those JSON demands.</summary>
    /// <param name="indent">Spaces for each level; 0 for one line.</param>
    public string ToJson(int indent = 0) => JsonText.Write(this, indent);

    /// <inheritdoc/>
    public override string ToString() => ToJson();

    /// <summary>Whether two values are equal, positions aside: objects by their properties in any order, numbers by value.</summary>
    public static bool DeepEquals(JsonNode? a, JsonNode? b)
    {
        switch (a, b)
        {
            case (null, null) or (JsonNull, JsonNull):
                return true;
            case (JsonBoolean x, JsonBoolean y):
                return x.Value == y.Value;
            case (JsonNumber x, JsonNumber y):
                return x.Value.Equals(y.Value) || x.Value == y.Value;
            case (JsonString x, JsonString y):
                return x.Value == y.Value;
            case (JsonArray x, JsonArray y):
                if (x.Count != y.Count)
                {
                    return false;
                }

                for (int i = 0; i < x.Count; i++)
                {
                    if (!DeepEquals(x[i], y[i]))
                    {
                        return false;
                    }
                }

                return true;
            case (JsonObject x, JsonObject y):
                if (x.Count != y.Count)
                {
                    return false;
                }

                foreach (JsonProperty property in x)
                {
                    if (!y.TryGet(property.Name, out JsonNode? other) || !DeepEquals(property.Value, other))
                    {
                        return false;
                    }
                }

                return true;
            default:
                return false;
        }
    }
}
