using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>A program that runs, for tests that do something to it meanwhile.</summary>
internal sealed class RunningCommand : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly string _commandLine;
    private readonly Process _process;
    private readonly StringBuilder _both = new();
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private RunningCommand(string commandLine, Process process)
    {
        _commandLine = commandLine;
        _process = process;
        _output = ReadAsync(process.StandardOutput);
        _error = ReadAsync(process.StandardError);
        Completion = EndAsync();
    }

    /// <summary>Its process id; of one started in a group of its own also the group's.</summary>
    internal int Id => _process.Id;

    /// <summary>What it answered, once it has ended.</summary>
    internal Task<CommandResult> Completion { get; }

    /// <summary>What it has written so far.</summary>
    internal string OutputSoFar
    {
        get
        {
            lock (_both)
            {
                return _both.ToString();
            }
        }
    }

    /// <summary>Starts a program with exactly this environment.</summary>
    internal static RunningCommand Start(string program, IReadOnlyList<string> arguments, string folder, IReadOnlyDictionary<string, string> environment)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment.Clear();
        foreach ((string name, string value) in environment)
        {
            info.Environment[name] = value;
        }

        var process = new Process { StartInfo = info };
        process.Start();
        process.StandardInput.Close();
        return new RunningCommand($"{program} {string.Join(' ', arguments)}", process);
    }

    /// <summary>Sends a signal to the program alone, or to its group as a terminal does.</summary>
    internal void Signal(PosixSignalNumber signal, bool group = false) => _ = NativeMethods.Kill(group ? -Id : Id, (int)signal);

    /// <summary>Waits until it has said something, or fails when it ends without.</summary>
    internal Task SaysAsync(string text) => Eventually.TrueAsync(
        () =>
        {
            Assert.IsTrue(!Completion.IsCompleted || OutputSoFar.Contains(text, StringComparison.Ordinal), $"It ended without '{text}'.\n{OutputSoFar}");
            return OutputSoFar.Contains(text, StringComparison.Ordinal);
        },
        $"it says '{text}'");

    /// <summary>Ends it and everything that it started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Completion.IsCompleted)
        {
            _process.Kill(entireProcessTree: true);
            await Task.WhenAny(Completion);
        }

        _process.Dispose();
    }

    private async Task<CommandResult> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"{_commandLine}: not done after {Limit.TotalMinutes} minutes.\n{OutputSoFar}");
        }

        return new CommandResult(_commandLine, _process.ExitCode, await _output, await _error);
    }

    private async Task<string> ReadAsync(StreamReader reader)
    {
        var own = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line)
        {
            own.Append(line).Append('\n');
            lock (_both)
            {
                _both.Append(line).Append('\n');
            }
        }

        return own.ToString();
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Kill(int pid, int signal);
    }
}

/// <summary>Signals that tests send, by their numbers on Linux.</summary>
internal enum PosixSignalNumber
{
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>Waits for what happens in another process, of which nothing tells.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until something is so; fails after a time in which it must have become so.</summary>
    internal static async Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.IsLessThan((limit ?? Limit).TotalSeconds, Stopwatch.GetElapsedTime(started).TotalSeconds, $"Waited in vain until {what}.");
            await Task.Delay(Pause);
        }
    }
}
