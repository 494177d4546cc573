using System.Globalization;
using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>Reads JSON with comments into <see cref="JsonNode"/>s: one pass over the bytes, positions counted on the way.</summary>
internal static class JsonParser
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The bytes of a file, never more than <paramref name="limits"/> allow.</summary>
    public static byte[] Read(string file, JsonLimits limits)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (stream.CanSeek && stream.Length > limits.Bytes)
            {
                throw TooLarge(file, limits);
            }

            // The length is not to be trusted where it is 0: a device has no end.
            byte[] bytes = new byte[stream.CanSeek && stream.Length > 0 ? (int)stream.Length : limits.Bytes + 1];
            int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (read > limits.Bytes)
            {
                throw TooLarge(file, limits);
            }

            return read == bytes.Length ? bytes : bytes[..read];
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not (FileNotFoundException or DirectoryNotFoundException)))
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.FileNotReadable, new SourceLocation(file), file, e.Message), e);
        }
    }

    public static byte[] Encode(string text, string? file)
    {
        try
        {
            return Strict.GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.TextNotUnicode, new SourceLocation(file), file ?? "the text"), e);
        }
    }

    /// <summary>Where text begins: behind its byte order mark, if it has one.</summary>
    public static int StartOf(ReadOnlySpan<byte> utf8)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        return utf8.StartsWith(mark) ? mark.Length : 0;
    }

    public static JsonNode Parse(ReadOnlySpan<byte> utf8, string? file, JsonLimits limits)
    {
        if (utf8.Length > limits.Bytes)
        {
            throw TooLarge(file, limits);
        }

        utf8 = utf8[StartOf(utf8)..];

        // Places are counted in the text as it is written; the offsets are the same.
        var cursor = new Cursor(utf8, file, limits);
        // The reader's own limit lies above ours, so that ours speaks.
        var reader = new Utf8JsonReader(Comments.Blank(utf8, file), new JsonReaderOptions
        {
            AllowTrailingCommas = true,
            MaxDepth = limits.Depth + 8,
        });
        try
        {
            reader.Read();
            JsonNode root = Value(ref reader, ref cursor);
            // Anything but white space and comments after the value throws here.
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            TextPosition position = TextPosition.InLine(utf8, e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
            throw new DevcontainerException(
                Diagnostic.Create(Codes.ConfigurationNotJson, position.In(file), file ?? "the text", Reason(e)), e);
        }
    }

    private static JsonNode Value(ref Utf8JsonReader reader, ref Cursor cursor)
    {
        TextPosition position = cursor.At(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                cursor.CheckDepth(reader.CurrentDepth, position);
                var properties = new List<JsonProperty>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    TextPosition namePosition = cursor.At(reader.TokenStartIndex);
                    string name = Text(ref reader, cursor.File, namePosition);
                    RefuseControlCharacters(name, cursor.File, namePosition);
                    reader.Read();
                    properties.Add(new JsonProperty(name, Value(ref reader, ref cursor), namePosition));
                }

                return new JsonObject(properties, position);
            case JsonTokenType.StartArray:
                cursor.CheckDepth(reader.CurrentDepth, position);
                var items = new List<JsonNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Value(ref reader, ref cursor));
                }

                return new JsonArray(items, position);
            case JsonTokenType.String:
                return new JsonString(Text(ref reader, cursor.File, position), position);
            case JsonTokenType.Number:
                return new JsonNumber(reader.GetDouble(), position);
            case JsonTokenType.True or JsonTokenType.False:
                return new JsonBoolean(reader.TokenType == JsonTokenType.True, position);
            default:
                return new JsonNull(position);
        }
    }

    private static string Text(ref Utf8JsonReader reader, string? file, TextPosition position)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // Bytes that are not UTF-8, or an escaped lone surrogate.
            throw new DevcontainerException(Diagnostic.Create(Codes.TextNotUnicode, position.In(file), file ?? "the text"), e);
        }
    }

    private static void RefuseControlCharacters(string name, string? file, TextPosition position)
    {
        foreach (char c in name)
        {
            if (char.IsControl(c))
            {
                throw new DevcontainerException(Codes.ControlCharacterInName, position.In(file), JsonText.Escape(name), ((int)c).ToString("X4", CultureInfo.InvariantCulture));
            }
        }
    }

    private static DevcontainerException TooLarge(string? file, JsonLimits limits) =>
        new(Codes.JsonTooLarge, new SourceLocation(file), file ?? "the text", limits.Bytes);

    /// <summary>The reader's sentence without its own, zero-based, idea of the place.</summary>
    private static string Reason(JsonException e)
    {
        int end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? e.Message : e.Message[..end]).TrimEnd('.');
    }

    /// <summary>Turns growing byte offsets into positions, reading every byte once.</summary>
    private ref struct Cursor(ReadOnlySpan<byte> utf8, string? file, JsonLimits limits)
    {
        private readonly ReadOnlySpan<byte> utf8 = utf8;
        private int offset;
        private int line = 1;
        private int column = 1;

        public readonly string? File => file;

        public TextPosition At(long target)
        {
            ReadOnlySpan<byte> between = utf8[offset..(int)target];
            for (int end; (end = between.IndexOf((byte)'\n')) >= 0; between = between[(end + 1)..])
            {
                line++;
                column = 1;
            }

            column += Encoding.UTF8.GetCharCount(between);
            offset = (int)target;
            return new TextPosition(line, column);
        }

        public readonly void CheckDepth(int depth, TextPosition position)
        {
            if (depth >= limits.Depth)
            {
                throw new DevcontainerException(Codes.JsonTooDeep, position.In(file), file ?? "the text", limits.Depth);
            }
        }
    }
}
