using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Engine;

/// <summary>
/// Finds the docker command on PATH, by absolute path: a <c>docker</c> in the repository or in a relative PATH entry is never run, whatever
/// the platform's own search rule (Windows looks in the current folder first).
/// </summary>
internal static class DockerLocator
{
    /// <summary>The absolute path of the docker command.</summary>
    /// <param name="environment">Where PATH (and on Windows PATHEXT) is looked up.</param>
    /// <param name="workspaceFolder">PATH entries in here are passed over.</param>
    /// <exception cref="DevcontainerException">DEVC4001: none is found.</exception>
    internal static string Find(IReadOnlyDictionary<string, string> environment, string workspaceFolder) =>
        TryFind("docker", environment, workspaceFolder) ?? throw new DevcontainerException(Codes.DockerNotFound);

    /// <summary>The absolute path of another program that is looked for in the same way, such as a credential helper; null where there is none.</summary>
    internal static string? TryFind(string program, IReadOnlyDictionary<string, string> environment, string workspaceFolder)
    {
        string path = Lookup(environment, "PATH") ?? string.Empty;
        string name = OperatingSystem.IsWindows() ? program + ".exe" : program;
        string workspace = Path.TrimEndingDirectorySeparator(Path.GetFullPath(workspaceFolder)) + Path.DirectorySeparatorChar;
        foreach (string entry in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Path.IsPathFullyQualified(entry) || (Path.GetFullPath(entry) + Path.DirectorySeparatorChar).StartsWith(workspace, PathComparison))
            {
                continue;
            }

            string candidate = Path.Combine(entry, name);
            if (IsExecutable(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    private static StringComparison PathComparison =>
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    // Windows names the variable Path, and a plain dictionary does not ignore case.
    private static string? Lookup(IReadOnlyDictionary<string, string> environment, string name)
    {
        if (environment.TryGetValue(name, out string? value))
        {
            return value;
        }

        foreach ((string key, string candidate) in environment)
        {
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase))
            {
                return candidate;
            }
        }

        return null;
    }

    private static bool IsExecutable(string file)
    {
        if (!File.Exists(file))
        {
            return false;
        }

        const UnixFileMode anyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & anyExecute) != 0;
    }
}
