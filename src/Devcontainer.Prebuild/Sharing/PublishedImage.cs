using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>What a push did to the tags of an image: <c>published.json</c>; and before it did, <c>rollback.json</c>. docs/files.md describes both.</summary>
/// <param name="Repository">Registry and repository.</param>
/// <param name="Digest">Digest of the index that the tags name now.</param>
/// <param name="Tags">The tags, in order of moving.</param>
internal sealed record PublishedImage(string Repository, string Digest, IReadOnlyList<PublishedTag> Tags)
{
    /// <summary>The other repositories of the same push.</summary>
    internal IReadOnlyList<PublishedTags> Others { get; init; } = [];

    /// <summary>All its repositories.</summary>
    internal IEnumerable<PublishedTags> All => [new PublishedTags(Repository, Tags), .. Others];

    /// <summary>An image in one or several repositories.</summary>
    internal static PublishedImage Of(string digest, IReadOnlyList<PublishedTags> repositories) =>
        new(repositories[0].Repository, digest, repositories[0].Tags) { Others = [.. repositories.Skip(1)] };

    /// <summary>What was published before an image: where it is the one that was published last, what the tags named before; else the one that was.</summary>
    /// <param name="digest">The image's digest.</param>
    /// <returns>Null where the image is the first.</returns>
    internal string? Before(string digest) =>
        Digest != digest ? Digest : Tags.FirstOrDefault(static tag => tag.Previous is not null)?.Previous;

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
            WriteTags(writer, Tags);
            if (Others.Count > 0)
            {
                JsonLayout.WriteList(writer, "others", Others, static (w, other) =>
                {
                    w.WriteString("repository", other.Repository);
                    WriteTags(w, other.Tags);
                });
            }

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

            return new PublishedImage(Text(root, "repository"), Text(root, "digest"), ReadTags(root))
            {
                Others = root.TryGetProperty("others", out JsonElement others)
                    ? [.. others.EnumerateArray().Select(static other => new PublishedTags(Text(other, "repository"), ReadTags(other)))]
                    : [],
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(code, new SourceLocation(path), path, e.Message.TrimEnd('.')), e);
        }
    }

    /// <summary>Reads a file that is about to be replaced; null where there is none that can be read.</summary>
    internal static PublishedImage? TryRead(string path)
    {
        try
        {
            return Read(path, Codes.RollbackFileInvalid);
        }
        catch (DevcontainerException)
        {
            return null;
        }
    }

    private static void WriteTags(Utf8JsonWriter writer, IReadOnlyList<PublishedTag> tags) => JsonLayout.WriteList(writer, "tags", tags, static (w, tag) =>
    {
        w.WriteString("tag", tag.Tag);
        w.WriteString("previous", tag.Previous);
    });

    private static IReadOnlyList<PublishedTag> ReadTags(JsonElement element) =>
        [.. element.GetProperty("tags").EnumerateArray().Select(static tag => new PublishedTag(Text(tag, "tag"), tag.GetProperty("previous").GetString()))];

    private static string Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new FormatException($"its '{name}' is null");
}

/// <summary>The tags of one repository.</summary>
/// <param name="Repository">Registry and repository.</param>
/// <param name="Tags">The tags, in order of moving.</param>
internal sealed record PublishedTags(string Repository, IReadOnlyList<PublishedTag> Tags);

/// <summary>A tag that was moved.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Previous">Digest of what it named before; null where it was not there.</param>
internal sealed record PublishedTag(string Tag, string? Previous);
