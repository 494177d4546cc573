using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// One blob on its way to a registry: whole, or in pieces where it is too large for one. Where it breaks, the registry is asked how far it
/// has come and the rest is sent; where it does not know, the upload begins anew (OCI distribution specification, pushing blobs).
/// </summary>
/// <param name="transport">Sends.</param>
/// <param name="start">The request that begins an upload.</param>
/// <param name="source">The blob.</param>
/// <param name="begun">Where an upload was begun already, by a mount that was none; or null.</param>
internal sealed class BlobUpload(RegistryTransport transport, RegistryRequest start, BlobSource source, Uri? begun)
{
    // Bytes a second.
    private const int SlowestCheck = 32 * 1024 * 1024;

    private readonly RegistryClientOptions _options = transport.Options;
    private bool _inPieces = source.Blob.Size > transport.Options.LargestUpload;
    private Uri? _location = begun;
    private long _offset;
    private int _smallestPiece;
    private int _beginnings;

    // Whether what the registry has of it may differ from what we know.
    private bool _unclear;

    /// <summary>Sends all of it.</summary>
    /// <exception cref="DevcontainerException">The blob is damaged, or a code DEVC502x.</exception>
    internal async Task SendAsync(CancellationToken cancellationToken)
    {
        // Each piece is repeated on its own, so that a long upload may break more often than a short one.
        while (!await transport.RepeatAsync(start, AdvanceAsync, cancellationToken).ConfigureAwait(false))
        {
        }
    }

