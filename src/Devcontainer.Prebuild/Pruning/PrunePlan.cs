using System.Globalization;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>
/// What of a repository is kept and why, and what is deleted and in which order: a pure function of what there is and the policy. Whatever is reachable
/// from something that is kept for itself is kept, whoever else names it, and a manifest that is kept keeps its tags.
/// </summary>
internal sealed class PrunePlan
{
    private readonly RepositoryGraph _graph;
    private readonly PrunePolicy _policy;
    private readonly Dictionary<Digest, string> _roots = [];
    private readonly HashSet<Digest> _kept = [];

    /// <summary>Makes the plan.</summary>
    internal PrunePlan(RepositoryGraph graph, PrunePolicy policy)
    {
        _graph = graph;
        _policy = policy;
        HashSet<Digest> parts = [.. graph.Manifests.Values.SelectMany(static manifest => manifest.Children)];
        Images =
        [
            .. graph.Manifests.Values.Where(manifest => manifest.IsKnown && !parts.Contains(manifest.Digest) && !graph.SubjectsOf.Contains(manifest.Digest))
                .Select(static manifest => manifest.Digest)
                .OrderByDescending(Built).ThenBy(static image => image.Value, StringComparer.Ordinal),
        ];
        KeepForThemselves();
        KeepWhatTheyNeed();
        Deletions = new DeletionOrder(graph, [.. Images.Reverse().Concat(graph.Manifests.Keys).Distinct().Where(digest => !_kept.Contains(digest))]).Run();
    }

    /// <summary>The images, those built last first: what is part of nothing else, and says nothing about something else.</summary>
    internal IReadOnlyList<Digest> Images { get; }

    /// <summary>What is kept for itself, and why.</summary>
    internal IReadOnlyDictionary<Digest, string> Roots => _roots;

    /// <summary>What is deleted, in the order of <see cref="DeletionOrder"/>.</summary>
    internal IReadOnlyList<Digest> Deletions { get; }

    /// <summary>Bytes of configurations and layers that nothing names any more.</summary>
    internal long FreedBytes
    {
        get
        {
            HashSet<Digest> used =
            [
                .. _kept.SelectMany(digest => _graph.Manifests[digest].Blobs).Select(static blob => blob.Digest),
                .. _kept.SelectMany(digest => _graph.Manifests[digest].Children),
            ];
            return Deletions.SelectMany(digest => _graph.Manifests[digest].Blobs).DistinctBy(static blob => blob.Digest)
                .Where(blob => !used.Contains(blob.Digest)).Sum(static blob => blob.Size);
        }
    }

    /// <summary>Whether a manifest is kept.</summary>
    internal bool IsKept(Digest digest) => _kept.Contains(digest);

    /// <summary>When an image was built: what its newest receipt says, or it itself. Null where nothing does.</summary>
    internal DateTimeOffset? Built(Digest image) => _graph.About[image]
        .Select(about => _graph.Manifests[about])
        .Where(static about => about.ArtifactType == ReceiptArtifact.ArtifactType)
        .Append(_graph.Manifests[image])
        .Max(static manifest => manifest.Created);

    private void KeepForThemselves()
    {
        var last = Images.Where(image => Built(image) is not null && !_graph.Manifests[image].IsCache).Take(_policy.KeepLast).ToHashSet();
        HashSet<Digest> images = [.. Images];
        foreach (ManifestNode manifest in _graph.Manifests.Values)
        {
            Digest digest = manifest.Digest;
            string[] tags = [.. _graph.TagsOf[digest].Where(tag => _policy.Keeps(_graph, tag))];
            string? reason =
                tags.Length > 0 ? $"tagged {string.Join(", ", tags)}"
                : _policy.Named.TryGetValue(digest, out string? place) ? $"named by {place}"
                : !manifest.IsKnown ? $"nobody knows what it is ({manifest.MediaType})"
                : IsAboutElsewhere(digest) ? "what it is about is not in this repository"
                : !images.Contains(digest) ? null
                : last.Contains(digest) ? string.Create(CultureInfo.InvariantCulture, $"one of the last {_policy.KeepLast}")
                : IsYoung(digest) ? "young, or nobody knows how old it is"
                : null;
            if (reason is not null)
            {
                _roots.Add(digest, reason);
            }
        }
    }

    private bool IsYoung(Digest image) => _policy.KeepFor > TimeSpan.Zero && !(Built(image) < _policy.Now - _policy.KeepFor);

    // Signatures may be kept apart from what they sign (cosign's COSIGN_REPOSITORY); a list of referrers never is.
    private bool IsAboutElsewhere(Digest digest) =>
        _graph.TagsOf[digest].Any(tag => _graph.SubjectOf(tag) is not null) && !_graph.IsList(digest)
        && !_graph.SubjectsOf[digest].Any(_graph.Manifests.ContainsKey);

    private void KeepWhatTheyNeed()
    {
        var next = new Stack<Digest>(_roots.Keys);
        while (next.TryPop(out Digest digest))
        {
            if (!_kept.Add(digest))
            {
                continue;
            }

            foreach (Digest needed in _graph.Manifests[digest].Children.Concat(_graph.About[digest]).Where(_graph.Manifests.ContainsKey))
            {
                next.Push(needed);
            }
        }
    }
}
