namespace Devcontainer.Prebuild.Keys;

/// <summary>What a key covers.</summary>
public enum KeyTier
{
    /// <summary>Everything that the engine is needed for.</summary>
    Environment,

    /// <summary>The .NET SDK and runtimes that are put on it.</summary>
    Toolchain,

    /// <summary>Declared inputs that follow packages; later the exact NuGet closure.</summary>
    Packages,

    /// <summary>All tiers of one platform.</summary>
    Image,

    /// <summary>The images of all platforms.</summary>
    Index,
}

/// <summary>One key.</summary>
/// <param name="Tier">What it covers.</param>
/// <param name="Platform">The platform, as <c>linux/amd64</c>; null for <see cref="KeyTier.Index"/>.</param>
/// <param name="Value">64 hexadecimal digits.</param>
public sealed record CacheKey(KeyTier Tier, string? Platform, string Value)
{
    /// <summary>The tier as items and files write it.</summary>
    public string TierName => NameOf(Tier);

    /// <summary>The tier's name in items and files.</summary>
    internal static string NameOf(KeyTier tier) => tier switch
    {
        KeyTier.Environment => "environment",
        KeyTier.Toolchain => "toolchain",
        KeyTier.Packages => "packages",
        KeyTier.Image => "image",
        _ => "index",
    };

    /// <summary>The tier that items and files write so.</summary>
    internal static bool TryParseTier(string name, out KeyTier tier)
    {
        tier = name switch
        {
            "environment" => KeyTier.Environment,
            "toolchain" => KeyTier.Toolchain,
            "packages" => KeyTier.Packages,
            "image" => KeyTier.Image,
            _ => KeyTier.Index,
        };
        return tier != KeyTier.Index || name == "index";
    }
}
