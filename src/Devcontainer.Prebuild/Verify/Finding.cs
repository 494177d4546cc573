using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Verify;

/// <summary>One thing that a gate found.</summary>
public sealed record Finding
{
    /// <summary>What it is, the same each time: a rule of the gate, or the id of a vulnerability.</summary>
    public required string Id { get; init; }

    /// <summary>How bad it is.</summary>
    public required FindingSeverity Severity { get; init; }

    /// <summary>Code, message and, where it is known, the line that brought it in. No secret is in it.</summary>
    public required Diagnostic Diagnostic { get; init; }

    /// <summary>The package; null where it is about none.</summary>
    public string? Package { get; init; }

    /// <summary>The package's version; null where it is about none.</summary>
    public string? Version { get; init; }

    /// <summary>The file in the image, without leading <c>/</c>; null where it is about none.</summary>
    public string? Path { get; init; }

    /// <summary>The layer; null where it is about none, or about all.</summary>
    public Digest? Layer { get; init; }

    /// <summary>The instruction that brought it in, as the image's history has it; null where that is not known.</summary>
    public string? Instruction { get; init; }

    /// <summary>The platforms where it is so, sorted; empty for all.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    /// <summary>Joins what the platforms of an image have in common: the same finding of several becomes one, of all of them one without platforms.</summary>
    /// <param name="platforms">What was found on each platform.</param>
    internal static IReadOnlyList<Finding> Join(IReadOnlyList<(string Platform, IReadOnlyList<Finding> Findings)> platforms) =>
    [
        .. platforms.SelectMany(static one => one.Findings.Select(finding => (one.Platform, Finding: finding)))
            .GroupBy(static one => (one.Finding.Id, one.Finding.Package, one.Finding.Version, one.Finding.Path, one.Finding.Layer, one.Finding.Diagnostic.Message))
            .Select(group => group.First().Finding with
            {
                Severity = group.Max(static one => one.Finding.Severity),
                Platforms = group.Select(static one => one.Platform).Distinct().Count() == platforms.Count
                    ? []
                    : [.. group.Select(static one => one.Platform).Distinct().Order(StringComparer.Ordinal)],
            }),
    ];
}