    /// <summary>Sends the next piece, or the end; true when there is nothing more to send.</summary>
    private async Task<bool> AdvanceAsync(CancellationToken cancellationToken)
    {
        if (_unclear && await AskAsync(cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        if (_location is null)
        {
            await BeginAsync(cancellationToken).ConfigureAwait(false);
        }

        _unclear = true;
        return !_inPieces ? await SendWholeAsync(cancellationToken).ConfigureAwait(false)
            : _offset < source.Blob.Size ? await SendPieceAsync(cancellationToken).ConfigureAwait(false)
            : await EndAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (_beginnings > _options.Retries)
        {
            throw RegistryTransport.Protocol(start, "it loses the uploads that it begins");
        }

        using HttpResponseMessage response = await transport.SendOnceAsync(start, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Accepted)
        {
            throw await transport.RefusedAsync(start, response, cancellationToken).ConfigureAwait(false);
        }

        _location = Location(start, response, _options)
            ?? throw RegistryTransport.Protocol(start, "it began an upload and did not say where");
        _beginnings++;
        _offset = 0;
        _smallestPiece = response.Headers.NonValidated.TryGetValues("OCI-Chunk-Min-Length", out HeaderStringValues stated)
            && int.TryParse(stated.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int length) ? length : 0;
    }

    // Asks how much the registry has. True where it has the blob: what broke was the answer to the last request.
    private async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        long? end = null;
        if (_location is not null)
        {
            RegistryRequest ask = start with { Method = HttpMethod.Get, Uri = _location };
            using HttpResponseMessage response = await transport.SendOnceAsync(ask, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                end = End(response);
                _location = Location(ask, response, _options) ?? _location;
            }
        }

        // Registries say 0-0 of nothing as of one byte, and more than the blob has is nonsense.
        bool goesOn = end > 0 && end < source.Blob.Size;
        if (!goesOn || end == source.Blob.Size - 1)
        {
            RegistryRequest head = start with { Method = HttpMethod.Head, Uri = new Uri(start.Uri, $"../{source.Blob.Digest}") };
            using HttpResponseMessage there = await transport.SendOnceAsync(head, cancellationToken).ConfigureAwait(false);
            if (there.StatusCode == HttpStatusCode.OK)
            {
                return true;
            }
        }

        (_location, _offset) = goesOn ? (_location, end!.Value + 1) : (null, 0);
        _inPieces |= goesOn;
        _unclear = false;
        return false;
    }

    private async Task<bool> SendWholeAsync(CancellationToken cancellationToken)
    {
        RegistryRequest put = Put(sent => new BlobContent(source, 0, source.Blob.Size, sent));
        using HttpResponseMessage response = await transport.SendOnceAsync(put, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestEntityTooLarge)
        {
            (_inPieces, _location, _unclear) = (true, null, false);
            return false;
        }

        return await CheckAsync(put, response, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> SendPieceAsync(CancellationToken cancellationToken)
    {
        long length = Math.Min(Math.Max(_options.ChunkSize, _smallestPiece), source.Blob.Size - _offset);
        RegistryRequest patch = start with
        {
            Method = HttpMethod.Patch,
            Uri = _location!,
            Body = sent => Ranged(new BlobContent(source, _offset, length, sent), _offset, length),
        };
        using HttpResponseMessage response = await transport.SendOnceAsync(patch, cancellationToken).ConfigureAwait(false);
        switch (response.StatusCode)
        {
            // It has another part of the blob than we think, or has forgotten the upload.
            case HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.NotFound when _beginnings <= _options.Retries:
                _beginnings++;
                return false;
            case var status when (int)status is < 200 or >= 300:
                throw await transport.RefusedAsync(patch, response, cancellationToken).ConfigureAwait(false);
        }

        _location = Location(patch, response, _options) ?? _location;
        _offset += length;
        _unclear = false;
        return false;
    }

    private async Task<bool> EndAsync(CancellationToken cancellationToken)
    {
        RegistryRequest put = Put(static _ => new ByteArrayContent([]));
        using HttpResponseMessage response = await transport.SendOnceAsync(put, cancellationToken).ConfigureAwait(false);
        return await CheckAsync(put, response, cancellationToken).ConfigureAwait(false);
    }

    private RegistryRequest Put(Func<Action<long>, HttpContent> body) => start with
    {
        Method = HttpMethod.Put,
        Uri = new Uri($"{_location!.AbsoluteUri}{(_location.Query.Length > 0 ? "&" : "?")}digest={Uri.EscapeDataString(source.Blob.Digest.Value)}"),
        Body = body,
        // Before it answers, a registry may read it once more, or copy it to where it stays.
        Patience = TimeSpan.FromSeconds(source.Blob.Size / (double)SlowestCheck),
    };

    private async Task<bool> CheckAsync(RegistryRequest put, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.NotFound && _beginnings <= _options.Retries)
        {
            // The upload is forgotten.
            return false;
        }

        if (!response.IsSuccessStatusCode)
        {
            // The registry checks the digest of what it gets, so that it is not computed a second time here unless something is wrong.
            await source.VerifyAsync(cancellationToken).ConfigureAwait(false);
            throw await transport.RefusedAsync(put, response, cancellationToken).ConfigureAwait(false);
        }

        return RegistryClient.Stated(put, response) is { } stated && stated != source.Blob.Digest
            ? throw new DevcontainerException(Codes.RegistryContentWrong, put.Endpoint.Registry, source.Blob.Digest.Value, stated.Value)
            : true;
    }

    /// <summary>Where an upload goes on: relative or absolute; where it leads elsewhere, the transport sends no credentials there.</summary>
    internal static Uri? Location(RegistryRequest request, HttpResponseMessage response, RegistryClientOptions options)
    {
        if (!response.Headers.NonValidated.TryGetValues("Location", out HeaderStringValues values))
        {
            return null;
        }

        return Uri.TryCreate(response.RequestMessage!.RequestUri!, values.ToString(), out Uri? location)
            && RegistryEndpoint.IsAllowed(location, options)
            ? location
            : throw RegistryTransport.Protocol(request, "it wants an upload to go to a place that is not HTTPS");
    }

    // The last byte that a registry has: Range: 0-99, with or without the unit.
    private static long? End(HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues("Range", out HeaderStringValues values))
        {
            return null;
        }

        string range = values.ToString();
        int from = range.IndexOf("0-", StringComparison.Ordinal);
        return range[..Math.Max(0, from)] is "" or "bytes=" && from >= 0
            && long.TryParse(range.AsSpan(from + 2), NumberStyles.None, CultureInfo.InvariantCulture, out long end) ? end : null;
    }

    // The range of an upload has no unit before it and no size behind (distribution specification, pushing a blob in chunks), so it is no
    // Content-Range that HttpClient would let pass as one.
    private static BlobContent Ranged(BlobContent content, long from, long length)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"{from}-{from + length - 1}");
        content.Headers.TryAddWithoutValidation("Content-Range", range);
        return content;
    }
}
