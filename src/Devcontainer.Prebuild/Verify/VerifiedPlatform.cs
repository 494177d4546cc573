using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The image of one platform that is verified.</summary>
/// <param name="Platform">As <c>linux/arm64</c>.</param>
/// <param name="Descriptor">Descriptor of its manifest.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Config">Its configuration.</param>
internal sealed record VerifiedPlatform(string Platform, Descriptor Descriptor, ImageManifest Manifest, ImageConfig Config)
{
    // Where the base image has less history than layers, BuildKit makes up as much at the end (moby/buildkit, exporter/containerimage/writer.go).
    private const string MadeUp = "buildkit.exporter.image.v0";

    /// <summary>Bytes of layers and configuration as stored.</summary>
    internal long Size => Manifest.Config.Size + Manifest.Layers.Sum(static layer => layer.Size);

    /// <summary>The instruction that made a layer, as the history has it; null where it does not tell.</summary>
    /// <param name="layer">Which layer, counted from the lowest.</param>
    internal string? InstructionOf(int layer)
    {
        ILookup<bool, HistoryEntry> steps = Config.History.Where(static step => !step.EmptyLayer).ToLookup(static step => step.Comment == MadeUp);
        HistoryEntry[] known = [.. steps[false]];
        int without = steps[true].Count();
        return without + known.Length == Manifest.Layers.Count && layer >= without && known[layer - without].CreatedBy is { Length: > 0 } instruction ? instruction : null;
    }
}
