using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>How an instruction reads the build context.</summary>
public enum ContextSourceKind
{
    /// <summary>COPY.</summary>
    Copy,

    /// <summary>ADD.</summary>
    Add,

    /// <summary>RUN with a bind (or cache) mount from the context.</summary>
    Mount,
}

/// <summary>A path of the build context that a reachable instruction reads.</summary>
/// <param name="Kind">How.</param>
/// <param name="Path">The path or pattern, variables expanded, as written otherwise.</param>
/// <param name="Location">The instruction.</param>
public sealed record ContextSource(ContextSourceKind Kind, string Path, SourceLocation Location)
{
    /// <summary>The <c>--exclude</c> patterns.</summary>
    public IReadOnlyList<string> Excludes { get; init; } = [];

    /// <summary>Whether <c>--parents</c> is set.</summary>
    public bool Parents { get; init; }

    /// <summary>Why the path is not known before the build; null where it is.</summary>
    public string? Undecided { get; init; }
}
