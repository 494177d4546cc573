using System.Text;

namespace Devcontainer.Spec;

/// <summary>
/// A file of JSON with comments, in which a string can be replaced while every other byte stays as it is: comments, order, white space, line endings and
/// byte order mark.
/// </summary>
public sealed class JsonFile
{
    private readonly byte[] bytes;
    private readonly int start;

    private JsonFile(byte[] bytes, JsonNode root)
    {
        this.bytes = bytes;
        start = JsonParser.StartOf(bytes);
        Root = root;
    }

    /// <summary>What the file says.</summary>
    public JsonNode Root { get; }

    /// <inheritdoc cref="JsonNode.Load"/>
    public static JsonFile Load(string file, JsonLimits? limits = null)
    {
        byte[] bytes = JsonParser.Read(file, limits ?? JsonLimits.Default);
        return new JsonFile(bytes, JsonParser.Parse(bytes, file, limits ?? JsonLimits.Default));
    }

    /// <summary>The file's bytes with another text for one of its strings.</summary>
    /// <param name="value">The string: part of <see cref="Root"/>, not the name of a property.</param>
    /// <param name="text">What it shall say.</param>
    public byte[] With(JsonString value, string text)
    {
        int from = start + value.Position.OffsetIn(bytes.AsSpan(start));
        int to = Comments.EndOfString(bytes, from);
        return [.. bytes.AsSpan(0, from), .. Encoding.UTF8.GetBytes($"\"{JsonText.Escape(text)}\""), .. bytes.AsSpan(to)];
    }
}
