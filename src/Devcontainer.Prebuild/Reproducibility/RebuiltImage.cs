using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Reproducibility;

/// <summary>One of the builds of a platform.</summary>
/// <param name="Layout">Has its blobs.</param>
/// <param name="Digest">Digest of its manifest.</param>
/// <param name="Manifest">Its manifest.</param>
internal sealed record RebuiltImage(OciLayout Layout, Digest Digest, ImageManifest Manifest)
{
    /// <summary>The bytes of its configuration.</summary>
    internal byte[] ReadConfig() => Layout.ReadBlob(Manifest.Config);

    /// <summary>The instruction that made a layer, as the history has it; null where it does not tell.</summary>
    /// <param name="layer">Which layer, counted from the lowest.</param>
    internal string? InstructionOf(int layer) => LayerInstructions.Of(Layout.ReadConfig(Manifest), Manifest.Layers.Count).ElementAtOrDefault(layer);
}
