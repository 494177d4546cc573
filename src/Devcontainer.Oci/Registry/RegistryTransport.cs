using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Polly;
using Polly.Retry;

namespace Devcontainer.Oci;

/// <summary>
/// Sends requests to registries: sign-in, redirects, repetitions, stalls, and what a failure is called. The one place that talks HTTP.
/// </summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int MostRedirects = 5;
    private const int LargestError = 16 * 1024;

    private readonly RegistryClientOptions _options;
    private readonly RegistryConnections _connections;
    private readonly RegistryAuth _auth;

    // Made when something first fails: to load and build it takes longer than most requests do.
    private ResiliencePipeline? _repeat;

    internal RegistryTransport(RegistryClientOptions options)
    {
        _options = options;
        _connections = new RegistryConnections(options);
        _auth = new RegistryAuth(options, (message, cancellationToken) => TransmitAsync(message, null, TimeSpan.Zero, cancellationToken));
    }

    internal RegistryClientOptions Options => _options;

    /// <summary>Sends a request and reads its answer, all of it again where something passing went wrong on the way.</summary>
    /// <param name="request">The request.</param>
    /// <param name="read">Reads the answer, of whatever status but 408, 429 and 5xx. The response is disposed after it.</param>
    /// <param name="cancellationToken">Cancels; the deadline too.</param>
    /// <exception cref="DevcontainerException">The registry cannot be reached, refuses or stalls.</exception>
    internal async Task<T> SendAsync<T>(
        RegistryRequest request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        // As RepeatAsync does, and not by it: each layer of asynchronous methods is compiled anew at the first request of a process.
        try
        {
            Exception failure;
            try
            {
                using HttpResponseMessage response = await SendOnceAsync(request, cancellationToken).ConfigureAwait(false);
                return await read(response, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (MayPass(e))
            {
                failure = e;
            }

            return await RepeatAsync(
                failure,
                async token =>
                {
                    using HttpResponseMessage response = await SendOnceAsync(request, token).ConfigureAwait(false);
                    return await read(response, token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TransientStatusException or HttpRequestException or IOException)
        {
            throw Named(request, e);
        }
    }

    /// <summary>Sends a request; the caller reads the answer and disposes it.</summary>
    internal Task<HttpResponseMessage> OpenAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        RepeatAsync(request, token => SendOnceAsync(request, token), cancellationToken);

    /// <summary>Does what may take several requests, all of it again where something passing went wrong on the way.</summary>
    /// <param name="request">The request that names what is done, for messages.</param>
    /// <param name="attempt">Sends with <see cref="SendOnceAsync(RegistryRequest, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Cancels; the deadline too.</param>
    /// <exception cref="DevcontainerException">The registry cannot be reached, refuses or stalls.</exception>
    internal async Task<T> RepeatAsync<T>(
        RegistryRequest request, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        try
        {
            Exception failure;
            try
            {
                return await attempt(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (MayPass(e))
            {
                failure = e;
            }

            return await RepeatAsync(failure, attempt, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TransientStatusException or HttpRequestException or IOException)
        {
            throw Named(request, e);
        }
    }

    /// <summary>Sends a request once, signed in and redirected as need be.</summary>
    /// <exception cref="TransientStatusException">408, 429 or 5xx.</exception>
    /// <exception cref="HttpRequestException">The network failed.</exception>
    /// <exception cref="IOException">The network failed, or was silent (<see cref="StallException"/>).</exception>
    internal async Task<HttpResponseMessage> SendOnceAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        AuthenticationHeaderValue? authorization = await _auth.KnownAsync(request, cancellationToken).ConfigureAwait(false);
        Uri uri = request.Uri;
        bool answered = false;
        for (int redirects = 0; ; redirects++)
        {
            HttpResponseMessage response;
            using (HttpRequestMessage message = Message(request, uri, authorization))
            {
                response = await TransmitAsync(message, request.Body, request.Patience, cancellationToken).ConfigureAwait(false);
            }

            try
            {
                if (Redirect(request, uri, response, redirects) is { } next)
                {
                    uri = next;
                }
                else if (response.StatusCode == HttpStatusCode.Unauthorized && !answered && IsOwn(request, uri)
                    && await _auth.AnswerAsync(request, response, authorization, cancellationToken).ConfigureAwait(false) is { } answer)
                {
                    // A token may be missing, or have expired: one answer to a challenge, and no second. Another host's challenge is not
                    // ours to answer.
                    (authorization, answered, uri) = (answer, true, request.Uri);
                }
                else
                {
                    return (int)response.StatusCode is 408 or 429 or >= 500 ? throw new TransientStatusException(response) : response;
                }
            }
            catch
            {
                response.Dispose();
                throw;
            }

            response.Dispose();
        }
    }

    public void Dispose()
    {
        _connections.Dispose();
        _auth.Dispose();
    }

    /// <summary>Reads a body into memory.</summary>
    internal static async Task<byte[]> ReadBodyAsync(
        HttpResponseMessage response, int largest, string what, RegistryClientOptions options, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength is { } stated && stated > largest)
        {
            throw new DevcontainerException(Codes.ContentTooLarge, what, stated, largest);
        }

        await using Stream body = Guard(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), options);
        var bytes = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (bytes.Length + read > largest)
            {
                throw new DevcontainerException(Codes.ContentTooLarge, what, $"over {largest}", largest);
            }

            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    internal static StallGuardedStream Guard(Stream body, RegistryClientOptions options) =>
        new(body, options.StallTimeout, options.StallBytes);

    /// <summary>The error for an answer that nobody expected.</summary>
    internal async Task<DevcontainerException> RefusedAsync(
        RegistryRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string says = await ReadErrorAsync(response, cancellationToken).ConfigureAwait(false);
        string registry = request.Endpoint.Registry;
        return response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? new DevcontainerException(
                Codes.RegistryUnauthorized, registry, request.Scope, $"it answered {(int)response.StatusCode}{says}")
            : new DevcontainerException(Codes.RegistryRefused, registry, (int)response.StatusCode, request, says);
    }

    internal static DevcontainerException Protocol(RegistryRequest request, string reason) =>
        new(Codes.RegistryProtocol, request.Endpoint.Registry, reason);

    internal static DevcontainerException Unreachable(RegistryEndpoint endpoint, Exception e) =>
        new(
            e switch
            {
                StallException => Diagnostic.Create(Codes.RegistryTimeout, null, endpoint.Registry, e.Message),
                { InnerException: UntrustedCertificateException untrusted } =>
                    Diagnostic.Create(Codes.RegistryUntrusted, null, endpoint.Registry, untrusted.Message),
                _ => Diagnostic.Create(Codes.RegistryUnreachable, null, endpoint.Registry, Reason(endpoint, e)),
            },
            e);

    // The pipeline takes the first failure for its own first attempt, so that counting and pausing are all its.
    private ValueTask<T> RepeatAsync<T>(Exception? failure, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken) =>
        (_repeat ??= Pipeline()).ExecuteAsync(
            async token =>
            {
                if (Interlocked.Exchange(ref failure, null) is { } first)
                {
                    ExceptionDispatchInfo.Throw(first);
                }

                return await attempt(token).ConfigureAwait(false);
            },
            cancellationToken);

    private ResiliencePipeline Pipeline() => new ResiliencePipelineBuilder { TimeProvider = _options.Time }
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = _options.Retries,
            ShouldHandle = arguments => ValueTask.FromResult(MayPass(arguments.Outcome.Exception)),
            DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(Pause(arguments.AttemptNumber, arguments.Outcome.Exception)),
        })
        .Build();

    private static string Reason(RegistryEndpoint endpoint, Exception e) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
            $"the name {endpoint.Origin.Host} cannot be resolved",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            "a secure connection failed; if it speaks plain HTTP, list it in DevcontainerInsecureRegistries",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError, InnerException: SocketException socket } =>
            $"no connection to {endpoint.Origin.Authority} ({socket.SocketErrorCode})",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => $"no connection to {endpoint.Origin.Authority}",
        _ => "the connection broke",
    };

    // Where an answer sends the request; null where it is the last word.
    private Uri? Redirect(RegistryRequest request, Uri uri, HttpResponseMessage response, int redirects)
    {
        bool safe = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head;
        bool redirected = (int)response.StatusCode is 307 or 308 || (safe && (int)response.StatusCode is 301 or 302 or 303);
        if (!redirected || response.Headers.Location is not { } location)
        {
            return null;
        }

        if (redirects >= MostRedirects)
        {
            throw Protocol(request, "it redirects without end");
        }

        Uri next = new(uri, location);
        return RegistryEndpoint.IsAllowed(next, _options)
            ? next
            : throw Protocol(request, $"it redirects to {Printable.Quote(next.GetLeftPart(UriPartial.Authority))}, which is not HTTPS");
    }

    private static DevcontainerException Named(RegistryRequest request, Exception e) => e is TransientStatusException { Status: var status }
        ? new DevcontainerException(
            status == HttpStatusCode.TooManyRequests
                ? Diagnostic.Create(Codes.RegistryRateLimited, null, request.Endpoint.Registry, request)
                : Diagnostic.Create(Codes.RegistryRefused, null, request.Endpoint.Registry, (int)status, request, ""),
            e)
        : Own(e) ?? Unreachable(request.Endpoint, e);

    // What our own body threw while it was sent is not the network's fault.
    private static DevcontainerException? Own(Exception? e)
    {
        while (e is not null and not DevcontainerException)
        {
            e = e.InnerException;
        }

        return e as DevcontainerException;
    }

    private static HttpRequestMessage Message(RegistryRequest request, Uri uri, AuthenticationHeaderValue? authorization)
    {
        var message = new HttpRequestMessage(request.Method, uri);
        if (request.Accept.Length > 0)
        {
            message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        }

        if (request.RangeFrom is { } from)
        {
            message.Headers.Range = new RangeHeaderValue(from, null);
        }

        // Only the registry itself may see the proof: not where it redirects to, not where it wants an upload to go.
        if (authorization is not null && IsOwn(request, uri))
        {
            message.Headers.Authorization = authorization;
        }

        return message;
    }

    private static bool IsOwn(RegistryRequest request, Uri uri) =>
        uri.Scheme == request.Endpoint.Origin.Scheme && uri.Authority == request.Endpoint.Origin.Authority;

    private async Task<HttpResponseMessage> TransmitAsync(
        HttpRequestMessage message, Func<Action<long>, HttpContent>? body, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stalled.CancelAfter(_options.StallTimeout);
        message.Content ??= body?.Invoke(left => stalled.CancelAfter(_options.StallTimeout + (left > 0 ? TimeSpan.Zero : patience)));
        // As it is, here and for Accept: parsing a fixed text into values that are written as they were costs start-up.
        message.Headers.TryAddWithoutValidation("User-Agent", _options.UserAgent);
        try
        {
            return await _connections.For(message.RequestUri!).SendAsync(message, stalled.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StallException(_options.StallTimeout);
        }
    }

    private bool MayPass(Exception? e) => _options.Retries > 0 && e switch
    {
        TransientStatusException { RetryAfter: { } asked } when asked > _options.LongestRetryDelay => false,
        TransientStatusException => true,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => false,
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => false,
        HttpRequestException or IOException => Own(e) is null,
        _ => false,
    };

    private TimeSpan Pause(int attempt, Exception? e)
    {
        TimeSpan pause = _options.RetryDelay * Math.Pow(2, attempt) * (0.8 + (0.4 * Random.Shared.NextDouble()));
        if (e is TransientStatusException { RetryAfter: { } asked } && asked > pause)
        {
            pause = asked;
        }

        return pause < _options.LongestRetryDelay ? pause : _options.LongestRetryDelay;
    }

    // The first error of a registry's body, as ": CODE message"; empty where there is none.
    private async Task<string> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            byte[] body = await ReadBodyAsync(response, LargestError, "error", _options, cancellationToken).ConfigureAwait(false);
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement error = document.RootElement.GetProperty("errors")[0];
            string code = error.TryGetProperty("code", out JsonElement c) ? c.ToString() : "";
            string text = error.TryGetProperty("message", out JsonElement m) ? m.ToString() : "";
            return ": " + Printable.Quote(_auth.Scrub(string.Create(CultureInfo.InvariantCulture, $"{code} {text}").Trim()));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException
            or HttpRequestException or IOException or DevcontainerException)
        {
            return "";
        }
    }
}
