using System.Text.RegularExpressions;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>
/// What a repository has, as far as its tags lead there: registries list tags and no manifests. What something keeps is an index's entries, and what
/// says something about it: by its subject, by the fallback tag (OCI distribution specification, referrers tag schema), or by the tags of cosign.
/// </summary>
/// <param name="manifests">The manifests.</param>
/// <param name="tags">The tags that name one of them, with its digest.</param>
internal sealed partial class RepositoryGraph(IReadOnlyCollection<ManifestNode> manifests, IReadOnlyDictionary<string, Digest> tags)
{
    private readonly Dictionary<Digest, ManifestNode> _manifests = manifests.ToDictionary(static manifest => manifest.Digest);

    /// <summary>The manifests by digest.</summary>
    internal IReadOnlyDictionary<Digest, ManifestNode> Manifests => _manifests;

    /// <summary>The tags, with what they name.</summary>
    internal IReadOnlyDictionary<string, Digest> Tags => tags;

    /// <summary>The tags of each manifest that has any, sorted.</summary>
    internal ILookup<Digest, string> TagsOf { get; } =
        tags.OrderBy(static tag => tag.Key, StringComparer.Ordinal).ToLookup(static tag => tag.Value, static tag => tag.Key);

    /// <summary>The subjects of each manifest that has any, by its own word and by its tags; they need not be there.</summary>
    internal ILookup<Digest, Digest> SubjectsOf { get; } = Subjects(manifests, tags).ToLookup(static pair => pair.About, static pair => pair.Subject);

    /// <summary>What says something about each manifest.</summary>
    internal ILookup<Digest, Digest> About { get; } = Subjects(manifests, tags).ToLookup(static pair => pair.Subject, static pair => pair.About);

    /// <summary>The subject of a tag that is for what says something about a manifest; null for every other tag.</summary>
    internal static Digest? SubjectOf(string tag) => SubjectTag().Match(tag) is { Success: true } match ? Digest.Parse("sha256:" + match.Groups[1].Value) : null;

    /// <summary>Whether a tag is the fallback tag of a subject, whose index lists what refers to it.</summary>
    internal static bool IsFallback(string tag) => SubjectOf(tag) is { } subject && tag == RegistryClient.FallbackTag(subject);

    private static IEnumerable<(Digest About, Digest Subject)> Subjects(IEnumerable<ManifestNode> manifests, IReadOnlyDictionary<string, Digest> tags) =>
        manifests.Select(static manifest => (manifest.Digest, manifest.Subject))
            .Concat(tags.Select(static tag => (Digest: tag.Value, Subject: SubjectOf(tag.Key))))
            .Where(static pair => pair.Subject is not null)
            .Select(static pair => (pair.Digest, pair.Subject!.Value))
            .Distinct();

    // The fallback tag, and what cosign adds to it for signatures, attestations and SBOMs.
    [GeneratedRegex(@"^sha256-([0-9a-f]{64})(\.(sig|att|sbom))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex SubjectTag();
}
