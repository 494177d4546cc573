using System.Net;

namespace Devcontainer.Oci;

/// <summary>
/// The connections of a client, kept and used again. Loopback is reached directly, as docker does it, whatever proxy the environment names.
/// </summary>
internal sealed class RegistryConnections(RegistryClientOptions options) : IDisposable
{
    private readonly Lock _making = new();
    private HttpMessageInvoker? _loopback;
    private HttpMessageInvoker? _others;

    /// <summary>Who sends requests to a place.</summary>
    internal HttpMessageInvoker For(Uri uri)
    {
        lock (_making)
        {
            return RegistryEndpoint.IsLoopback(uri) ? _loopback ??= Make(useProxy: false) : _others ??= Make(useProxy: true);
        }
    }

    public void Dispose()
    {
        _loopback?.Dispose();
        _others?.Dispose();
    }

    private HttpMessageInvoker Make(bool useProxy) => new(new SocketsHttpHandler
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
    });
}
