using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// The tags that a push gives an image so that others find it by its keys: <c>prebuild-&lt;key&gt;</c> names the index, and for each platform its
/// manifest; <c>env-&lt;key&gt;</c> names a platform's manifest by what the engine was needed for.
/// </summary>
internal static class KeyTags
{
    private const string Prebuild = "prebuild-";
    private const string Environment = "env-";

    // The digits of a key (CacheKey.Value).
    private const int KeyLength = 64;

    /// <summary>The tag of a key; null for a tier that names no image.</summary>
    internal static string? Of(CacheKey key) => key.Tier switch
    {
        KeyTier.Index or KeyTier.Image => Prebuild + key.Value,
        KeyTier.Environment => Environment + key.Value,
        _ => null,
    };

    /// <summary>Whether a tag is a key's, and so nobody's who uses an image by its name.</summary>
    internal static bool IsKey(string tag) => IsKey(tag, Prebuild) || IsKey(tag, Environment);

    private static bool IsKey(string tag, string prefix) =>
        tag.Length == prefix.Length + KeyLength && tag.StartsWith(prefix, StringComparison.Ordinal)
        && tag.Skip(prefix.Length).All(char.IsAsciiHexDigitLower);

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
