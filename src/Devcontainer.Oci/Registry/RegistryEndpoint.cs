using System.Net;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>Where the requests for a registry go.</summary>
/// <param name="Registry">Whose credentials are sent: the registry's own name, or its mirror's.</param>
/// <param name="Origin">Scheme, host and port.</param>
/// <param name="Prefix">What a mirror puts before every repository, with its slash; else empty.</param>
internal sealed record RegistryEndpoint(string Registry, Uri Origin, string Prefix)
{
    // The host that serves docker.io's API has another name (distribution/reference, normalize.go).
    private const string DockerHubHost = "registry-1.docker.io";

    internal static RegistryEndpoint For(string registry, RegistryClientOptions options)
    {
        string prefix = "";
        string host = registry;
        if (Find(options.Mirrors, registry) is { } mirror)
        {
            int slash = mirror.IndexOf('/', StringComparison.Ordinal);
            host = slash < 0 ? mirror : mirror[..slash];
            prefix = slash < 0 ? "" : mirror[(slash + 1)..].Trim('/') + "/";
            prefix = prefix == "/" ? "" : prefix;

            // The grammar of references decides what a host and a path are, so that nothing else gets into the URL.
            if (!ImageReference.TryParse($"{host}/{prefix}x", out ImageReference? parsed) 
                || !string.Equals(parsed.Registry, host, StringComparison.OrdinalIgnoreCase))
            {
                throw new DevcontainerException(Codes.MirrorInvalid, Printable.Quote(registry), Printable.Quote(mirror));
            }

            host = parsed.Registry;
        }

        string address = host == "docker.io" ? DockerHubHost : host;
        bool plain = IsPlain(address, options) || IsPlain(host, options);
        return new RegistryEndpoint(host, new Uri($"{(plain ? "http" : "https")}://{address}/"), prefix);
    }

    /// <summary>Whether plain HTTP is allowed to a host (with its port).</summary>
    internal static bool IsPlain(string authority, RegistryClientOptions options)
    {
        if (!System.Uri.TryCreate("http://" + authority, UriKind.Absolute, out Uri? uri))
        {
            return false;
        }

        foreach (string insecure in options.InsecureRegistries)
        {
            if (System.Uri.TryCreate("http://" + insecure, UriKind.Absolute, out Uri? listed)
                && listed.Host == uri.Host && listed.Port == uri.Port)
            {
                return true;
            }
        }

        // A registry on loopback that has a certificate authority of its own does not speak plain HTTP.
        return IsLoopback(uri) && RegistryCertificates.Folder(uri.Authority, options) is null;
    }

    /// <summary>Whether a request may go there: HTTPS, or plain HTTP where that is allowed.</summary>
    internal static bool IsAllowed(Uri uri, RegistryClientOptions options) =>
        uri.Scheme == System.Uri.UriSchemeHttps || (uri.Scheme == System.Uri.UriSchemeHttp && IsPlain(uri.Authority, options));

    /// <summary>localhost or an address that is loopback; a name that resolves to one is not.</summary>
    internal static bool IsLoopback(Uri uri) =>
        uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    internal Uri Uri(string repository, string path) => new(Origin, $"v2/{Prefix}{repository}/{path}");

    internal string Scope(string repository, string actions) => $"repository:{Prefix}{repository}:{actions}";

    private static string? Find(IReadOnlyDictionary<string, string> mirrors, string registry)
    {
        foreach ((string key, string mirror) in mirrors)
        {
            if (string.Equals(key, registry, StringComparison.OrdinalIgnoreCase))
            {
                return mirror;
            }
        }

        return null;
    }
}
