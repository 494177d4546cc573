using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Devcontainer.Prebuild.Processes;

/// <summary>The one place that starts processes.</summary>
public interface IProcessRunner
{
    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the program and its children are gone.</exception>
    Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken);
}

/// <summary>
/// Runs programs with both outputs read to the end at once (a full pipe would stop the program), each line capped, and on cancellation first
/// asks (SIGINT, so that buildx ends its session with the engine), then kills the whole tree.
/// </summary>
public sealed class ProcessRunner : IProcessRunner
{
    /// <summary>How long an interrupted program may take to end its session.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(6);

    // How long a killed program may take to be gone, and the pipes of one to be closed.
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(2);

    // Of a program that SIGINT has ended, and of one that ends itself by it as a shell would have it.
    private const int InterruptedExitCode = 128 + NativeMethods.Interrupt;

    /// <inheritdoc />
    public async Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = new Process { StartInfo = StartInfo(request) };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        EventHandler onExit = (_, _) => Interrupt(process);
        process.Start();

        // Asked to end (SIGTERM), this process does not cancel its tasks: the program must not outlive it all the same.
        AppDomain.CurrentDomain.ProcessExit += onExit;
        try
        {
            if (request.Timeout is { } timeout)
            {
                end.CancelAfter(timeout);
            }

            Task streams = Task.WhenAll(
                ReadAsync(process.StandardOutput.BaseStream, request.ReadOutput ?? Lines(request.OnOutput), end),
                ReadAsync(process.StandardError.BaseStream, Lines(request.OnError), end),
                WriteInputAsync(process, request.Input, end));
            bool ended = await WaitAsync(process, end.Token).ConfigureAwait(false);
            if (!ended)
            {
                await EndAsync(process).ConfigureAwait(false);
            }

            if (ended && process.ExitCode == InterruptedExitCode)
            {
                // Ctrl-C reaches the program too, which may be gone before this process has been told to cancel. Then it is no failure of the program.
                await Task.WhenAny(Task.Delay(Drain, cancellationToken)).ConfigureAwait(false);
            }

            // A grandchild may hold the pipes open after the program is gone; its output is not waited for.
            await Task.WhenAny(streams, Task.Delay(ended ? Grace : Drain, CancellationToken.None)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (streams.IsFaulted)
            {
                await streams.ConfigureAwait(false);
            }

            return new ProcessResult(process.HasExited ? process.ExitCode : -1, TimedOut: !ended);
        }
        finally
        {
            AppDomain.CurrentDomain.ProcessExit -= onExit;
        }
    }

    private static ProcessStartInfo StartInfo(ProcessRequest request)
    {
        var info = new ProcessStartInfo(request.FileName, request.Arguments)
        {
            WorkingDirectory = request.WorkingDirectory,
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment.Clear();
        foreach ((string name, string value) in request.Environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    private static Func<Stream, CancellationToken, Task> Lines(Action<string>? onLine) => (stream, _) => BoundedLines.ReadAsync(stream, onLine);

    // A reader that failed reads no more, and the program would stop at a full pipe: it is ended instead.
    private static async Task ReadAsync(Stream stream, Func<Stream, CancellationToken, Task> read, CancellationTokenSource end)
    {
        try
        {
            await read(stream, end.Token).ConfigureAwait(false);
        }
        catch
        {
            await end.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task WriteInputAsync(Process process, Func<Stream, CancellationToken, Task>? write, CancellationTokenSource end)
    {
        try
        {
            await using Stream stream = process.StandardInput.BaseStream;
            if (write is not null)
            {
                await write(stream, end.Token).ConfigureAwait(false);
                await stream.FlushAsync(end.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The program ended without reading everything: its exit code says what went wrong.
        }
        catch
        {
            await end.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task EndAsync(Process process)
    {
        if (!OperatingSystem.IsWindows() && Interrupt(process))
        {
            using var grace = new CancellationTokenSource(Grace);
            if (await WaitAsync(process, grace.Token).ConfigureAwait(false))
            {
                return;
            }
        }

        Kill(process);
        using var drain = new CancellationTokenSource(Drain);
        await WaitAsync(process, drain.Token).ConfigureAwait(false);
    }

    /// <summary>Waits for the program; false where the token was faster.</summary>
    private static async Task<bool> WaitAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Asks the program to end. On Windows, where another's console cannot be asked, ends it.</summary>
    private static bool Interrupt(Process process)
    {
        if (OperatingSystem.IsWindows())
        {
            Kill(process);
            return true;
        }

        return !process.HasExited && NativeMethods.Kill(process.Id, NativeMethods.Interrupt) == 0;
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is Win32Exception or AggregateException or InvalidOperationException)
        {
            // It has just ended, or some of its children may not be ended by this user.
        }
    }

    private static class NativeMethods
    {
        /// <summary>SIGINT on every Unix.</summary>
        internal const int Interrupt = 2;

        [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Kill(int pid, int signal);
    }
}
