using System.Text.RegularExpressions;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>A test as a container is made for it.</summary>
/// <param name="Test">The command, and what it has to come to.</param>
internal sealed record PlannedTest(SmokeTest Test)
{
    /// <summary>Arguments of the command, its <c>$1</c> and so on.</summary>
    internal IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Files that it needs.</summary>
    internal ContainerFiles Files { get; init; } = ContainerFiles.None;

    /// <summary>Absolute path of the folder in the container that it runs in; null for the image's.</summary>
    internal string? Folder { get; init; }

    /// <summary>Variables besides the container's.</summary>
    internal IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>The exit code that says that there is nothing to test, and what that means; null for none.</summary>
    internal (int ExitCode, string Reason)? Skip { get; init; }

    /// <summary>Whether it may gain rights that it does not start with, as by sudo.</summary>
    internal bool MayGainRights { get; init; }

    /// <summary>Tells what a container that ran it came to.</summary>
    internal (SmokeTestOutcome Outcome, string Reason) Judge(ContainerEnd end)
    {
        if (end.TimedOut)
        {
            return (SmokeTestOutcome.Failed, $"it was not done in {Test.Timeout.TotalSeconds:0.##} s");
        }

        if (end.IsOutOfMemory)
        {
            return (SmokeTestOutcome.Failed, "it needs more memory than DevcontainerTestMemory allows");
        }

        if (end.StartError.Length > 0)
        {
            return (SmokeTestOutcome.Failed, end.StartError);
        }

        if (Skip is { } skip && end.ExitCode == skip.ExitCode)
        {
            return (SmokeTestOutcome.Skipped, skip.Reason);
        }

        return end.ExitCode != Test.ExitCode ? (SmokeTestOutcome.Failed, $"it ended with exit code {end.ExitCode}, not {Test.ExitCode}")
            : Test.Output is { } expected && !Has(end.Output, expected) ? (SmokeTestOutcome.Failed, $"'{expected}' is not in its output")
            : (SmokeTestOutcome.Passed, string.Empty);
    }

    // A text that is no regular expression is a text.
    private static bool Has(string output, string expected)
    {
        if (output.Contains(expected, StringComparison.Ordinal))
        {
            return true;
        }

        try
        {
            return Regex.IsMatch(output, expected, RegexOptions.Multiline | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        }
        catch (Exception e) when (e is RegexParseException or RegexMatchTimeoutException)
        {
            return false;
        }
    }
}

/// <summary>How a container ended.</summary>
/// <param name="ExitCode">The exit code of its command.</param>
/// <param name="Output">Its standard output, as much as is kept.</param>
/// <param name="LastLines">The last lines of both its outputs.</param>
internal sealed record ContainerEnd(int ExitCode, string Output, IReadOnlyList<string> LastLines)
{
    /// <summary>Whether it was ended because its time was up.</summary>
    internal bool TimedOut { get; init; }

    /// <summary>Whether it was ended because it wanted more memory than it may have.</summary>
    internal bool IsOutOfMemory { get; init; }

    /// <summary>Why it did not start; empty where it did.</summary>
    internal string StartError { get; init; } = string.Empty;

    /// <summary>Whether the engine cannot run programs of the image's platform.</summary>
    internal bool IsForeign =>
        StartError.Contains("exec format error", StringComparison.OrdinalIgnoreCase)
        || (ExitCode is not 0 && LastLines.Any(static line => line.StartsWith("exec /bin/sh: exec format error", StringComparison.OrdinalIgnoreCase)));
}
