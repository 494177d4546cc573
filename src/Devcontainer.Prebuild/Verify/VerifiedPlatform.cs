using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The image of one platform that is verified.</summary>
/// <param name="Platform">As <c>linux/arm64</c>.</param>
/// <param name="Descriptor">Descriptor of its manifest.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Config">Its configuration.</param>
internal sealed record VerifiedPlatform(string Platform, Descriptor Descriptor, ImageManifest Manifest, ImageConfig Config)
{
    /// <summary>Bytes of layers and configuration as stored.</summary>
    internal long Size => Manifest.Config.Size + Manifest.Layers.Sum(static layer => layer.Size);

    /// <summary>The instruction that made a layer, as the history has it; null where it does not tell.</summary>
    /// <param name="layer">Which layer, counted from the lowest.</param>
    internal string? InstructionOf(int layer) => LayerInstructions.Of(Config, Manifest.Layers.Count)[layer];
}
