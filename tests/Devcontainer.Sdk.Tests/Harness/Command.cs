using System.Collections;
using System.Runtime.InteropServices;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>Runs programs as a user's shell would, in an environment without what the test runner and this machine's own settings add.</summary>
internal static class Command
{
    /// <summary>The dotnet command that runs the tests.</summary>
    internal static string Dotnet { get; } = Path.GetFullPath(
        Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Name on PATH, or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Where to run it.</param>
    /// <param name="environment">Variables over those of the process; null removes one.</param>
    internal static async Task<CommandResult> RunAsync(
        string program, IReadOnlyList<string> arguments, string folder, IReadOnlyDictionary<string, string?>? environment = null)
    {
        await using RunningCommand running = Start(program, arguments, folder, environment);
        return await running.Completion;
    }

    /// <summary>Starts a program.</summary>
    /// <param name="program">Name on PATH, or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Where to run it.</param>
    /// <param name="environment">Variables over those of the process; null removes one.</param>
    internal static RunningCommand Start(
        string program, IReadOnlyList<string> arguments, string folder, IReadOnlyDictionary<string, string?>? environment = null) =>
        RunningCommand.Start(program, arguments, folder, Environment(environment));

    private static Dictionary<string, string> Environment(IReadOnlyDictionary<string, string?>? changes)
    {
        var environment = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            if (!IsSetting((string)variable.Key))
            {
                environment.Add((string)variable.Key, (string?)variable.Value ?? string.Empty);
            }
        }

        // No process stays behind, and the texts are those that the tests read.
        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        environment["UseSharedCompilation"] = "false";
        environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        environment["DOTNET_NOLOGO"] = "1";
        foreach ((string name, string? value) in changes ?? new Dictionary<string, string?>())
        {
            environment.Remove(name);
            if (value is not null)
            {
                environment.Add(name, value);
            }
        }

        return environment;
    }

    // Environment variables are MSBuild properties: one of ours, or of a CI system's, would change what a test shows.
    private static bool IsSetting(string name) =>
        name.Contains("Devcontainer", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)
        || name.ToUpperInvariant() is "CI" or "TF_BUILD" or "GITHUB_ACTIONS" or "GITLAB_CI" or "CONTINUOUSINTEGRATIONBUILD" or "PREBUILDONBUILD"
            or "NUGET_PACKAGES" or "CONFIGURATION" or "PLATFORM" or "VERSION" or "VERSIONSUFFIX";
}
