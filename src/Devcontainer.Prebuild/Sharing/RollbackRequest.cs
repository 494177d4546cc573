namespace Devcontainer.Prebuild.Sharing;

/// <summary>Which tags to put back, and to what.</summary>
public sealed record RollbackRequest
{
    /// <summary>Absolute path of the output folder, which has <c>rollback.json</c>.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Registry of the image, for a target that is given; empty for none.</summary>
    public string Registry { get; init; } = string.Empty;

    /// <summary>Repository of the image, for a target that is given.</summary>
    public required string Repository { get; init; }

    /// <summary>Its other repositories (<see cref="PushRequest.AlsoTo"/>), for a target that is given.</summary>
    public IReadOnlyList<string> AlsoTo { get; init; } = [];

    /// <summary>A digest or a tag; null for what the tags named before the last push.</summary>
    public string? Target { get; init; }

    /// <summary>The tags to move to a target that is given; for the last push, its own are moved.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Say what would move, and move nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>How registries are reached.</summary>
    public required RegistrySettings Registries { get; init; }
}
