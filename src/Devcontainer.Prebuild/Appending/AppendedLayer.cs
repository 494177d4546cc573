using Devcontainer.Oci;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Appending;

/// <summary>A layer that is put on an environment image without an engine.</summary>
/// <param name="Tier">The tier that it is of.</param>
/// <param name="Key">What it was made of: the same key is the same content, so a layer that is known by it is not made again.</param>
/// <param name="Blob">The layer: its blob need not be here where a registry has it.</param>
/// <param name="DiffId">Digest of the uncompressed layer.</param>
/// <param name="CreatedBy">What it has, as the image's history says it.</param>
internal sealed record AppendedLayer(KeyTier Tier, string Key, Descriptor Blob, Digest DiffId, string CreatedBy)
{
    private const string TierAnnotation = "com.devcontainer-sdk.tier";
    private const string KeyAnnotation = "com.devcontainer-sdk.key";

    /// <summary>The layer as a manifest lists it: it says what it was made of, so that whoever has the manifest need not make it again.</summary>
    internal Descriptor Listed => new(Blob.MediaType, Blob.Digest, Blob.Size)
    {
        Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { [TierAnnotation] = CacheKey.NameOf(Tier), [KeyAnnotation] = Key },
    };

    /// <summary>Tier and key of a listed layer; null for one that an engine built.</summary>
    internal static (string Tier, string Key)? KeyOf(Descriptor listed) =>
        listed.Annotations.TryGetValue(TierAnnotation, out string? tier) && listed.Annotations.TryGetValue(KeyAnnotation, out string? key) ? (tier, key) : null;
}
