using System.ComponentModel;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Engine;

/// <summary>
/// The docker command: the engine is reached through it alone, since it brings contexts, ssh hosts, TLS and credential helpers with it.
/// </summary>
/// <param name="runner">Starts the processes.</param>
/// <param name="path">Absolute path of the command.</param>
/// <param name="workingDirectory">Where to run it.</param>
/// <param name="environment">Its whole environment.</param>
internal sealed class DockerCommand(IProcessRunner runner, string path, string workingDirectory, IReadOnlyDictionary<string, string> environment)
{
    // Output kept of a command whose answer is read: far above any answer, far below what hurts.
    private const int MaxCapturedCharacters = 4 * 1024 * 1024;

    /// <summary>How long an engine may think about a question that costs it nothing.</summary>
    internal static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(20);

    /// <summary>The environment that commands run with.</summary>
    internal IReadOnlyDictionary<string, string> Environment => environment;

    /// <summary>Asks a question and returns the answer, whatever the exit code.</summary>
    /// <exception cref="DevcontainerException">DEVC4003: no answer within <paramref name="timeout"/>; DEVC4001: the command cannot be started.</exception>
    internal async Task<CommandOutput> CaptureAsync(IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var output = new StringBuilder();
        var error = new StringBuilder();
        ProcessResult result = await StartAsync(
            Request(arguments) with { OnOutput = line => Keep(output, line), OnError = line => Keep(error, line), Timeout = timeout },
            cancellationToken).ConfigureAwait(false);
        if (result.TimedOut)
        {
            throw new DevcontainerException(Codes.EngineHangs, "docker " + string.Join(' ', arguments), timeout.TotalSeconds);
        }

        return new CommandOutput(result.ExitCode, output.ToString().Trim(), error.ToString().Trim());
    }

    /// <summary>Runs a command that takes its time, and returns its exit code.</summary>
    internal async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        Func<Stream, CancellationToken, Task>? input,
        Action<string>? onOutput,
        Action<string>? onError,
        CancellationToken cancellationToken)
    {
        ProcessResult result = await StartAsync(
            Request(arguments) with { Input = input, OnOutput = onOutput, OnError = onError },
            cancellationToken).ConfigureAwait(false);
        return result.ExitCode;
    }

    private ProcessRequest Request(IReadOnlyList<string> arguments) => new()
    {
        FileName = path,
        Arguments = arguments,
        WorkingDirectory = workingDirectory,
        Environment = environment,
    };

    private async Task<ProcessResult> StartAsync(ProcessRequest request, CancellationToken cancellationToken)
    {
        const int argumentListTooLong = 7;
        try
        {
            return await runner.RunAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Win32Exception e) when (e.NativeErrorCode == argumentListTooLong)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.ArgumentsTooLong, null, e.Message), e);
        }
        catch (Win32Exception e)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.EngineUnreachable, null, $"'{path}' cannot be started ({e.Message})"), e);
        }
    }

    private static void Keep(StringBuilder text, string line)
    {
        if (text.Length < MaxCapturedCharacters)
        {
            text.Append(line).Append('\n');
        }
    }
}

/// <summary>What a command answered.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Standard output, trimmed.</param>
/// <param name="Error">Standard error, trimmed.</param>
internal sealed record CommandOutput(int ExitCode, string Output, string Error)
{
    /// <summary>The first line of the error that says something, for a message.</summary>
    internal string Reason
    {
        get
        {
            string text = Error.Length > 0 ? Error : Output;
            foreach (string line in text.Split('\n'))
            {
                string trimmed = line.Trim();
                if (trimmed.Length > 0)
                {
                    return trimmed.StartsWith("ERROR: ", StringComparison.Ordinal) ? trimmed["ERROR: ".Length..] : trimmed;
                }
            }

            return $"exit code {ExitCode}";
        }
    }
}
