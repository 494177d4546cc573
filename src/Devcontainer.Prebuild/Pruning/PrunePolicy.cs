using System.IO.Enumeration;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>What is kept besides what tags need.</summary>
internal sealed record PrunePolicy
{
    /// <summary>Manifests that somebody names, with where.</summary>
    internal IReadOnlyDictionary<Digest, string> Named { get; init; } = new Dictionary<Digest, string>();

    /// <summary>Names of tags that keep nothing, as those of keys do not; <c>*</c> stands for any text.</summary>
    internal IReadOnlyList<string> WeakTags { get; init; } = [];

    /// <summary>How many images are kept that were built last.</summary>
    internal int KeepLast { get; init; }

    /// <summary>How long an image is kept after it was built; zero for not at all. Otherwise one of unknown age is kept too: a push may go on.</summary>
    internal TimeSpan KeepFor { get; init; }

    /// <summary>What time it is.</summary>
    internal required DateTimeOffset Now { get; init; }

    /// <summary>Whether a tag of a repository keeps what it names: not one of a key, nor of a branch's build cache, nor of what is said about something.</summary>
    internal bool Keeps(RepositoryGraph graph, string tag) =>
        !KeyTags.IsKey(tag) && !CacheTag.IsOfBranch(tag) && graph.SubjectOf(tag) is null && !WeakTags.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, tag, ignoreCase: false));
}
