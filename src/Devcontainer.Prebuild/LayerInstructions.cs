using Devcontainer.Oci;

namespace Devcontainer.Prebuild;

/// <summary>Which instruction made each layer of an image, as its history has it.</summary>
internal static class LayerInstructions
{
    // What BuildKit adds at the end for each layer below that a base image without a history has (moby/buildkit, exporter/containerimage/writer.go).
    private const string Supplement = "buildkit.exporter.image.v0";

    /// <summary>The instructions in the order of the layers, null where one is not known; nothing is known where the history has not as many.</summary>
    internal static IReadOnlyList<string?> Of(ImageConfig config)
    {
        HistoryEntry[] steps = [.. config.History.Where(static step => !step.EmptyLayer)];
        return steps.Length != config.DiffIds.Count
            ? new string?[config.DiffIds.Count]
            :
            [
                .. steps.Where(static step => step.Comment == Supplement).Select(static _ => (string?)null),
                .. steps.Where(static step => step.Comment != Supplement).Select(static step => step.CreatedBy is { Length: > 0 } instruction ? instruction : null),
            ];
    }
}
