using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>
/// What <c>build.options</c> says of a build (specification, "build.options"; the flags of docker buildx build), but for what other properties say too: build
/// arguments, target and caches are with those.
/// </summary>
public sealed record BuildOptions
{
    /// <summary>Nothing.</summary>
    public static BuildOptions None { get; } = new();

    /// <summary>Labels of the image (<c>--label</c>), each name once.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>Names of hosts and their addresses (<c>--add-host</c>), each name once, its addresses with commas between them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Hosts { get; init; } = [];

    /// <summary><c>host</c> or <c>none</c> (<c>--network</c>); null for the usual one.</summary>
    public string? Network { get; init; }

    /// <summary>Size of <c>/dev/shm</c> (<c>--shm-size</c>), as <c>64m</c>; null for the usual one.</summary>
    public string? ShmSize { get; init; }

    /// <summary>Limits (<c>--ulimit</c>), as <c>nofile=1024:2048</c>.</summary>
    public IReadOnlyList<string> Ulimits { get; init; } = [];

    /// <summary>Secrets that the Dockerfile may mount (<c>--secret</c>).</summary>
    public IReadOnlyList<BuildOptionSecret> Secrets { get; init; } = [];

    /// <summary>Agents and keys that the Dockerfile may mount (<c>--ssh</c>).</summary>
    public IReadOnlyList<BuildOptionSsh> Ssh { get; init; } = [];

    /// <summary>What the build may do besides (<c>--allow</c>): <c>network.host</c>, <c>security.insecure</c>.</summary>
    public IReadOnlyList<string> Entitlements { get; init; } = [];

    /// <summary>Whether every instruction is built anew (<c>--no-cache</c>).</summary>
    public bool NoCache { get; init; }

    /// <summary>Stages that are built anew (<c>--no-cache-filter</c>).</summary>
    public IReadOnlyList<string> NoCacheStages { get; init; } = [];

    /// <summary>Whether registries are asked for the base images although the engine has them (<c>--pull</c>).</summary>
    public bool Pull { get; init; }

    /// <summary>The platforms (<c>--platform</c>), as written; empty where it says none.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    /// <summary>Where the platforms are written.</summary>
    public SourceLocation? PlatformsLocation { get; init; }

    /// <summary>What of it instructions can notice, besides labels: option and value, in an order of its own. No value of a secret, and no path of this machine.</summary>
    public IEnumerable<KeyValuePair<string, string>> Noticed =>
    [
        .. Hosts.Select(static host => KeyValuePair.Create("--add-host", $"{host.Key}={host.Value}")),
        .. Entitlements.Select(static entitlement => KeyValuePair.Create("--allow", entitlement)),
        .. Network is null ? [] : new[] { KeyValuePair.Create("--network", Network) },
        .. Secrets.Select(static secret => KeyValuePair.Create("--secret", secret.Id)),
        .. ShmSize is null ? [] : new[] { KeyValuePair.Create("--shm-size", ShmSize) },
        .. Ssh.Select(static ssh => KeyValuePair.Create("--ssh", ssh.Id)),
        .. Ulimits.Select(static limit => KeyValuePair.Create("--ulimit", limit)),
    ];
}

/// <summary>A secret: where its value is, never the value.</summary>
/// <param name="Id">Its id in <c>--mount=type=secret</c>.</param>
/// <param name="EnvironmentVariable">Name of the variable that holds it, or null.</param>
/// <param name="File">Absolute path of the file that holds it, or null.</param>
public sealed record BuildOptionSecret(string Id, string? EnvironmentVariable, string? File);

/// <summary>An agent or keys of SSH.</summary>
/// <param name="Id">Its id in <c>--mount=type=ssh</c>.</param>
/// <param name="Paths">Absolute paths of the agent's socket, or of keys; empty for the agent of this machine.</param>
public sealed record BuildOptionSsh(string Id, IReadOnlyList<string> Paths);
