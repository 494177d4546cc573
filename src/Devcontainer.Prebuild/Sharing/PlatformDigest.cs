using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// What one machine has pushed of an image that several machines make, a platform each: handed on as <c>digests/&lt;os&gt;-&lt;arch&gt;.json</c> to the one that makes
/// the index of them.
/// </summary>
/// <param name="Platform">The platform.</param>
/// <param name="Digest">Digest of its manifest.</param>
/// <param name="ImageKey">The key of what it was made of.</param>
/// <param name="Commit">The commit that it was made from; null where nobody told.</param>
/// <param name="Repository">Registry and repository that have it.</param>
internal sealed record PlatformDigest(Platform Platform, Digest Digest, string ImageKey, string? Commit, string Repository)
{
    /// <summary>The folder's name in the output folder.</summary>
    internal const string FolderName = "digests";

    private const int Schema = 1;

    // A file of a few lines; what is longer is another one.
    private const long MaxLength = 64 * 1024;

    /// <summary>Writes the file.</summary>
    internal void Write(string outputPath)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonLayout.Indented))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schema", Schema);
            writer.WriteString("platform", Platform.ToString());
            writer.WriteString("digest", Digest.Value);
            writer.WriteString("key", ImageKey);
            writer.WriteString("commit", Commit);
            writer.WriteString("repository", Repository);
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        AtomicFile.Write(PathOf(outputPath, Platform), stream.ToArray());
    }

    /// <summary>Reads the files of all platforms, and holds them against what is asked for.</summary>
    /// <param name="outputPath">The output folder.</param>
    /// <param name="platforms">The platforms that must be there.</param>
    /// <param name="keys">The keys of the inputs here.</param>
    /// <param name="commit">The commit here; null where nobody tells.</param>
    /// <exception cref="DevcontainerException">DEVC5044: one is missing; DEVC5045: one is of other inputs or another commit; DEVC5046: one cannot be read.</exception>
    internal static IReadOnlyList<PlatformDigest> ReadAll(
        string outputPath, IReadOnlyList<Platform> platforms, IReadOnlyList<CacheKey> keys, string? commit)
    {
        var digests = new List<PlatformDigest>(platforms.Count);
        foreach (Platform platform in platforms)
        {
            string path = PathOf(outputPath, platform);
            PlatformDigest digest = Read(path, platform);
            string key = keys.First(candidate => candidate.Tier == KeyTier.Image && candidate.Platform == platform.ToString()).Value;
            if (commit is not null && digest.Commit is not null && digest.Commit != commit)
            {
                throw new DevcontainerException(Codes.DigestForeign, new SourceLocation(path), path, $"the commit {digest.Commit}", commit);
            }

            if (digest.ImageKey != key)
            {
                throw new DevcontainerException(Codes.DigestForeign, new SourceLocation(path), path, $"inputs of the key {digest.ImageKey}", key);
            }

            digests.Add(digest);
        }

        return digests;
    }

    private static string PathOf(string outputPath, Platform platform) => Path.Combine(outputPath, FolderName, $"{platform.FileName}.json");

    private static PlatformDigest Read(string path, Platform platform)
    {
        if (!File.Exists(path))
        {
            throw new DevcontainerException(Codes.DigestMissing, platform, path);
        }

        try
        {
            if (new FileInfo(path).Length > MaxLength)
            {
                throw new FormatException("it is too long");
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            var digest = new PlatformDigest(
                Platform.Parse(Text(root, "platform")),
                Digest.Parse(Text(root, "digest")),
                Text(root, "key") ?? throw new FormatException("it has no 'key'"),
                Text(root, "commit"),
                Text(root, "repository") ?? throw new FormatException("it has no 'repository'"));
            return digest.Platform == platform && root.GetProperty("schema").GetInt32() == Schema
                ? digest
                : throw new FormatException($"it is of {digest.Platform}, or of another version");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or DevcontainerException
            or IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.DigestFileInvalid, new SourceLocation(path), path, e.Message.TrimEnd('.')), e);
        }
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
