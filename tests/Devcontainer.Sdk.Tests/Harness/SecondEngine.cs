using System.Diagnostics;
using System.Globalization;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>
/// An engine for one test, whose cache is empty and which may be killed: dockerd beside the one that eng/engine.sh has set up, with nothing in common
/// with it but the bridge, of whose addresses it has a part of its own.
/// </summary>
internal sealed class SecondEngine : IAsyncDisposable
{
    private const int Parts = 8;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static int _started;
    private Process? _process;

    private SecondEngine(string folder) => Folder = folder;

    /// <summary>The private folder of eng/engine.sh; null where the engine is the machine's own.</summary>
    internal static string? Home { get; } = FindHome();

    /// <summary>Its address, for <c>DOCKER_HOST</c>.</summary>
    internal string Host => $"unix://{Folder}/docker.sock";

    // Short: a socket's path has at most 107 bytes.
    private string Folder { get; }

    /// <summary>Starts one.</summary>
    internal static async Task<SecondEngine> StartAsync()
    {
        var engine = new SecondEngine(Directory.CreateTempSubdirectory("engine-").FullName);
        string network = (await File.ReadAllTextAsync(Path.Combine(Home!, "state/network"))).Trim();
        int part = Interlocked.Increment(ref _started) % Parts;
        await File.WriteAllTextAsync(
            Path.Combine(engine.Folder, "daemon.json"),
            $$"""
            {
              "hosts": ["{{engine.Host}}"],
              "data-root": "{{engine.Folder}}/data",
              "exec-root": "{{engine.Folder}}/exec",
              "pidfile": "{{engine.Folder}}/pid",
              "features": { "containerd-snapshotter": true },
              "bridge": "devc{{network}}",
              "fixed-cidr": "10.{{network}}.255.{{128 + (16 * part)}}/28",
              "iptables": false,
              "ip6tables": false
            }
            """);
        await engine.StartAgainAsync();
        return engine;
    }

    /// <summary>Starts it again after <see cref="KillAsync"/>, with what it had on its disk.</summary>
    internal async Task StartAgainAsync()
    {
        string root = Path.Combine(Home!, "root");
        string libraries = $"{root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu";
        var info = new ProcessStartInfo("/bin/sh", ["-c", $"exec '{root}/usr/sbin/dockerd' --config-file '{Folder}/daemon.json' >>'{Folder}/log' 2>&1 </dev/null"]);
        info.Environment["LD_LIBRARY_PATH"] = libraries;
        info.Environment["PATH"] = $"{root}/usr/sbin:{root}/usr/bin:{root}/sbin:{root}/bin:{Environment.GetEnvironmentVariable("PATH")}";
        _process = Process.Start(info)!;
        long started = Stopwatch.GetTimestamp();
        while ((await Command.RunAsync("docker", ["version"], Folder, new Dictionary<string, string?> { ["DOCKER_HOST"] = Host })).ExitCode != 0)
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > Limit)
            {
                Assert.Fail($"The second engine did not start:\n{await File.ReadAllTextAsync(Path.Combine(Folder, "log"))}");
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Ends it as a crash of the machine's engine does: at once, and containerd with it.</summary>
    internal async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // Asked, not killed, so that it leaves no mount behind.
            await Command.RunAsync("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)], Folder);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        foreach (string mount in (await File.ReadAllLinesAsync("/proc/mounts")).Select(static line => line.Split(' ')[1]).Where(path => path.StartsWith(Folder + "/", StringComparison.Ordinal)).Reverse())
        {
            await Command.RunAsync("umount", ["-l", mount], Folder);
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static string? FindHome()
    {
        const string Scheme = "unix://";
        string? folder = Environment.GetEnvironmentVariable("DOCKER_HOST") is { } host && host.StartsWith(Scheme, StringComparison.Ordinal)
            ? Path.GetDirectoryName(host[Scheme.Length..])
            : null;
        return folder is not null && File.Exists(Path.Combine(folder, "root/usr/sbin/dockerd")) && Environment.IsPrivilegedProcess ? folder : null;
    }
}

/// <summary>A test that needs an engine for itself, which can be had only beside one of eng/engine.sh.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsSecondEngineAttribute() : ConditionBaseAttribute(ConditionMode.Include)
{
    /// <inheritdoc />
    public override string GroupName => "SecondEngine";

    /// <inheritdoc />
    public override bool IsConditionMet => SecondEngine.Home is not null;
}
