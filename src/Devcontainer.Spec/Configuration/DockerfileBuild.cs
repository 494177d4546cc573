using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>How a configuration says to build its image from a Dockerfile, variables replaced.</summary>
public sealed record DockerfileBuild
{
    /// <summary>Absolute path of the Dockerfile, which exists and is inside the repository.</summary>
    public required string Dockerfile { get; init; }

    /// <summary>Absolute path of the context folder, which exists and is inside the repository; by default the Dockerfile's folder.</summary>
    public required string Context { get; init; }

    /// <summary>The stage to build, of <c>build.options</c> or else <c>build.target</c>; null for the last.</summary>
    public string? Target { get; init; }

    /// <summary>Build arguments, in order, each name once: those of <c>build.options</c> are last, and stand for those of the same name before.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Args { get; init; } = [];

    /// <summary>Images or caches to import from.</summary>
    public IReadOnlyList<string> CacheFrom { get; init; } = [];

    /// <summary>What <c>build.options</c> says besides.</summary>
    public BuildOptions Options { get; init; } = BuildOptions.None;

    /// <summary>Where the Dockerfile is named.</summary>
    public required SourceLocation DockerfileLocation { get; init; }

    /// <summary>Where the context is named; where the Dockerfile is, if it is not.</summary>
    public required SourceLocation ContextLocation { get; init; }

    /// <summary>Where the target is named, or null.</summary>
    public SourceLocation? TargetLocation { get; init; }
}
