namespace Devcontainer.Prebuild.Verify;

/// <summary>Which findings keep an image from passing.</summary>
public sealed record GatePolicy
{
    /// <summary>The least severity that does.</summary>
    public FindingSeverity Threshold { get; init; } = FindingSeverity.High;

    /// <summary>Gates whose findings never do. A gate that fails does all the same.</summary>
    public IReadOnlyList<string> WarnOnly { get; init; } = ["snyk", "scout"];

    /// <summary>The least severity that keeps an image from passing, of a gate; null where none does.</summary>
    internal FindingSeverity? ThresholdOf(string gate) => WarnOnly.Contains(gate, StringComparer.Ordinal) ? null : Threshold;
}
