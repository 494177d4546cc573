using System.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// Reads a response's body and gives up where it only drips: <see cref="HttpClient.Timeout"/> ends with the headers. Only the time spent
/// waiting for the network counts, not what the reader does in between.
/// </summary>
internal sealed class StallGuardedStream(Stream inner, TimeSpan timeout, int fewestBytes) : ReadOnlyStream
{
    private TimeSpan _waited;
    private long _bytes;

    /// <exception cref="StallException">Fewer than the fewest bytes came in the timeout.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stalled.CancelAfter(timeout - _waited);
        long start = Stopwatch.GetTimestamp();
        int read;
        try
        {
            read = await inner.ReadAsync(buffer, stalled.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StallException(timeout);
        }

        _waited += Stopwatch.GetElapsedTime(start);
        _bytes += read;
        if (_bytes >= fewestBytes)
        {
            _bytes = 0;
            _waited = TimeSpan.Zero;
        }
        else if (_waited >= timeout)
        {
            throw new StallException(timeout);
        }

        return read;
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
