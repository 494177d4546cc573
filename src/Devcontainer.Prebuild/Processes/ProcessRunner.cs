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

    /// <inheritdoc />
    public async Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = new Process { StartInfo = StartInfo(request) };
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        process.Start();
        if (request.Timeout is { } timeout)
        {
            deadline.CancelAfter(timeout);
        }

        Task output = BoundedLines.ReadAsync(process.StandardOutput.BaseStream, request.OnOutput);
        Task error = BoundedLines.ReadAsync(process.StandardError.BaseStream, request.OnError);
        Task input = WriteInputAsync(process, request.Input, deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process).ConfigureAwait(false);
        }

        // A grandchild may hold the pipes open after the program is gone; its output is not waited for longer than the grace.
        await Task.WhenAny(Task.WhenAll(output, error, input), Task.Delay(Grace, CancellationToken.None)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return new ProcessResult(process.ExitCode, deadline.IsCancellationRequested);
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

    private static async Task WriteInputAsync(Process process, Func<Stream, CancellationToken, Task>? write, CancellationToken cancellationToken)
    {
        try
        {
            await using Stream stream = process.StandardInput.BaseStream;
            if (write is not null)
            {
                await write(stream, cancellationToken).ConfigureAwait(false);
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The program ended without reading everything: its exit code says what went wrong.
        }
    }

    private static async Task EndAsync(Process process)
    {
        if (!OperatingSystem.IsWindows() && !process.HasExited && NativeMethods.Kill(process.Id, NativeMethods.Interrupt) == 0)
        {
            using var grace = new CancellationTokenSource(Grace);
            try
            {
                await process.WaitForExitAsync(grace.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException)
            {
                // It does not listen.
            }
        }

        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
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
