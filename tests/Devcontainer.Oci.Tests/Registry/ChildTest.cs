using System.Diagnostics;

namespace Devcontainer.Oci.Tests;

/// <summary>Runs a test once more in a process of its own, for what a process has one of: its environment, its memory.</summary>
internal static class ChildTest
{
    private const string Variable = "DEVCONTAINER_OCI_CHILD_TEST";

    /// <summary>What the parent hands over; null in the parent.</summary>
    internal static string? Argument => Environment.GetEnvironmentVariable(Variable);

    /// <summary>Runs this program's test of that name, which must pass.</summary>
    internal static async Task RunAsync(string test, string argument, params KeyValuePair<string, string>[] environment)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["--filter", $"Name={test}"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment[Variable] = argument;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.AreEqual(0, process.ExitCode, await output + await errors);
    }
}
