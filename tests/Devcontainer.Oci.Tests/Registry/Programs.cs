using System.Diagnostics;

namespace Devcontainer.Oci.Tests;

/// <summary>Programs that others wrote, which eng/engine.sh sets up: a registry, and tools that judge what we do.</summary>
internal static class Programs
{
    /// <summary>Where a program is; the test ends here where it is not to be had.</summary>
    internal static string Find(string name)
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            string path = Path.Combine(folder, name);
            if (folder.Length > 0 && File.Exists(path))
            {
                return path;
            }
        }

        throw new AssertInconclusiveException($"There is no {name} on PATH: run eng/engine.sh up, and eval \"$(eng/engine.sh env)\".");
    }

    /// <summary>Runs a program to its end, which must be good.</summary>
    /// <returns>What it wrote to standard output.</returns>
    internal static Task<string> RunAsync(string name, params IReadOnlyList<string> arguments) => RunAsync(name, [], arguments);

    /// <summary>Runs a program to its end, which must be good, with more in its environment.</summary>
    internal static async Task<string> RunAsync(
        string name, IReadOnlyList<KeyValuePair<string, string>> environment, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Find(name), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string variable, string value) in environment)
        {
            start.Environment[variable] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new AssertFailedException($"{name} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}\n{await errors}");
    }
}
