using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using System.Xml;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>
/// What counts of a declared input. A projection drops what cannot matter to who reads the file (comments, layout), so that an edit of those keeps
/// the key. Only declared inputs have one: what the build is given is hashed as it is (docs/keys.md).
/// </summary>
internal static class InputProjection
{
    private const string JsonPointerPrefix = "json:";

    /// <summary>The bytes that count of <paramref name="content"/>.</summary>
    /// <param name="input">The input, for messages and its projection.</param>
    /// <param name="content">The file's content.</param>
    /// <exception cref="DevcontainerException">DEVC3051: no such projection. DEVC3052: the content is not of its kind.</exception>
    internal static byte[] Apply(DeclaredInput input, byte[] content)
    {
        try
        {
            return input.Projection switch
            {
                "raw" or "" => content,
                "text" => Text(content),
                "json" => Json(content, string.Empty),
                "xml" => Xml(content),
                _ when input.Projection.StartsWith(JsonPointerPrefix + "/", StringComparison.Ordinal) => Json(content, input.Projection[JsonPointerPrefix.Length..]),
                _ => throw new DevcontainerException(Codes.ProjectionUnknown, input.Path, input.Projection),
            };
        }
        catch (JsonException e)
        {
            throw new DevcontainerException(
                Diagnostic.Create(
                    Codes.ProjectionFailed,
                    new SourceLocation(input.Path, (int)(e.LineNumber ?? -1) + 1, (int)(e.BytePositionInLine ?? -1) + 1),
                    input.Path, "JSON", FirstSentence(e.Message)),
                e);
        }
        catch (InvalidOperationException e)
        {
            // An escape that is half of a character is found only where its text is read.
            throw new DevcontainerException(
                Diagnostic.Create(Codes.ProjectionFailed, new SourceLocation(input.Path), input.Path, "JSON", FirstSentence(e.Message)), e);
        }
        catch (XmlException e)
        {
            throw new DevcontainerException(
                Diagnostic.Create(Codes.ProjectionFailed, new SourceLocation(input.Path, e.LineNumber, e.LinePosition), input.Path, "XML", FirstSentence(e.Message)), e);
        }
    }

    /// <summary>Line ends and a byte order mark do not count.</summary>
    private static byte[] Text(byte[] content)
    {
        ReadOnlySpan<byte> rest = content.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? content.AsSpan(3) : content;
        var output = new ArrayBufferWriter<byte>(Math.Max(1, rest.Length));
        int carriageReturn;
        while ((carriageReturn = rest.IndexOf("\r\n"u8)) >= 0)
        {
            output.Write(rest[..carriageReturn]);
            rest = rest[(carriageReturn + 1)..];
        }

        output.Write(rest);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Comments, layout and the order of properties do not count; the part that <paramref name="pointer"/> (RFC 6901) names is all that does.</summary>
    private static byte[] Json(byte[] content, string pointer)
    {
        ReadOnlyMemory<byte> text = content.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? content.AsMemory(3) : content;
        if (!Utf8.IsValid(text.Span))
        {
            throw new JsonException("it is not UTF-8");
        }

        using JsonDocument document = JsonDocument.Parse(text, LenientJson.Options);
        JsonElement element = document.RootElement;
        foreach (string token in pointer.Split('/').AsSpan(1))
        {
            string name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return [];
            }
        }

        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            WriteSorted(element, writer);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteSorted(JsonElement element, Utf8JsonWriter writer)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                // The last of several properties with one name wins, as for every reader of these files.
                var properties = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    properties[property.Name] = property.Value;
                }

                string[] names = [.. properties.Keys];
                Array.Sort(names, StringComparer.Ordinal);
                writer.WriteStartObject();
                foreach (string name in names)
                {
                    writer.WritePropertyName(name);
                    WriteSorted(properties[name], writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in element.EnumerateArray())
                {
                    WriteSorted(item, writer);
                }

                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    /// <summary>Comments, white space between elements and the order of attributes do not count.</summary>
    private static byte[] Xml(byte[] content)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            IgnoreWhitespace = true,
        };
        var output = new StringBuilder();
        var text = new StringBuilder();
        using var reader = XmlReader.Create(new MemoryStream(content), settings);
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    WriteText(output, text);
                    bool empty = reader.IsEmptyElement;
                    Write(output, '<', reader.Name);
                    foreach (string name in AttributeNames(reader))
                    {
                        Write(output, '@', name);
                        Write(output, '=', reader.GetAttribute(name)!);
                    }

                    if (empty)
                    {
                        Write(output, '/', string.Empty);
                    }

                    break;
                case XmlNodeType.EndElement:
                    WriteText(output, text);
                    Write(output, '/', string.Empty);
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace:
                    text.Append(reader.Value.ReplaceLineEndings("\n"));
                    break;
                default:
                    break;
            }
        }

        return Encoding.UTF8.GetBytes(output.ToString());
    }

    private static List<string> AttributeNames(XmlReader reader)
    {
        var names = new List<string>(reader.AttributeCount);
        while (reader.MoveToNextAttribute())
        {
            names.Add(reader.Name);
        }

        reader.MoveToElement();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    // What a comment or the end of a CDATA section parts is still one text.
    private static void WriteText(StringBuilder output, StringBuilder text)
    {
        if (text.Length > 0)
        {
            Write(output, '#', text.ToString());
            text.Clear();
        }
    }

    // Each part with its length, so that no text can pass for structure.
    private static void Write(StringBuilder output, char kind, string value) =>
        output.Append(kind).Append(value.Length.ToString(CultureInfo.InvariantCulture)).Append(':').Append(value);

    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.');
    }
}
