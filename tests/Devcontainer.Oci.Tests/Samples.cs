using System.Text;

namespace Devcontainer.Oci.Tests;

/// <summary>Small images to put into layouts.</summary>
internal static class Samples
{
    internal static Descriptor AddImage(OciLayout layout, string name, params byte[][] layers)
    {
        Descriptor[] blobs = layers.Length == 0
            ? [layout.AddBlob(Encoding.UTF8.GetBytes("layer " + name), MediaTypes.Layer)]
            : [.. layers.Select(l => layout.AddBlob(l, MediaTypes.Layer))];
        Descriptor config = layout.AddBlob(
            new ImageConfig
            {
                Architecture = "amd64", Os = "linux", DiffIds = [.. blobs.Select(b => b.Digest)], Config = new ContainerConfig { User = name },
            }.ToBytes(),
            MediaTypes.ImageConfig);
        return layout.AddBlob(new ImageManifest { Config = config, Layers = blobs }.ToBytes(), MediaTypes.ImageManifest);
    }

    internal static Descriptor AddIndex(OciLayout layout, params Descriptor[] manifests) =>
        layout.AddBlob(new ImageIndex { Manifests = manifests }.ToBytes(), MediaTypes.ImageIndex);
}
