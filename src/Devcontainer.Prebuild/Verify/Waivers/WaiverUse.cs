using System.Globalization;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Verify.Waivers;

/// <summary>What waivers make of what gates have found. They waive findings, and never that a gate could not tell.</summary>
internal static class WaiverUse
{
    /// <summary>Takes the waived findings out of what counts.</summary>
    /// <param name="report">What the gates say.</param>
    /// <param name="waivers">The waivers.</param>
    /// <param name="today">The day, in UTC.</param>
    internal static VerifyReport Apply(VerifyReport report, IReadOnlyList<Waiver> waivers, DateOnly today)
    {
        Waiver[] valid = [.. waivers.Where(waiver => waiver.Expires >= today)];
        GateReport[] gates =
        [
            .. report.Gates.Select(gate => gate with
            {
                Waived =
                [
                    .. gate.Result.Findings
                        .Select(finding => (Finding: finding, Waiver: valid.FirstOrDefault(waiver => waiver.Covers(gate.Gate, finding))))
                        .Where(static one => one.Waiver is not null)
                        .Select(static one => new WaivedFinding(one.Finding, one.Waiver!)),
                ],
            }),
        ];

        // Several may be about the same finding; none of these is unused.
        var ran = gates.Where(static gate => gate.Result.Reason is null).ToDictionary(static gate => gate.Gate, StringComparer.Ordinal);
        return report with
        {
            Gates = gates,
            Expired =
            [
                .. waivers.Except(valid).Select(static waiver => Diagnostic.Create(
                    Codes.WaiverExpired, waiver.Location, waiver.Id, waiver.Gate, waiver.Expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), waiver.Reason)),
            ],
            Unused =
            [
                .. valid.Where(waiver => ran.TryGetValue(waiver.Gate, out GateReport? gate) && !gate.Result.Findings.Any(finding => waiver.Covers(gate.Gate, finding))),
            ],
        };
    }
}
