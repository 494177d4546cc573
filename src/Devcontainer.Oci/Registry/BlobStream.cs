using System.Net;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>A blob as it comes from a registry. Where the connection breaks, or ends early, the rest is asked for.</summary>
internal sealed class BlobStream : ReadOnlyStream
{
    // So much progress makes up for a break: a long transfer over a bad line may break more often than a short one.
    private const long Progress = 1024 * 1024;

    private readonly RegistryTransport _transport;
    private readonly RegistryRequest _request;
    private readonly Descriptor _blob;
    private readonly CancellationTokenSource _deadline;
    private HttpResponseMessage _response;
    private StallGuardedStream? _body;
    private long _position;
    private long _resumedAt;
    private int _breaks;
    private long _skip;

    internal BlobStream(
        RegistryTransport transport,
        RegistryRequest request,
        Descriptor blob,
        HttpResponseMessage response,
        CancellationTokenSource deadline)
    {
        _transport = transport;
        _request = request;
        _blob = blob;
        _response = response;
        _deadline = deadline;
    }

    public override long Length => _blob.Size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        // Readers of layers are synchronous; no synchronisation context is there to wait for.
        byte[] shared = System.Buffers.ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            int read = ReadAsync(shared.AsMemory(0, buffer.Length)).AsTask().GetAwaiter().GetResult();
            shared.AsSpan(0, read).CopyTo(buffer);
            return read;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(shared);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _deadline.Token);
        try
        {
            while (true)
            {
                Exception? broken = null;
                try
                {
                    int read = await ReadOnAsync(buffer, either.Token).ConfigureAwait(false);
                    // Without a Content-Length a connection that broke looks like one that ended.
                    if (read > 0 || buffer.IsEmpty || _position >= _blob.Size)
                    {
                        _position += read;
                        return read;
                    }
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    broken = e;
                }

                await ResumeAsync(broken, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw RegistryClient.DeadlinePassed(_request.Endpoint, _transport.Options);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body?.Dispose();
            _response.Dispose();
            _deadline.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<int> ReadOnAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _body ??= RegistryTransport.Guard(
            await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), _transport.Options);
        if (_skip > 0)
        {
            byte[] skipped = new byte[32 * 1024];
            while (_skip > 0)
            {
                Memory<byte> piece = skipped.AsMemory(0, (int)Math.Min(_skip, skipped.Length));
                int read = await _body.ReadAsync(piece, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    return 0;
                }

                _skip -= read;
            }
        }

        return await _body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    private async Task ResumeAsync(Exception? broken, CancellationToken cancellationToken)
    {
        _breaks = _position - _resumedAt >= Progress ? 1 : _breaks + 1;
        if (_breaks > _transport.Options.Retries)
        {
            throw broken is null
                ? new DevcontainerException(
                    Codes.BlobCorrupt, _blob.Digest.Value, _request.Endpoint.Registry, $"it ends after {_position} of {_blob.Size} bytes")
                : RegistryTransport.Unreachable(_request.Endpoint, broken);
        }

        _resumedAt = _position;
        _body?.Dispose();
        _body = null;
        _response.Dispose();
        RegistryRequest rest = _position == 0 ? _request : _request with { RangeFrom = _position };
        _response = await _transport.OpenAsync(rest, cancellationToken).ConfigureAwait(false);
        _skip = _response.StatusCode switch
        {
            HttpStatusCode.PartialContent when _position > 0 && _response.Content.Headers.ContentRange?.From == _position => 0,
            // The whole blob again: what was read already is passed over, and its digest is known.
            HttpStatusCode.OK => _position,
            _ => throw await _transport.RefusedAsync(rest, _response, cancellationToken).ConfigureAwait(false),
        };
    }
}
