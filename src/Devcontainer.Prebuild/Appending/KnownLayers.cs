using Devcontainer.Oci;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Appending;

/// <summary>The appended layers of earlier images, by what they were made of: these are not made again, wherever their blobs are.</summary>
internal sealed class KnownLayers
{
    private readonly Dictionary<(string Tier, string Key), AppendedLayer> _layers = [];

    /// <summary>Takes those of an image.</summary>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="isAvailable">Whether the blob of a layer is to be had.</param>
    internal void Add(ImageManifest manifest, ImageConfig config, Func<Descriptor, bool> isAvailable)
    {
        for (int i = 0; i < manifest.Layers.Count && manifest.Layers.Count == config.DiffIds.Count; i++)
        {
            Descriptor layer = manifest.Layers[i];
            if (AppendedLayer.KeyOf(layer) is { } known && CacheKey.TryParseTier(known.Tier, out KeyTier tier) && isAvailable(layer))
            {
                _layers[known] = new AppendedLayer(tier, known.Key, new Descriptor(layer.MediaType, layer.Digest, layer.Size), config.DiffIds[i], string.Empty);
            }
        }
    }

    /// <summary>The layer that was made of the same; null where none was.</summary>
    internal AppendedLayer? Find(KeyTier tier, string key, string createdBy) =>
        _layers.TryGetValue((CacheKey.NameOf(tier), key), out AppendedLayer? layer) ? layer with { CreatedBy = createdBy } : null;
}
