using System.Buffers;

namespace Devcontainer.Oci;

/// <summary>Reading while what was read is still worked on.</summary>
internal static class ReadAhead
{
    private const int Piece = 256 * 1024;

    /// <summary>Reads a stream to its end, and hands on each piece while the next one comes.</summary>
    /// <param name="content">The stream; the caller disposes it.</param>
    /// <param name="use">Takes a piece.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal static async Task ReadAheadAsync(
        this Stream content, Action<ReadOnlySpan<byte>> use, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        byte[] coming = ArrayPool<byte>.Shared.Rent(Piece);
        byte[] here = ArrayPool<byte>.Shared.Rent(Piece);
        Task<int> reading = Task.FromResult(0);
        try
        {
            reading = content.ReadAsync(coming, ended.Token).AsTask();
            while (await reading.ConfigureAwait(false) is > 0 and int read)
            {
                (coming, here) = (here, coming);
                reading = content.ReadAsync(coming, ended.Token).AsTask();
                use(here.AsSpan(0, read));
            }
        }
        finally
        {
            // Where a piece was not taken, the next one is still on its way into a buffer that others would be given.
            await ended.CancelAsync().ConfigureAwait(false);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(coming);
            ArrayPool<byte>.Shared.Return(here);
        }
    }
}
