using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Verify.Waivers;

namespace Devcontainer.Prebuild.Verify;

/// <summary>What the gates say of an image.</summary>
/// <param name="Image">The image by its digest.</param>
/// <param name="Gates">Each gate, in the order that they are told in.</param>
public sealed record VerifyReport(ImageReference Image, IReadOnlyList<GateReport> Gates)
{
    /// <summary>Waivers that have expired: errors, so that somebody looks again.</summary>
    public IReadOnlyList<Diagnostic> Expired { get; init; } = [];

    /// <summary>Waivers of gates that found nothing of the kind.</summary>
    public IReadOnlyList<Waiver> Unused { get; init; } = [];

    /// <summary>Whether every gate lets the image pass, and no waiver has expired.</summary>
    public bool Passes => Expired.Count == 0 && Gates.All(static gate => gate.Passes);
}
