using System.Net;

namespace Devcontainer.Oci;

/// <summary>
/// The connections of a client, kept and used again. Loopback is reached directly, as docker does it, whatever proxy the environment names.
/// </summary>
internal sealed class RegistryConnections(RegistryClientOptions options) : IDisposable
{
    // By what sets a place apart: the folder of its own certificate authorities, or one of these.
    private const string PlainLoopback = "loopback";
    private const string Common = "";

    private readonly Dictionary<string, HttpMessageInvoker> _made = new(StringComparer.Ordinal);

    /// <summary>Who sends requests to a place.</summary>
    /// <exception cref="Diagnostics.DevcontainerException">Its certificate authorities cannot be read.</exception>
    internal HttpMessageInvoker For(Uri uri)
    {
        bool secure = uri.Scheme == Uri.UriSchemeHttps;
        bool loopback = RegistryEndpoint.IsLoopback(uri);
        string? folder = secure ? RegistryCertificates.Folder(uri.Authority, options) : null;
        string kind = folder ?? (loopback ? PlainLoopback : Common);
        lock (_made)
        {
            if (!_made.TryGetValue(kind, out HttpMessageInvoker? invoker))
            {
                SocketsHttpHandler handler = Make(useProxy: !loopback);
                if (kind != PlainLoopback)
                {
                    handler.SslOptions.RemoteCertificateValidationCallback = RegistryCertificates.Check(folder);
                }

                _made[kind] = invoker = new HttpMessageInvoker(handler);
            }

            return invoker;
        }
    }

    public void Dispose()
    {
        foreach (HttpMessageInvoker invoker in _made.Values)
        {
            invoker.Dispose();
        }
    }

    private SocketsHttpHandler Make(bool useProxy) => new()
    {
        // Redirects are followed by the transport, since what may go along depends on where they lead.
        AllowAutoRedirect = false,
        // A decompressed body has another digest.
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = useProxy,
        // No registry has a use for a trace header, and it costs start-up.
        ActivityHeadersPropagator = null,
        ConnectTimeout = options.StallTimeout,
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}
