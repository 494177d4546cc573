using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild;

/// <summary>What a prebuild came to.</summary>
/// <param name="Receipt">The record of the image.</param>
/// <param name="Source">Where the image is from this time: <c>local</c>, <c>registry</c> or <c>built</c>.</param>
/// <param name="LayoutPath">Absolute path of the layout; empty where layers are still in the registry.</param>
public sealed record PrebuildResult(Receipt Receipt, string Source, string LayoutPath)
{
    /// <summary>Where the images of single platforms are from, by platform.</summary>
    public IReadOnlyDictionary<string, string> PlatformSources { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the image of a platform is from this time.</summary>
    public string SourceOf(string platform) => PlatformSources.GetValueOrDefault(platform, Source);

    /// <summary>Says in one line what the prebuild came to.</summary>
    internal PrebuildResult Tell(IBuildReporter reporter, PrebuildRequest request, string how)
    {
        reporter.Status($"{request.ProjectName} -> {Receipt.Image.Reference} ({Source}: {how})");
        return this;
    }
}

/// <summary>What resolving came to.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Features">The Features, in install order.</param>
public sealed record ResolvedPrebuild(IReadOnlyList<CacheKey> Keys, IReadOnlyList<ReceiptFeature> Features);
