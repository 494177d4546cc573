using System.Text.RegularExpressions;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>
/// What a repository has, as far as its tags lead there: registries list tags and no manifests. What something keeps is an index's entries, and what
/// says something about it: by its subject, by the fallback tag (OCI distribution specification, referrers tag schema), or by the tags of cosign.
/// </summary>
/// <param name="manifests">The manifests.</param>
/// <param name="tags">The tags that name one of them, with its digest.</param>
internal sealed partial class RepositoryGraph(IEnumerable<ManifestNode> manifests, IReadOnlyDictionary<string, Digest> tags)
{
    /// <summary>The manifests by digest.</summary>
    internal IReadOnlyDictionary<Digest, ManifestNode> Manifests { get; } = manifests.ToDictionary(static manifest => manifest.Digest);

    /// <summary>The tags, with what they name.</summary>
    internal IReadOnlyDictionary<string, Digest> Tags => tags;

    /// <summary>The tags of each manifest that has any, sorted.</summary>
    internal ILookup<Digest, string> TagsOf { get; } =
        tags.OrderBy(static tag => tag.Key, StringComparer.Ordinal).ToLookup(static tag => tag.Value, static tag => tag.Key);

    /// <summary>The subjects of each manifest that has any, by its own word and by its tags; they need not be there.</summary>
    internal ILookup<Digest, Digest> SubjectsOf => field ??= Subjects().ToLookup(static pair => pair.About, static pair => pair.Subject);

    /// <summary>What says something about each manifest.</summary>
    internal ILookup<Digest, Digest> About => field ??= Subjects().ToLookup(static pair => pair.Subject, static pair => pair.About);

    /// <summary>What the name of a tag says that it is about: it has the form of a fallback tag, or of one of cosign's. Null for any other.</summary>
    internal static Digest? SubjectIn(string tag) => SubjectTag().Match(tag) is { Success: true } match ? Digest.Parse("sha256:" + match.Groups[1].Value) : null;

    /// <summary>What the manifest of a tag is about, by the name of the tag. Null also for an image under a name like a fallback tag's, as tools give
    /// that copy by digest: a list of referrers is an index, of no platforms.</summary>
    internal Digest? SubjectOf(string tag) =>
        SubjectIn(tag) is { } subject && (!IsFallback(tag, subject) || (Manifests[tags[tag]] is { HasPlatforms: false } list && MediaTypes.IsIndex(list.MediaType)))
            ? subject
            : null;

    /// <summary>Whether a manifest is the list of what refers to another, under that one's fallback tag.</summary>
    internal bool IsList(Digest digest) => TagsOf[digest].Any(tag => SubjectOf(tag) is { } subject && IsFallback(tag, subject));

    private static bool IsFallback(string tag, Digest subject) => tag == RegistryClient.FallbackTag(subject);

    private IEnumerable<(Digest About, Digest Subject)> Subjects() =>
        Manifests.Values.Select(static manifest => (manifest.Digest, manifest.Subject))
            .Concat(tags.Select(tag => (Digest: tag.Value, Subject: SubjectOf(tag.Key))))
            .Where(static pair => pair.Subject is not null)
            .Select(static pair => (pair.Digest, pair.Subject!.Value))
            .Distinct();

    // The fallback tag, and what cosign adds to it for signatures, attestations and SBOMs.
    [GeneratedRegex(@"^sha256-([0-9a-f]{64})(\.(sig|att|sbom))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex SubjectTag();
}
