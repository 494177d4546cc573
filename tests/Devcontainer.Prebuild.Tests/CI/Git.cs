using System.Diagnostics;

namespace Devcontainer.Prebuild.Tests.CI;

/// <summary>The real git, without this machine's settings: what is read from its files is held against it.</summary>
internal static class Git
{
    /// <summary>Runs it in a folder and gives what it wrote.</summary>
    internal static string Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            "git", ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["GIT_CONFIG_GLOBAL"] = OperatingSystem.IsWindows() ? "NUL" : "/dev/null";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, $"git {string.Join(' ', arguments)}: {error.Result}");
        return output.TrimEnd('\n');
    }

    /// <summary>A commit with nothing in it; gives its name.</summary>
    internal static string Commit(string folder)
    {
        Run(folder, "commit", "-q", "--allow-empty", "-m", "x");
        return Run(folder, "rev-parse", "HEAD");
    }
}
