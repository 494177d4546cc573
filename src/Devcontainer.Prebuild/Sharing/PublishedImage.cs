using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>What a push did to the tags of an image: <c>published.json</c>; and before it did, <c>rollback.json</c>. docs/files.md describes both.</summary>
/// <param name="Repository">Registry and repository.</param>
/// <param name="Digest">Digest of the index that the tags name now.</param>
/// <param name="Tags">The tags, in order of moving.</param>
internal sealed record PublishedImage(string Repository, string Digest, IReadOnlyList<PublishedTag> Tags)
{
    /// <summary>The file's name after a push.</summary>
    internal const string FileName = "published.json";

    /// <summary>The name of the file that says what the tags named before.</summary>
    internal const string RollbackFileName = "rollback.json";

    private const int Schema = 1;

    /// <summary>Writes the file.</summary>
    internal void Write(string path)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonLayout.Indented))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schema", Schema);
            writer.WriteString("repository", Repository);
            writer.WriteString("digest", Digest);
            writer.WriteStartArray("tags");
            foreach (PublishedTag tag in Tags)
            {
                writer.WriteStartObject();
                writer.WriteString("tag", tag.Tag);
                writer.WriteString("previous", tag.Previous);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        AtomicFile.Write(path, stream.ToArray());
    }

    /// <summary>Reads a file; null where there is none.</summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="code">The error where it cannot be read: what it was needed for. Its message gets the path and the reason.</param>
    /// <exception cref="DevcontainerException"><paramref name="code"/>.</exception>
    internal static PublishedImage? Read(string path, string code)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            if (root.GetProperty("schema").GetInt32() != Schema)
            {
                throw new FormatException("it is of another version");
            }

            return new PublishedImage(
                Text(root, "repository"),
                Text(root, "digest"),
                [.. root.GetProperty("tags").EnumerateArray().Select(static tag => new PublishedTag(Text(tag, "tag"), tag.GetProperty("previous").GetString()))]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(code, new SourceLocation(path), path, e.Message.TrimEnd('.')), e);
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new FormatException($"its '{name}' is null");
}

/// <summary>A tag that was moved.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Previous">Digest of what it named before; null where it was not there.</param>
internal sealed record PublishedTag(string Tag, string? Previous);
