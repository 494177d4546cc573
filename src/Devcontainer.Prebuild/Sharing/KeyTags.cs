using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// The tags that a push gives an image so that others find it by its keys: <c>prebuild-&lt;key&gt;</c> names the index, and for each platform its
/// manifest; <c>env-&lt;key&gt;</c> names a platform's manifest by what the engine was needed for.
/// </summary>
internal static class KeyTags
{
    /// <summary>The tag of a key; null for a tier that names no image.</summary>
    internal static string? Of(CacheKey key) => key.Tier switch
    {
        KeyTier.Index or KeyTier.Image => "prebuild-" + key.Value,
        KeyTier.Environment => "env-" + key.Value,
        _ => null,
    };

    /// <summary>The tag of a platform's key.</summary>
    internal static string Of(IReadOnlyList<CacheKey> keys, KeyTier tier, string? platform)
    {
        foreach (CacheKey key in keys)
        {
            if (key.Tier == tier && key.Platform == platform)
            {
                return Of(key)!;
            }
        }

        throw new ArgumentException($"There is no {tier} key of {platform}.", nameof(platform));
    }
}
