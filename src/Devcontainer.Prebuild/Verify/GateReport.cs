using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Verify;

/// <summary>What a gate said of an image, and what that means for the build.</summary>
/// <param name="Gate">The gate's name.</param>
/// <param name="Result">What it said.</param>
/// <param name="Threshold">The least severity that keeps the image from passing; null where no finding of the gate does.</param>
public sealed record GateReport(string Gate, GateResult Result, FindingSeverity? Threshold)
{
    /// <summary>Why the image does not pass.</summary>
    public IEnumerable<Diagnostic> Errors => Result.Reason is { } reason ? [reason] : Result.Findings.Where(IsError).Select(static finding => finding.Diagnostic);

    /// <summary>What does not keep it from passing.</summary>
    public IEnumerable<Diagnostic> Warnings => Result.Findings.Where(finding => !IsError(finding)).Select(static finding => finding.Diagnostic);

    /// <summary>Whether the gate lets the image pass.</summary>
    public bool Passes => !Errors.Any();

    /// <summary>Whether a finding keeps the image from passing.</summary>
    internal bool IsError(Finding finding) => Threshold is { } threshold && finding.Severity >= threshold;
}
