using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Verify;

/// <summary>What a gate says of an image.</summary>
public sealed record GateResult
{
    private GateResult(GateOutcome outcome, string summary, IReadOnlyList<Finding> findings, Diagnostic? reason)
    {
        Outcome = outcome;
        Summary = summary;
        Findings = findings;
        Reason = reason;
    }

    /// <summary>What it came to.</summary>
    public GateOutcome Outcome { get; }

    /// <summary>What has been looked at, as a sentence's end; empty where nothing could be told.</summary>
    public string Summary { get; }

    /// <summary>What was found: at least one where <see cref="Outcome"/> is <see cref="GateOutcome.Findings"/>, else none.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>Why it could not be told; null where it could.</summary>
    public Diagnostic? Reason { get; }

    /// <summary>The same with every finding changed.</summary>
    internal GateResult With(Func<Finding, Finding> change) => new(Outcome, Summary, [.. Findings.Select(change)], Reason);

    /// <summary>The image is as it should be.</summary>
    internal static GateResult Clean(string summary) => new(GateOutcome.Clean, summary, [], null);

    /// <summary>What was found; where that is nothing, the image is as it should be.</summary>
    internal static GateResult Of(string summary, IReadOnlyList<Finding> findings) =>
        findings.Count == 0 ? Clean(summary) : new GateResult(GateOutcome.Findings, summary, findings, null);

    /// <summary>It could not be told.</summary>
    internal static GateResult Failed(Diagnostic reason) => new(GateOutcome.Failed, string.Empty, [], reason);

    /// <summary>It could not be told, because what the gate knows is too old.</summary>
    internal static GateResult Stale(Diagnostic reason) => new(GateOutcome.Stale, string.Empty, [], reason);
}
