using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Verify;

/// <summary>Runs gates: all of them, whatever one comes to, and side by side but for those that must run alone.</summary>
internal static class GateRunner
{
    /// <summary>Runs them.</summary>
    /// <param name="gates">The gates.</param>
    /// <param name="image">The image.</param>
    /// <param name="policy">Which findings keep it from passing.</param>
    /// <param name="cancellationToken">Ends them.</param>
    /// <returns>What each came to, in the order of the gates.</returns>
    internal static async Task<IReadOnlyList<GateReport>> RunAsync(
        IReadOnlyList<IVerifyGate> gates, VerifiedImage image, GatePolicy policy, CancellationToken cancellationToken)
    {
        var reports = new GateReport[gates.Count];
        await Task.WhenAll(Enumerable.Range(0, gates.Count).Where(i => !gates[i].RunsAlone).Select(ReportAsync)).ConfigureAwait(false);
        foreach (int i in Enumerable.Range(0, gates.Count).Where(i => gates[i].RunsAlone))
        {
            await ReportAsync(i).ConfigureAwait(false);
        }

        return reports;

        async Task ReportAsync(int i) => reports[i] = new GateReport(
            gates[i].Name, await RunAsync(gates[i], image, cancellationToken).ConfigureAwait(false), policy.ThresholdOf(gates[i].Name));
    }

    /// <summary>Runs one, and never fails but by being cancelled: what a gate throws is what it came to.</summary>
    internal static async Task<GateResult> RunAsync(IVerifyGate gate, VerifiedImage image, CancellationToken cancellationToken)
    {
        try
        {
            // A gate may work for long before it first waits.
            return await Task.Run(() => gate.RunAsync(image, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (DevcontainerException e)
        {
            return GateResult.Failed(e.Diagnostic);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            string reason = e is OperationCanceledException ? "it was not done in time" : $"{e.GetType().Name}: {e.Message.TrimEnd('.')}";
            return GateResult.Failed(Diagnostic.Create(Codes.VerifyToolFailed, null, $"The gate {gate.Name}", image.Reference, reason));
        }
    }
}
