using System.Buffers;
using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>Properties that a record does not know, kept in order so that rewriting content loses nothing of it.</summary>
internal sealed record JsonFields(IReadOnlyList<KeyValuePair<string, JsonElement>> Fields)
{
    internal static readonly JsonFields None = new([]);

    internal void WriteTo(Utf8JsonWriter writer)
    {
        foreach ((string name, JsonElement value) in Fields)
        {
            writer.WritePropertyName(name);
            // The raw text: numbers and escapes stay as they were written.
            writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
        }
    }
}

/// <summary>
/// Reads one piece of JSON content strictly: what is required is there, of the right kind, once. Everything wrong becomes
/// <see cref="Codes.ContentInvalid"/> with the name of the content and the reason.
/// </summary>
/// <param name="what">What is being read, for the message: <c>image manifest</c>.</param>
/// <param name="origin">Where it came from, for the message: a digest, a path, a reference; or null.</param>
internal sealed class JsonContent(string what, string? origin)
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        // The default encoder would turn the '+' of "tar+gzip" into an escape that no other tool writes.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // Two readers that choose differently among duplicates see two different images, so duplicates are refused.
    private static readonly JsonDocumentOptions ReaderOptions = new() { AllowDuplicateProperties = false };

    internal JsonDocument Parse(ReadOnlyMemory<byte> bytes, int largest)
    {
        if (bytes.Length > largest)
        {
            throw new DevcontainerException(Codes.ContentTooLarge, Name, bytes.Length, largest);
        }

        if (!System.Text.Unicode.Utf8.IsValid(bytes.Span))
        {
            throw Invalid("it is not UTF-8");
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes, ReaderOptions);
        }
        catch (JsonException e)
        {
            throw Invalid($"it is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})");
        }
        catch (InvalidOperationException)
        {
            // How a name with half of a surrogate pair shows, while duplicates are looked for.
            throw Invalid("a property's name is not valid Unicode");
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            document.Dispose();
            throw Invalid("it is not a JSON object");
        }

        return document;
    }

    internal static byte[] Write(Action<Utf8JsonWriter> body)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            body(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    internal DevcontainerException Invalid(string reason) => new(Codes.ContentInvalid, Name, reason);

    internal string Text(JsonElement element, string name) => OptionalText(element, name) ?? throw Invalid($"'{name}' is missing");

    internal string? OptionalText(JsonElement element, string name) =>
        !element.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null : AsText(value, name);

    internal long Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : throw Invalid($"'{name}' is not a whole number");

    internal bool Flag(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False or JsonValueKind.Null => false,
            _ => throw Invalid($"'{name}' is not true or false"),
        };

    internal Digest Digest(JsonElement element, string name)
    {
        string text = Text(element, name);
        return Oci.Digest.TryParse(text, out Digest digest) ? digest : throw Invalid($"'{Printable.Quote(text)}' is not a sha256 digest");
    }

    internal JsonElement? Object(JsonElement element, string name) => Member(element, name, JsonValueKind.Object, "an object");

    internal JsonElement? Array(JsonElement element, string name) => Member(element, name, JsonValueKind.Array, "a list");

    internal IReadOnlyList<T> Items<T>(JsonElement? array, string name, Func<JsonElement, T> read)
    {
        if (array is not { } list)
        {
            return [];
        }

        var items = new List<T>(list.GetArrayLength());
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                throw Invalid($"'{name}' holds something that is not an object");
            }

            items.Add(read(item));
        }

        return items;
    }

    internal IReadOnlyList<string>? Texts(JsonElement element, string name)
    {
        if (Array(element, name) is not { } list)
        {
            return null;
        }

        var texts = new List<string>(list.GetArrayLength());
        foreach (JsonElement item in list.EnumerateArray())
        {
            texts.Add(AsText(item, name));
        }

        return texts;
    }

    internal IReadOnlyDictionary<string, string>? TextMap(JsonElement element, string name)
    {
        if (Object(element, name) is not { } map)
        {
            return null;
        }

        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty property in map.EnumerateObject())
        {
            texts.Add(property.Name, AsText(property.Value, name));
        }

        return texts;
    }

    internal static JsonFields Others(JsonElement element, ReadOnlySpan<string> known)
    {
        List<KeyValuePair<string, JsonElement>>? others = null;
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = property.Name;
            if (!known.Contains(name))
            {
                // Clone: the element must outlive its document.
                (others ??= []).Add(new(name, property.Value.Clone()));
            }
        }

        return others is null ? JsonFields.None : new JsonFields(others);
    }

    internal static void WriteMap(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, string>? map)
    {
        if (map is null)
        {
            return;
        }

        writer.WriteStartObject(name);
        string[] keys = [.. map.Keys];
        System.Array.Sort(keys, StringComparer.Ordinal);
        foreach (string key in keys)
        {
            writer.WriteString(key, map[key]);
        }

        writer.WriteEndObject();
    }

    internal static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string>? texts)
    {
        if (texts is null)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    internal static void WriteText(Utf8JsonWriter writer, string name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    private string Name => origin is null ? what : $"{what} {Printable.Quote(origin)}";

    private JsonElement? Member(JsonElement element, string name, JsonValueKind kind, string kindName) =>
        !element.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == kind ? value
        : throw Invalid($"'{name}' is not {kindName}");

    private string AsText(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw Invalid($"'{name}' is not text");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Invalid($"'{name}' is not valid Unicode");
        }
    }
}
