namespace Devcontainer.Prebuild.Sharing;

/// <summary>Which image to pin, and where.</summary>
public sealed record PinRequest
{
    /// <summary>Absolute paths of the devcontainer.json files.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Absolute path of the output folder, whose <c>published.json</c> names the image where <see cref="To"/> does not.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Registry of the image, for <see cref="To"/>; empty for none.</summary>
    public string Registry { get; init; } = string.Empty;

    /// <summary>Repository of the image, for <see cref="To"/>.</summary>
    public required string Repository { get; init; }

    /// <summary>A digest or a tag of the repository; null for the image that was published last.</summary>
    public string? To { get; init; }

    /// <summary>Whether an image of another repository is replaced.</summary>
    public bool AnyImage { get; init; }

    /// <summary>Only say what would be written.</summary>
    public bool DryRun { get; init; }

    /// <summary>How registries are reached.</summary>
    public required RegistrySettings Registries { get; init; }
}
