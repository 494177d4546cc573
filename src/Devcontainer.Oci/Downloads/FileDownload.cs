using System.Net;
using System.Net.Sockets;
using Devcontainer.Diagnostics;
using Polly;
using Polly.Retry;

namespace Devcontainer.Oci;

/// <summary>
/// Gets files from a web server that asks for no credentials: redirects, repetitions, stalls and certificates as with registries
/// (<see cref="RegistryClientOptions"/>). Loopback may speak plain HTTP, and no other.
/// </summary>
public sealed class FileDownload : IDisposable
{
    private const int MostRedirects = 5;

    private readonly string _code;
    private readonly RegistryClientOptions _options;
    private readonly RegistryConnections _connections;
    private readonly ResiliencePipeline _repeat;

    /// <summary>Downloads with the standard patience.</summary>
    /// <param name="code">What it is called when a file cannot be fetched: its message takes the address and the reason.</param>
    /// <param name="certificateFolders">Where the authorities of single hosts are looked for (<see cref="RegistryClientOptions.CertificateFolders"/>).</param>
    public FileDownload(string code, params IReadOnlyList<string> certificateFolders)
    {
        _code = code;
        _options = new RegistryClientOptions { CertificateFolders = certificateFolders };
        _connections = new RegistryConnections(_options);
        _repeat = new ResiliencePipelineBuilder { TimeProvider = _options.Time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = _options.Retries,
                Delay = _options.RetryDelay,
                MaxDelay = _options.LongestRetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = static arguments => ValueTask.FromResult(MayPass(arguments.Outcome.Exception)),
            })
            .Build();
    }

    /// <summary>Whether files may be got from an address: HTTPS, or loopback.</summary>
    public static bool IsAllowed(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && RegistryEndpoint.IsLoopback(address));

    /// <summary>Gets a file and reads it, all of it again where something passing went wrong on the way.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="read">Reads it to its end, from its beginning each time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">The code of this download: the server cannot be reached, refuses or stalls.</exception>
    public async Task<T> GetAsync<T>(Uri address, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.Deadline);
        try
        {
            return await _repeat.ExecuteAsync(token => GetOnceAsync(address, read, token), deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(address, $"it took longer than {_options.Deadline}", e);
        }
        catch (Exception e) when (e is StatusException or HttpRequestException or HttpIOException or StallException)
        {
            throw Unreachable(address, Reason(e), e);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _connections.Dispose();
    }

    private async ValueTask<T> GetOnceAsync<T>(Uri address, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        for (int redirects = 0; ; redirects++)
        {
            using HttpResponseMessage response = await SendAsync(address, cancellationToken).ConfigureAwait(false);
            if (redirects < MostRedirects && Redirect(address, response) is { } next)
            {
                address = next;
                continue;
            }

            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new StatusException(response.StatusCode);
            }

            Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using Stream guarded = RegistryTransport.Guard(body, _options);
            return await read(guarded, cancellationToken).ConfigureAwait(false);
        }
    }

    // Never from HTTPS to plain HTTP, nor from loopback to plain HTTP elsewhere.
    private static Uri? Redirect(Uri address, HttpResponseMessage response)
    {
        if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
        {
            return null;
        }

        var next = new Uri(address, location);
        return next.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && IsAllowed(next)) ? next : null;
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, address);
        message.Headers.TryAddWithoutValidation("User-Agent", _options.UserAgent);
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stalled.CancelAfter(_options.StallTimeout);
        try
        {
            return await _connections.For(address).SendAsync(message, stalled.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StallException(_options.StallTimeout);
        }
    }

    private static bool MayPass(Exception? e) => e switch
    {
        StatusException { Status: var status } => (int)status is 408 or 429 or >= 500,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => false,
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => false,
        HttpRequestException or HttpIOException or StallException => true,
        _ => false,
    };

    private static string Reason(Exception e) => e switch
    {
        { InnerException: UntrustedCertificateException untrusted } => $"its certificate is not trusted: {untrusted.Message}",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: { } inner } => inner.Message.TrimEnd('.'),
        _ => e.Message.TrimEnd('.'),
    };

    private DevcontainerException Unreachable(Uri address, string reason, Exception inner) =>
        new(Diagnostic.Create(_code, null, address.GetLeftPart(UriPartial.Path), reason), inner);

    private sealed class StatusException(HttpStatusCode status) : Exception($"it answered {(int)status}")
    {
        internal HttpStatusCode Status { get; } = status;
    }
}
