namespace Devcontainer.Prebuild.Processes;

/// <summary>One program to run: no shell, arguments as they are, the environment whole.</summary>
public sealed record ProcessRequest
{
    /// <summary>Absolute path of the program.</summary>
    public required string FileName { get; init; }

    /// <summary>Arguments, each passed as it is.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Absolute path of the folder to run in.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The whole environment of the program; nothing is inherited besides.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Writes standard input, or null for an empty one.</summary>
    public Func<Stream, CancellationToken, Task>? Input { get; init; }

    /// <summary>
    /// Reads standard output as bytes, to its end or as far as it wants to; then <see cref="OnOutput"/> gets nothing. With <see cref="Input"/> a program
    /// can be talked with for as long as it runs.
    /// </summary>
    public Func<Stream, CancellationToken, Task>? ReadOutput { get; init; }

    /// <summary>Receives each line of standard output; lines over the cap arrive cut.</summary>
    public Action<string>? OnOutput { get; init; }

    /// <summary>Receives each line of standard error; lines over the cap arrive cut.</summary>
    public Action<string>? OnError { get; init; }

    /// <summary>How long the program may run; null for as long as the caller's token allows.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="TimedOut">Whether it was ended because <see cref="ProcessRequest.Timeout"/> had passed.</param>
public sealed record ProcessResult(int ExitCode, bool TimedOut);
