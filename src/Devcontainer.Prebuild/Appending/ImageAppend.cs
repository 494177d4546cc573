using System.Globalization;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Appending;

/// <summary>Puts layers on an environment image: a new configuration and manifest, and not one byte of the layers below is read.</summary>
internal static class ImageAppend
{
    /// <summary>Makes the image.</summary>
    /// <param name="layout">Has manifest and configuration of the environment image, and gets those of the image.</param>
    /// <param name="environment">The environment image.</param>
    /// <param name="content">What is put on it; where that is nothing, the environment image is the image.</param>
    /// <returns>The image's manifest, with its platform.</returns>
    internal static Descriptor Apply(OciLayout layout, EnvironmentImage environment, AppendedContent content)
    {
        if (content.Layers.Count == 0 && content.Variables.Count == 0)
        {
            return environment.Manifest with { Platform = environment.Platform };
        }

        ImageManifest below = layout.ReadManifest(environment.Manifest);
        ImageConfig config = layout.ReadConfig(below);
        IReadOnlyList<string> variables = config.Config.Env;
        foreach (AppendedVariable variable in content.Variables)
        {
            variables = variable.AddTo(variables);
        }

        string created = ImageBuild.SourceDate.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        config = config with
        {
            Config = config.Config with { Env = variables },
            DiffIds = [.. config.DiffIds, .. content.Layers.Select(static layer => layer.DiffId)],
            // A history that is not there stays so: entries must stand for all layers, or for none (OCI image specification, config.md).
            History = config.History.Count == 0
                ? []
                : [.. config.History, .. content.Layers.Select(layer => new HistoryEntry { Created = created, CreatedBy = layer.CreatedBy })],
        };
        byte[] manifest = (below with
        {
            Config = layout.AddBlob(config.ToBytes(), below.Config.MediaType),
            Layers = [.. below.Layers, .. content.Layers.Select(layer => Typed(layer.Listed, below.MediaType))],
            Annotations = new Dictionary<string, string>(below.Annotations, StringComparer.Ordinal) { [EnvironmentImage.Annotation] = environment.Manifest.Digest.Value },
        }).ToBytes();
        return layout.AddBlob(manifest, below.MediaType) with { Platform = environment.Platform };
    }

    // A manifest is Docker's or OCI's in all its parts.
    private static Descriptor Typed(Descriptor layer, string manifestType) =>
        manifestType == MediaTypes.DockerManifest ? layer with { MediaType = MediaTypes.DockerLayerGzip } : layer;
}
