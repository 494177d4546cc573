using System.Net;
using System.Net.Sockets;
using Devcontainer.Diagnostics;
using Polly;
using Polly.Retry;

namespace Devcontainer.Oci;

/// <summary>
/// Gets files from a web server that asks for no credentials: redirects, repetitions and stalls as with registries (<see cref="RegistryClientOptions"/>).
/// Loopback may speak plain HTTP, and no other.
/// </summary>
public sealed class FileDownload : IDisposable
{
    private readonly RegistryClientOptions _options;
    private readonly ResiliencePipeline _repeat;
    private readonly HttpMessageInvoker _direct;
    private readonly HttpMessageInvoker _common;

    /// <summary>Downloads with the standard patience.</summary>
    public FileDownload()
        : this(new RegistryClientOptions())
    {
    }

    internal FileDownload(RegistryClientOptions options)
    {
        _options = options;
        _direct = new HttpMessageInvoker(Make(useProxy: false));
        _common = new HttpMessageInvoker(Make(useProxy: true));
        _repeat = new ResiliencePipelineBuilder { TimeProvider = options.Time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.Retries,
                Delay = options.RetryDelay,
                MaxDelay = options.LongestRetryDelay,
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
    /// <exception cref="DevcontainerException">DEVC3093: the server cannot be reached, refuses or stalls.</exception>
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
            throw Unreachable(address, e.Message.TrimEnd('.'), e);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _direct.Dispose();
        _common.Dispose();
    }

    private async ValueTask<T> GetOnceAsync<T>(Uri address, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, address);
        message.Headers.TryAddWithoutValidation("User-Agent", _options.UserAgent);
        using HttpResponseMessage response = await SendAsync(message, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new StatusException(response.StatusCode);
        }

        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using Stream guarded = RegistryTransport.Guard(body, _options);
        return await read(guarded, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stalled.CancelAfter(_options.StallTimeout);
        try
        {
            HttpMessageInvoker invoker = RegistryEndpoint.IsLoopback(message.RequestUri!) ? _direct : _common;
            return await invoker.SendAsync(message, stalled.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StallException(_options.StallTimeout);
        }
    }

    // .NET itself follows no redirect from HTTPS to plain HTTP.
    private SocketsHttpHandler Make(bool useProxy) => new()
    {
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = useProxy,
        ConnectTimeout = _options.StallTimeout,
    };

    private static bool MayPass(Exception? e) => e switch
    {
        StatusException { Status: var status } => (int)status is 408 or 429 or >= 500,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => false,
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => false,
        HttpRequestException or HttpIOException or StallException => true,
        _ => false,
    };

    private static DevcontainerException Unreachable(Uri address, string reason, Exception inner) =>
        new(Diagnostic.Create(Codes.FeedUnreachable, null, address.GetLeftPart(UriPartial.Path), reason), inner);

    private sealed class StatusException(HttpStatusCode status) : Exception($"it answered {(int)status}")
    {
        internal HttpStatusCode Status { get; } = status;
    }
}
