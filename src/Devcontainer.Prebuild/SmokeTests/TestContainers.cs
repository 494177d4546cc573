using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>
/// The containers that tests run in, and the images that these are made of. All of them carry a mark of the output folder, which one build holds at a time:
/// what has the mark and is not this build's was left behind by one that was killed.
/// </summary>
/// <param name="docker">The docker command.</param>
/// <param name="settings">What containers may use.</param>
/// <param name="outputPath">Absolute path of the output folder, which is held.</param>
internal sealed class TestContainers(DockerCommand docker, SmokeTestSettings settings, string outputPath)
{
    private const string MarkLabel = "devcontainer-sdk.smoke-tests";
    private const int MostOutput = 1024 * 1024;
    private const int MostLines = 20;
    private const int ProcessorPeriod = 100_000;

    // Creating, copying into and deleting a container: as long as a slow disk takes.
    private static readonly TimeSpan EngineTimeout = TimeSpan.FromMinutes(5);

    private readonly string _mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Environment.MachineName}\n{Path.TrimEndingDirectorySeparator(outputPath)}")))[..16];
    private int _count;

    private string Repository => $"devcontainer-sdk-smoke-tests/{_mark}";

    /// <summary>Deletes all containers and images of the mark.</summary>
    /// <exception cref="DevcontainerException">DEVC4002: the engine does not answer.</exception>
    internal async Task CleanAsync(CancellationToken cancellationToken)
    {
        string[] containers = await ListAsync(["ps", "--all", "--quiet", "--filter", $"label={MarkLabel}={_mark}"], cancellationToken).ConfigureAwait(false);
        if (containers.Length > 0)
        {
            await docker.CaptureAsync(["rm", "--force", "--volumes", .. containers], EngineTimeout, cancellationToken).ConfigureAwait(false);
        }

        string[] images = await ListAsync(
            ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", $"reference={Repository}"], cancellationToken).ConfigureAwait(false);
        if (images.Length > 0)
        {
            await docker.CaptureAsync(["image", "rm", "--force", .. images], EngineTimeout, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Puts the image of a platform into the engine, under a name of the mark.</summary>
    /// <returns>What containers of it are made of: the digest of its manifest, nothing that could name another.</returns>
    /// <exception cref="DevcontainerException">DEVC4020: the engine does not take it.</exception>
    internal async Task<string> LoadAsync(TestedImage image, TestedPlatform platform, CancellationToken cancellationToken)
    {
        string name = $"docker.io/{Repository}:{platform.Platform.FileName}";
        var answer = new StringBuilder();
        int exitCode = await docker.RunAsync(
            ["load", "--quiet"],
            (stream, token) => LayoutArchive.WriteAsync(image.Layout, platform.Manifest, [name], stream, token),
            line => answer.AppendLine(line),
            line => answer.AppendLine(line),
            cancellationToken).ConfigureAwait(false);
        return exitCode == 0
            ? platform.Manifest.Digest.Value
            : throw new DevcontainerException(Codes.LoadFailed, new CommandOutput(exitCode, string.Empty, answer.ToString().Trim()).Reason);
    }

    /// <summary>Runs a command in a new container, which is gone afterwards.</summary>
    /// <param name="image">What the container is made of.</param>
    /// <param name="platform">Its platform.</param>
    /// <param name="test">What it runs.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="ended">Called when the command has ended, before the container is taken away.</param>
    internal async Task<ContainerEnd> RunAsync(string image, TestedPlatform platform, PlannedTest test, CancellationToken cancellationToken, Action? ended = null)
    {
        string name = NewName();
        try
        {
            ContainerEnd end = await RunAsync(name, image, platform, test, cancellationToken).ConfigureAwait(false);
            ended?.Invoke();
            return end;
        }
        finally
        {
            await RemoveAsync(name).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a command in a new container, and makes an image of what it left where it ended well.</summary>
    /// <returns>How it ended, and the image; null where there is none.</returns>
    internal async Task<(ContainerEnd End, string? Image)> RunAndKeepAsync(string image, TestedPlatform platform, PlannedTest test, CancellationToken cancellationToken)
    {
        string name = NewName();
        try
        {
            ContainerEnd end = await RunAsync(name, image, platform, test, cancellationToken).ConfigureAwait(false);
            if (test.Judge(end).Outcome != SmokeTestOutcome.Passed)
            {
                return (end, null);
            }

            string kept = $"{Repository}:{platform.Platform.FileName}-created";
            CommandOutput commit = await docker.CaptureAsync(["commit", name, kept], EngineTimeout, cancellationToken).ConfigureAwait(false);
            return commit.ExitCode == 0 ? (end, kept) : (end with { StartError = commit.Reason }, null);
        }
        finally
        {
            await RemoveAsync(name).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the engine runs programs of a platform by emulation.</summary>
    /// <exception cref="DevcontainerException">DEVC4002: the engine does not answer.</exception>
    internal async Task<bool> IsEmulatedAsync(Platform platform, CancellationToken cancellationToken) =>
        !(await ListAsync(["version", "--format", "{{.Server.Arch}}"], cancellationToken).ConfigureAwait(false)).Contains(platform.Architecture, StringComparer.Ordinal);

    private string NewName() => string.Create(CultureInfo.InvariantCulture, $"devcontainer-sdk-smoke-test-{_mark}-{Interlocked.Increment(ref _count)}");

    private Task<CommandOutput> RemoveAsync(string name) => docker.CaptureAsync(["rm", "--force", "--volumes", name], EngineTimeout, CancellationToken.None);

    private async Task<ContainerEnd> RunAsync(string name, string image, TestedPlatform platform, PlannedTest test, CancellationToken cancellationToken)
    {
        CommandOutput created = await docker.CaptureAsync(CreateArguments(name, image, platform, test), EngineTimeout, cancellationToken).ConfigureAwait(false);
        if (created.ExitCode != 0)
        {
            return NotStarted(created.Reason);
        }

        if (test.Files.Files.Count > 0)
        {
            // With --archive files are of the container's user.
            var answer = new StringBuilder();
            int copied = await docker.RunAsync(
                ["cp", "--archive", "-", name + ":/"], test.Files.WriteAsync, null, line => answer.AppendLine(line), cancellationToken).ConfigureAwait(false);
            if (copied != 0)
            {
                return NotStarted(new CommandOutput(copied, string.Empty, answer.ToString().Trim()).Reason);
            }
        }

        var output = new StringBuilder();
        var lines = new Queue<string>();
        Task<int> running = docker.RunAsync(
            ["start", "--attach", name],
            null,
            line =>
            {
                Keep(lines, line);
                if (output.Length < MostOutput)
                {
                    output.Append(line).Append('\n');
                }
            },
            line => Keep(lines, line),
            cancellationToken);
        bool timedOut = await Task.WhenAny(running, Task.Delay(test.Test.Timeout, cancellationToken)).ConfigureAwait(false) != running;
        if (timedOut)
        {
            // What it is attached to ends with it.
            await docker.CaptureAsync(["kill", name], EngineTimeout, CancellationToken.None).ConfigureAwait(false);
        }

        await running.ConfigureAwait(false);
        CommandOutput state = await docker.CaptureAsync(["inspect", "--format", "{{json .State}}", name], EngineTimeout, cancellationToken).ConfigureAwait(false);
        if (state.ExitCode != 0)
        {
            return NotStarted(state.Reason);
        }

        using JsonDocument document = JsonDocument.Parse(state.Output);
        JsonElement root = document.RootElement;
        return new ContainerEnd(root.GetProperty("ExitCode").GetInt32(), output.ToString(), [.. lines])
        {
            TimedOut = timedOut,
            IsOutOfMemory = root.GetProperty("OOMKilled").GetBoolean(),
            StartError = root.GetProperty("Error").GetString() ?? string.Empty,
        };
    }

    /// <summary>The arguments that make a container: nothing of the image's own wishes is among them but its variables and its user.</summary>
    internal string[] CreateArguments(string name, string image, TestedPlatform platform, PlannedTest test)
    {
        string[] user = (test.Test.User ?? platform.User) is { } known ? ["--user", known] : [];
        string[] folder = test.Folder is { } place ? ["--workdir", place] : [];

        // A command that a user runs by sudo needs both; a test has to do without.
        string[] rights = test.MayGainRights ? [] : ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
        return
        [
            "create", "--pull", "never", "--platform", platform.Platform.ToString(), "--name", name, "--label", $"{MarkLabel}={_mark}",
            "--network", test.Test.HasNetwork ? "bridge" : "none", .. rights,
            "--memory", settings.Memory, "--memory-swap", settings.Memory, "--pids-limit", settings.Processes.ToString(CultureInfo.InvariantCulture),
            "--cpu-period", ProcessorPeriod.ToString(CultureInfo.InvariantCulture),
            "--cpu-quota", ((long)settings.Processors * ProcessorPeriod).ToString(CultureInfo.InvariantCulture),
            "--log-driver", "none", "--restart", "no", .. user, .. folder,
            .. platform.Variables.Concat(test.Variables).SelectMany(static variable => (string[])["--env", $"{variable.Key}={variable.Value}"]),
            "--entrypoint", "/bin/sh", image, "-c", test.Test.Command, "sh", .. test.Arguments,
        ];
    }

    private async Task<string[]> ListAsync(string[] arguments, CancellationToken cancellationToken)
    {
        CommandOutput list = await docker.CaptureAsync(arguments, EngineTimeout, cancellationToken).ConfigureAwait(false);
        return list.ExitCode == 0
            ? list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : throw new DevcontainerException(Codes.EngineUnreachable, list.Reason);
    }

    private static ContainerEnd NotStarted(string reason) => new(-1, string.Empty, []) { StartError = reason };

    // Both outputs are read at once.
    private static void Keep(Queue<string> lines, string line)
    {
        lock (lines)
        {
            lines.Enqueue(line.Length > 1000 ? line[..1000] : line);
            if (lines.Count > MostLines)
            {
                lines.Dequeue();
            }
        }
    }
}
