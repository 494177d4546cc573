namespace Devcontainer.Prebuild;

/// <summary>How registries are reached: what the project and the environment say of it.</summary>
public sealed record RegistrySettings
{
    /// <summary>Registries that stand in for others, by the name of the other.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Mirrors { get; init; } = [];

    /// <summary>Hosts besides a registry's own that its credentials may go to for a token, by the registry.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> TrustedRealms { get; init; } = [];

    /// <summary>Registries that may be asked over plain HTTP, besides loopback.</summary>
    public IReadOnlyList<string> Insecure { get; init; } = [];

    /// <summary>Ask none.</summary>
    public bool Offline { get; init; }

    /// <summary>Absolute path of the workspace: credential helpers in it are not run.</summary>
    public required string WorkspaceFolder { get; init; }

    /// <summary>The environment, whole: nothing is read from the process.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
}
