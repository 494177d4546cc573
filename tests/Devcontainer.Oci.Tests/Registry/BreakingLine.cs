using System.Net;
using System.Net.Sockets;

namespace Devcontainer.Oci.Tests;

/// <summary>A line to a server that breaks in the middle of whatever is large: each of its first connections that carries more than a limit.</summary>
internal sealed class BreakingLine : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly long _limit;
    private readonly Task _accepting;
    private int _left;

    /// <summary>Opens it.</summary>
    /// <param name="target">The server's port on loopback.</param>
    /// <param name="limit">How many bytes go through, either way, before it breaks.</param>
    /// <param name="breaks">How often it breaks.</param>
    internal BreakingLine(int target, long limit, int breaks)
    {
        _target = target;
        _limit = limit;
        _left = breaks;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal string Host => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>How many breaks are still to come.</summary>
    internal int Left => Math.Max(0, _left);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var lines = new List<Task>();
        try
        {
            while (true)
            {
                lines.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(lines);
        }
    }

    private async Task CarryAsync(TcpClient near)
    {
        using (near)
        using (var far = new TcpClient())
        {
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
            {
                // Either end has gone.
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        byte[] buffer = new byte[16 * 1024];
        long carried = 0;
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and int read)
            {
                carried += read;
                if (carried > _limit && Interlocked.Decrement(ref _left) >= 0)
                {
                    from.LingerState = to.LingerState = new LingerOption(true, 0);
                    return;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Either end has gone.
        }
    }
}
