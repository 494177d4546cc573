using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Verify;

/// <summary>What the gates say of an image.</summary>
/// <param name="Image">The image by its digest.</param>
/// <param name="Gates">Each gate, in the order that they were asked for.</param>
public sealed record VerifyReport(ImageReference Image, IReadOnlyList<GateReport> Gates)
{
    /// <summary>Whether every gate lets the image pass.</summary>
    public bool Passes => Gates.All(static gate => gate.Passes);
}
