using Devcontainer.Oci;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>Images to be verified that are in no registry.</summary>
internal static class VerifiedImages
{
    internal static readonly ImageReference Reference = ImageReference.Parse("registry.example/team/dev").WithDigest(SampleWorkspace.DigestOf('a'));

    /// <summary>An image without layers, of one platform for each configuration: the first is linux/amd64, the second linux/arm64.</summary>
    internal static VerifiedImage Of(params ContainerConfig[] configurations) =>
        new(Reference, [.. configurations.Select(static (configuration, i) => Platform(i == 0 ? "linux/amd64" : "linux/arm64", configuration))]);

    internal static VerifiedPlatform Platform(string platform, ContainerConfig? configuration = null, params IReadOnlyList<Descriptor> layers)
    {
        var config = new ImageConfig
        {
            Architecture = platform[6..], Os = "linux", Config = configuration ?? new ContainerConfig(), DiffIds = [.. layers.Select(static layer => layer.Digest)],
        };
        var manifest = new ImageManifest { Config = Descriptor.Of(config.ToBytes(), MediaTypes.ImageConfig), Layers = layers };
        return new VerifiedPlatform(platform, Descriptor.Of(manifest.ToBytes(), MediaTypes.ImageManifest), manifest, config);
    }
}
