using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Verify.Waivers;

namespace Devcontainer.Prebuild.Verify;

/// <summary>What a gate said of an image, and what that means for the build.</summary>
/// <param name="Gate">The gate's name.</param>
/// <param name="Result">What it said.</param>
/// <param name="Threshold">The least severity that keeps the image from passing; null where no finding of the gate does.</param>
public sealed record GateReport(string Gate, GateResult Result, FindingSeverity? Threshold)
{
    /// <summary>Findings that a waiver lets stay.</summary>
    public IReadOnlyList<WaivedFinding> Waived { get; init; } = [];

    /// <summary>Findings that none does.</summary>
    public IEnumerable<Finding> Findings => Result.Findings.Where(finding => !Waived.Any(waived => ReferenceEquals(waived.Finding, finding)));

    /// <summary>Why the image does not pass.</summary>
    public IEnumerable<Diagnostic> Errors => Result.Reason is { } reason ? [reason] : Findings.Where(IsError).Select(static finding => finding.Diagnostic);

    /// <summary>What does not keep it from passing.</summary>
    public IEnumerable<Diagnostic> Warnings => Findings.Where(finding => !IsError(finding)).Select(static finding => finding.Diagnostic);

    /// <summary>Whether the gate lets the image pass.</summary>
    public bool Passes => !Errors.Any();

    /// <summary>Whether a finding keeps the image from passing.</summary>
    internal bool IsError(Finding finding) => Threshold is { } threshold && finding.Severity >= threshold;
}
