using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Plan;

/// <summary>
/// What would be built: a pure function of the inputs and of the configurations of their base images. Same inputs, same bytes.
/// </summary>
internal sealed record PrebuildPlan
{
    /// <summary>What it is made from.</summary>
    internal required PrebuildInputs Inputs { get; init; }

    /// <summary>The keys.</summary>
    internal required IReadOnlyList<CacheKey> Keys { get; init; }

    /// <summary>One build per platform, in the order of the request.</summary>
    internal required IReadOnlyList<PlatformPlan> Platforms { get; init; }
}

/// <summary>One platform's build.</summary>
internal sealed record PlatformPlan
{
    /// <summary>The platform.</summary>
    internal required Platform Platform { get; init; }

    /// <summary>The generated Dockerfile.</summary>
    internal required string Dockerfile { get; init; }

    /// <summary>The stage of it to build.</summary>
    internal required string? Stage { get; init; }

    /// <summary>Build arguments that the generated Dockerfile needs besides the user's.</summary>
    internal required IReadOnlyDictionary<string, string> BuildArguments { get; init; }

    /// <summary>Who runs what.</summary>
    internal required ContainerUsers Users { get; init; }

    /// <summary>The text of the label <c>devcontainer.metadata</c>; null for no label.</summary>
    internal required string? MetadataLabel { get; init; }

    /// <summary>The configuration merged with what the image brings.</summary>
    internal required JsonObject MergedConfiguration { get; init; }

    /// <summary>The file that tells Features of the users.</summary>
    internal required string BuiltinEnvironment { get; init; }

    /// <summary>The base images, by digest of this platform's manifest.</summary>
    internal required IReadOnlyList<ReceiptBase> Bases { get; init; }
}
