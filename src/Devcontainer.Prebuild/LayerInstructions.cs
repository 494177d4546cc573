using Devcontainer.Oci;

namespace Devcontainer.Prebuild;

/// <summary>Which instruction made each layer of an image, as its history has it.</summary>
internal static class LayerInstructions
{
    // What BuildKit adds at the end for each layer below that a base image without a history has (moby/buildkit, exporter/containerimage/writer.go).
    private const string Supplement = "buildkit.exporter.image.v0";

    /// <summary>The instructions in the order of the layers, null where one is not known; nothing is known where the history has not as many.</summary>
    /// <param name="config">The image's configuration.</param>
    /// <param name="layers">How many layers its manifest has.</param>
    internal static IReadOnlyList<string?> Of(ImageConfig config, int layers)
    {
        HistoryEntry[] steps = [.. config.History.Where(static step => !step.EmptyLayer)];
        return steps.Length != layers
            ? new string?[layers]
            :
            [
                .. steps.Where(static step => step.Comment == Supplement).Select(static _ => (string?)null),
                .. steps.Where(static step => step.Comment != Supplement).Select(static step => step.CreatedBy is { Length: > 0 } instruction ? instruction : null),
            ];
    }
}
