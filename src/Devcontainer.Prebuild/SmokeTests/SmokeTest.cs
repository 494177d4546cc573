namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>One command that is run in the image, and what it has to come to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Command">What <c>/bin/sh -c</c> is given.</param>
public sealed record SmokeTest(string Name, string Command)
{
    /// <summary>How long a test may take where it does not say.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    /// <summary>The exit code that it has to end with.</summary>
    public int ExitCode { get; init; }

    /// <summary>What must be in its standard output, a text or a regular expression; null for anything.</summary>
    public string? Output { get; init; }

    /// <summary>Who runs it; null for who works in the container.</summary>
    public string? User { get; init; }

    /// <summary>How long it may take.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>The platforms that it is for; empty for all of them.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    /// <summary>Whether it has a network.</summary>
    public bool HasNetwork { get; init; }
}
