using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild;

/// <summary>What a prebuild came to.</summary>
/// <param name="Receipt">The record of the image.</param>
/// <param name="Source">Where the image is from this time: <c>local</c> or <c>built</c>.</param>
/// <param name="LayoutPath">Absolute path of the layout.</param>
public sealed record PrebuildResult(Receipt Receipt, string Source, string LayoutPath);

/// <summary>What resolving came to.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Features">The Features, in install order.</param>
public sealed record ResolvedPrebuild(IReadOnlyList<CacheKey> Keys, IReadOnlyList<ReceiptFeature> Features);
