using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>A manifest of a repository, by what it needs and what it is about.</summary>
internal sealed partial record ManifestNode
{
    private const string CacheConfigType = "application/vnd.buildkit.cacheconfig.v0";

    /// <summary>Its digest.</summary>
    internal required Digest Digest { get; init; }

    /// <summary>Its media type, as the registry states it.</summary>
    internal string MediaType { get; init; } = MediaTypes.ImageManifest;

    /// <summary>Whether it is a manifest or an index that can be read. What cannot is never deleted.</summary>
    internal bool IsKnown { get; init; } = true;

    /// <summary>The manifests that it names: an index's entries; of an unknown kind, every digest in it.</summary>
    internal IReadOnlyList<Digest> Children { get; init; } = [];

    /// <summary>Whether it is an index of an image's platforms.</summary>
    internal bool HasPlatforms { get; init; }

    /// <summary>The manifest that it says something about; null for none.</summary>
    internal Digest? Subject { get; init; }

    /// <summary>What kind of artifact it is; null for an image.</summary>
    internal string? ArtifactType { get; init; }

    /// <summary>When it was made, where it says so; of a receipt, when the image was built that it is about; of a build cache, when its newest layer was.</summary>
    internal DateTimeOffset? Created { get; init; }

    /// <summary>Configuration and layers; of an index what BuildKit lists in that of a cache.</summary>
    internal IReadOnlyList<Descriptor> Blobs { get; init; } = [];

    /// <summary>Of a build cache, what lists its records; null for anything else.</summary>
    internal Descriptor? CacheConfig => Blobs.FirstOrDefault(static blob => blob.MediaType == CacheConfigType);

    /// <summary>Whether it is a build cache of BuildKit's.</summary>
    internal bool IsCache => CacheConfig is not null;

    /// <summary>It with its age, by the records of a build cache (moby/buildkit <c>cache/remotecache/v1/spec.go</c>); without one where they do not tell.</summary>
    /// <param name="config">The content of <see cref="CacheConfig"/>.</param>
    internal ManifestNode WithAge(ReadOnlyMemory<byte> config)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(config);
            DateTimeOffset[] times =
            [
                .. document.RootElement.GetProperty("records").EnumerateArray()
                    .SelectMany(static record => record.TryGetProperty("layers", out JsonElement layers) ? layers.EnumerateArray().ToArray() : [])
                    .Select(static layer => layer.GetProperty("createdAt").GetDateTimeOffset()),
            ];
            return this with { Created = times.Length == 0 ? null : times.Max() };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Of another version: nobody knows how old it is, and it is kept.
            return this;
        }
    }

    /// <summary>Reads what a registry has.</summary>
    internal static ManifestNode Read(RegistryManifest manifest)
    {
        string mediaType = manifest.Descriptor.MediaType;
        Digest digest = manifest.Descriptor.Digest;
        try
        {
            if (MediaTypes.IsIndex(mediaType))
            {
                ImageIndex index = ImageIndex.Parse(manifest.Bytes, digest.Value);
                return new ManifestNode
                {
                    Digest = digest,
                    MediaType = mediaType,
                    Children = [.. index.Manifests.Where(static entry => !IsBlob(entry.MediaType)).Select(static entry => entry.Digest)],
                    HasPlatforms = index.Manifests.Any(static entry => entry.Platform is not null),
                    Blobs = [.. index.Manifests.Where(static entry => IsBlob(entry.MediaType))],
                    Subject = index.Subject?.Digest,
                    ArtifactType = index.ArtifactType,
                    Created = CreatedIn(index.Annotations),
                };
            }

            if (MediaTypes.IsManifest(mediaType))
            {
                ImageManifest image = ImageManifest.Parse(manifest.Bytes, digest.Value);
                return new ManifestNode
                {
                    Digest = digest,
                    MediaType = mediaType,
                    Subject = image.Subject?.Digest,
                    ArtifactType = image.ArtifactType,
                    Created = CreatedIn(image.Annotations),
                    Blobs = [.. image.Layers, image.Config],
                };
            }
        }
        catch (DevcontainerException)
        {
            // Other tools may make something of it: it counts as one of an unknown kind.
        }

        // What it names may be needed by it, whatever it is.
        IEnumerable<Digest> named = AnyDigest().Matches(Encoding.UTF8.GetString(manifest.Bytes.Span)).Select(static match => Digest.Parse(match.Value));
        return new ManifestNode { Digest = digest, MediaType = mediaType, IsKnown = false, Children = [.. named.Distinct()] };
    }

    /// <summary>Every digest that a text has, of whatever format it is.</summary>
    [GeneratedRegex("sha256:[0-9a-f]{64}(?![0-9a-f])", RegexOptions.CultureInvariant)]
    internal static partial Regex AnyDigest();

    // Registries have no manifest of that digest, and some answer with an error instead of saying so.
    private static bool IsBlob(string mediaType) =>
        mediaType == CacheConfigType
        || mediaType.StartsWith(MediaTypes.Layer, StringComparison.Ordinal)
        || mediaType.StartsWith(MediaTypes.DockerLayer, StringComparison.Ordinal);

    private static DateTimeOffset? CreatedIn(IReadOnlyDictionary<string, string> annotations) =>
        annotations.TryGetValue(ReceiptArtifact.Created, out string? text)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset created)
            ? created
            : null;
}
