namespace Devcontainer.Prebuild.Engine;

/// <summary>Which builder to build with, and how to make it where it is not there yet. All empty: the current one.</summary>
public sealed record BuilderRequest
{
    /// <summary>Name of the builder; null for the current one.</summary>
    public string? Name { get; init; }

    /// <summary>Driver of a builder that has to be created: <c>docker-container</c>, <c>kubernetes</c> or <c>remote</c>; null for docker-container.</summary>
    public string? Driver { get; init; }

    /// <summary>Options of that driver, each <c>name=value</c>.</summary>
    public IReadOnlyList<string> DriverOptions { get; init; } = [];

    /// <summary>A buildkitd.toml for it: registry mirrors, garbage collection; absolute path or null.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Entitlements that it allows, as <c>network.host</c>.</summary>
    public IReadOnlyList<string> Entitlements { get; init; } = [];

    /// <summary>How many instructions it runs at once; null for its own default.</summary>
    public int? MaxParallelism { get; init; }

    /// <summary>How much build cache it keeps, as BuildKit writes sizes (<c>20GB</c>); null for its own default.</summary>
    public string? KeepStorage { get; init; }

    /// <summary>Mirrors that it asks first, by registry.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RegistryMirrors { get; init; } = [];

    /// <summary>Nodes of a builder on several machines: BuildKit builds each platform on the node that has it.</summary>
    public IReadOnlyList<BuilderNode> Nodes { get; init; } = [];
}

/// <summary>One node of a builder.</summary>
/// <param name="Endpoint">A docker context, a docker host, or <c>tcp://</c> address of a BuildKit daemon; empty for the driver's own.</param>
/// <param name="Name">Its name, or null.</param>
/// <param name="Driver">Its driver, or null for the builder's.</param>
/// <param name="Platforms">Platforms to build there, comma separated, or null for what it reports.</param>
/// <param name="DriverOptions">Options of its driver.</param>
public sealed record BuilderNode(string Endpoint, string? Name, string? Driver, string? Platforms, IReadOnlyList<string> DriverOptions);

/// <summary>The builder that a build uses.</summary>
/// <param name="Name">Its name, for <c>--builder</c>.</param>
/// <param name="Driver">Its driver.</param>
/// <param name="Status">Its state as buildx reports it: <c>running</c>, <c>inactive</c>, …</param>
internal sealed record Builder(string Name, string Driver, string Status);
