using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>What a test came to.</summary>
public enum SmokeTestOutcome
{
    /// <summary>As it should.</summary>
    Passed,

    /// <summary>Not as it should, or it could not be run.</summary>
    Failed,

    /// <summary>There was nothing to test.</summary>
    Skipped,
}

/// <summary>A test as it was run on a platform.</summary>
/// <param name="Test">Its name.</param>
/// <param name="Platform">As <c>linux/arm64</c>.</param>
/// <param name="Outcome">What it came to.</param>
/// <param name="Reason">Why, where it did not pass; of a test that measures what it measured; else empty.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Output">The last lines that it wrote.</param>
public sealed record SmokeTestResult(
    string Test, string Platform, SmokeTestOutcome Outcome, string Reason, TimeSpan Duration, IReadOnlyList<string> Output)
{
    /// <summary>The error of a test that failed.</summary>
    internal Diagnostic Error => Diagnostic.Create(
        Codes.SmokeTestFailed, null, Test, Platform, Reason, string.Concat(Output.Select(static line => $"\n    {Printable(line)}")));

    /// <summary>A line of the image's without what would steer a terminal. None begins a line of its own, which some CI systems take for a command.</summary>
    internal static string Printable(string line) => string.Concat(line.Select(static c => char.IsControl(c) && c != '\t' ? '?' : c));
}

/// <summary>What all tests of an image came to.</summary>
/// <param name="Image">The image by its digest.</param>
/// <param name="Results">Each test on each platform.</param>
public sealed record SmokeTestReport(string Image, IReadOnlyList<SmokeTestResult> Results)
{
    /// <summary>The tests that failed.</summary>
    public IEnumerable<Diagnostic> Errors => Results.Where(static result => result.Outcome == SmokeTestOutcome.Failed).Select(static result => result.Error);
}
