using System.Globalization;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Build;

/// <summary>Writes cache references as buildx's <c>--cache-from</c> and <c>--cache-to</c> take them, one per platform.</summary>
internal static class CacheOptions
{
    /// <summary>The option of <paramref name="cache"/> for one platform.</summary>
    internal static string Format(CacheReference cache, Platform platform)
    {
        var text = new StringBuilder("type=").Append(cache.Type);
        string? naming = NameAttribute(cache.Type);
        bool named = false;
        foreach ((string name, string value) in cache.Attributes)
        {
            string own = cache.PerPlatform ? ForPlatform(cache.Type, name, value, platform) : value;
            named |= name == naming;
            text.Append(',').Append(BakeDefinition.CsvField($"{name}={own}"));
        }

        if (cache.PerPlatform && naming is not null && !named)
        {
            // What BuildKit calls a cache that has no name.
            text.Append(CultureInfo.InvariantCulture, $",{naming}=buildkit-{platform.FileName}");
        }

        return text.ToString();
    }

    /// <summary>The reference of a registry's cache for one platform, by which BuildKit calls it.</summary>
    internal static string PlaceOf(CacheReference cache, Platform platform) =>
        ForPlatform(cache.Type, "ref", cache.Attributes.First(static attribute => attribute.Key == "ref").Value, platform);

    /// <summary>
    /// A warning where GitHub's cache is asked for without the variables that lead to it: buildx would leave it out and say nothing
    /// (docker/buildx, <c>util/buildflags/cache.go</c>).
    /// </summary>
    internal static Diagnostic? Unreachable(PrebuildRequest request)
    {
        bool asked = request.CacheFrom.Concat(request.CacheTo).Any(static cache =>
            cache.Type == "gha" && cache.Attributes.All(static attribute => attribute.Key is not ("token" or "url" or "url_v2")));
        bool reachable = request.Environment.ContainsKey("ACTIONS_RUNTIME_TOKEN")
            && (request.Environment.ContainsKey("ACTIONS_CACHE_URL") || request.Environment.ContainsKey("ACTIONS_RESULTS_URL"));
        return asked && !reachable ? Diagnostic.Create(Codes.GitHubCacheUnreachable, null) : null;
    }

    /// <summary>The attribute that tells caches of one place apart, where that may be left out (moby/buildkit README, "Export cache").</summary>
    private static string? NameAttribute(string type) => type switch
    {
        "gha" => "scope",
        "s3" or "azblob" => "name",
        _ => null,
    };

    private static string ForPlatform(string type, string name, string value, Platform platform) => (type, name) switch
    {
        ("registry", "ref") => WithTagSuffix(value, platform.FileName),
        ("local", "dest" or "src") => Path.Combine(value, platform.FileName),
        _ when name == NameAttribute(type) => $"{value}-{platform.FileName}",
        _ => value,
    };

    private static string WithTagSuffix(string reference, string suffix)
    {
        if (reference.Contains('@', StringComparison.Ordinal))
        {
            // A digest is one cache and no other.
            return reference;
        }

        int slash = reference.LastIndexOf('/');
        bool tagged = reference.IndexOf(':', slash + 1) >= 0;
        return tagged ? $"{reference}-{suffix}" : $"{reference}:cache-{suffix}";
    }
}
