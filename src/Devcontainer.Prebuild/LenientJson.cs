using System.Text.Json;

namespace Devcontainer.Prebuild;

/// <summary>JSON as people and their tools write it: with comments, and commas at the end.</summary>
internal static class LenientJson
{
    /// <summary>How it is parsed.</summary>
    internal static readonly JsonDocumentOptions Options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Parses a file.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static JsonDocument ReadFile(string path) => JsonDocument.Parse(File.ReadAllBytes(path), Options);
}
