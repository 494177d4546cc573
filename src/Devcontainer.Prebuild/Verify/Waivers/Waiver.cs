using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Verify.Waivers;

/// <summary>Somebody's word that a finding is known and may stay for a while.</summary>
public sealed record Waiver
{
    /// <summary>The gate.</summary>
    public required string Gate { get; init; }

    /// <summary>The finding's id.</summary>
    public required string Id { get; init; }

    /// <summary>The finding's package; null for any.</summary>
    public string? Package { get; init; }

    /// <summary>The finding's path, without leading <c>/</c>; with <c>/*</c> at its end, all below; null for any.</summary>
    public string? Path { get; init; }

    /// <summary>Why it may stay.</summary>
    public required string Reason { get; init; }

    /// <summary>The last day, in UTC.</summary>
    public required DateOnly Expires { get; init; }

    /// <summary>Where it is written.</summary>
    public required SourceLocation Location { get; init; }

    /// <summary>Whether it is about a finding.</summary>
    internal bool Covers(string gate, Finding finding) =>
        gate == Gate && finding.Id == Id
        && (Package is null || string.Equals(finding.Package, Package, StringComparison.OrdinalIgnoreCase))
        && (Path is null || (finding.Path is { } path && IsAt(path)));

    private bool IsAt(string path) => Path!.EndsWith("/*", StringComparison.Ordinal) ? path.StartsWith(Path[..^1], StringComparison.Ordinal) : path == Path;
}

/// <summary>A finding that may stay.</summary>
/// <param name="Finding">The finding.</param>
/// <param name="Waiver">Who says so, and for how long.</param>
public sealed record WaivedFinding(Finding Finding, Waiver Waiver);
