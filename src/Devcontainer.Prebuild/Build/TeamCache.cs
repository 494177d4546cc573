namespace Devcontainer.Prebuild.Build;

/// <summary>
/// The build cache that a team shares without asking for it: under tags of the image's own repository, where whoever may fetch the image may fetch it too.
/// Every build reads it, so that on a new machine only changed instructions run; only a push writes it.
/// </summary>
internal static class TeamCache
{
    private const string Tag = "cache";

    /// <summary>Adds the cache to the caches that the project names; not where the image has no registry, or none may be asked.</summary>
    internal static PrebuildRequest AddTo(PrebuildRequest request)
    {
        if (!request.ReadsTeamCache || request.Registry.Length == 0 || request.Registries.Offline)
        {
            return request;
        }

        KeyValuePair<string, string> place = new("ref", $"{request.Registry}/{request.Repository}:{Tag}");
        KeyValuePair<string, string>[] plainHttp =
            request.Registries.Insecure.Contains(request.Registry, StringComparer.OrdinalIgnoreCase) ? [new("registry.insecure", "true")] : [];
        PrebuildRequest added = request with { CacheFrom = [.. request.CacheFrom, new CacheReference("registry", [place, .. plainHttp])] };

        // Nobody has asked for this export, so a registry that refuses it fails no build. As an image manifest, for some take nothing else
        // (aws/containers-roadmap issue 876).
        return !request.WritesTeamCache || request.CacheTo.Any(cache => cache.Attributes.Contains(place))
            ? added
            : added with
            {
                CacheTo =
                [
                    .. request.CacheTo,
                    new CacheReference("registry", [place, new("mode", "max"), new("image-manifest", "true"), new("ignore-error", "true"), .. plainHttp]),
                ],
            };
    }
}
