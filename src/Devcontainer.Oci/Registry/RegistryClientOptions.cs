namespace Devcontainer.Oci;

/// <summary>How a <see cref="RegistryClient"/> reaches registries.</summary>
public sealed record RegistryClientOptions
{
    /// <summary>The <see cref="TrustedRealms"/> that are known to everybody.</summary>
    public static IReadOnlyDictionary<string, string> KnownRealms { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["docker.io"] = "auth.docker.io",
        ["registry.gitlab.com"] = "gitlab.com",
        ["registry.digitalocean.com"] = "api.digitalocean.com",
    };

    /// <summary>Where credentials come from; null for anonymous access.</summary>
    public ICredentialSource? Credentials { get; init; }

    /// <summary>Registries that are asked in place of others, by host and port. A mirror gets its own credentials, and there is no way
    /// back to the original: what is missing on the mirror is missing.</summary>
    public IReadOnlyDictionary<string, string> Mirrors { get; init; } = Descriptor.NoAnnotations;

    /// <summary>The host (and port) that gives tokens for a registry, where it is another than the registry's own: credentials of the
    /// registry go there too.</summary>
    public IReadOnlyDictionary<string, string> TrustedRealms { get; init; } = KnownRealms;

    /// <summary>Folders with a folder for each registry, <c>host:port</c>, whose <c>*.crt</c> files are certificate authorities that are
    /// trusted for that registry besides the system's; see <see cref="DockerConfig.CertificateFolders"/>.</summary>
    public IReadOnlyList<string> CertificateFolders { get; init; } = [];

    /// <summary>Registries, by host and port, that speak plain HTTP. Loopback does, unless there are <see cref="CertificateFolders"/> for
    /// it.</summary>
    public IReadOnlyCollection<string> InsecureRegistries { get; init; } = [];

    /// <summary>How often what may be repeated is repeated: after 408, 429, 5xx, a broken connection or a stall.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>The pause before the first repetition; it doubles. Also the shortest that a Retry-After header can ask for.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause. A registry that asks for more is taken to refuse.</summary>
    public TimeSpan LongestRetryDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a registry may stay silent. Also the time in which a body must bring <see cref="StallBytes"/>.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The fewest bytes of a body in each <see cref="StallTimeout"/> of waiting, unless it ends.</summary>
    public int StallBytes { get; init; } = 4096;

    /// <summary>How long one call may take in all, repetitions and the whole body included.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The largest blob that is uploaded in one piece; some proxies in front of registries take no more than 100 MB.</summary>
    public long LargestUpload { get; init; } = long.MaxValue;

    /// <summary>The size of the pieces of a blob that is larger, or that a registry does not take whole (413).</summary>
    public int ChunkSize { get; init; } = 16 * 1024 * 1024;

    /// <summary>How many transfers run side by side.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>What registries see as User-Agent.</summary>
    public string UserAgent { get; init; } = "Devcontainer.Sdk";

    /// <summary>The clock of the pauses.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;
}
