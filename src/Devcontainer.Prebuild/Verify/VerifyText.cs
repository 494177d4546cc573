using Devcontainer.Prebuild.Verify.Waivers;

namespace Devcontainer.Prebuild.Verify;

/// <summary>What the gates say, for the console: a line each.</summary>
internal static class VerifyText
{
    /// <summary>The lines.</summary>
    internal static IEnumerable<string> Lines(VerifyReport report)
    {
        yield return $"{report.Image} {(report.Passes ? "passes" : "does not pass")}:";
        int width = report.Gates.Max(static gate => gate.Gate.Length);
        foreach (GateReport gate in report.Gates)
        {
            // What is in an image may be anything: none of it begins a line of its own, which some CI systems take for a command.
            yield return $"  {gate.Gate.PadRight(width)}  {Outcome(gate)}".ReplaceLineEndings(" ");
        }

        foreach (Waiver waiver in report.Unused)
        {
            yield return $"  The waiver of {waiver.Id} ({waiver.Gate}) in line {waiver.Location.Line} of {Path.GetFileName(waiver.Location.File)} is not needed any more: delete it.";
        }
    }

    private static string Outcome(GateReport gate) => gate.Result.Outcome switch
    {
        GateOutcome.Clean => $"passed: {gate.Result.Summary}",
        GateOutcome.Findings when !gate.Findings.Any() => $"passed, {gate.Waived.Count} waived: {gate.Result.Summary}",
        GateOutcome.Findings => $"{(gate.Passes ? "passed with " : string.Empty)}{Count(gate.Findings.Count())}{Waived(gate)}: {gate.Result.Summary}",
        GateOutcome.Stale => "failed: its data is stale",
        _ => "failed",
    };

    private static string Waived(GateReport gate) => gate.Waived.Count == 0 ? string.Empty : $", {gate.Waived.Count} waived";

    private static string Count(int findings) => findings == 1 ? "1 finding" : $"{findings} findings";
}
