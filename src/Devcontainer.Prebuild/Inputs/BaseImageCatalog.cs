using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>Asks registries about base images: what a reference points at now, and what an image's configuration says.</summary>
internal interface IBaseImageCatalog
{
    /// <summary>The digest that a reference has now, and its manifests of the platforms.</summary>
    /// <param name="image">The image.</param>
    /// <param name="platforms">Platforms that must be there.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">The image or a platform of it is not there, or the registry does not answer.</exception>
    Task<PinnedImage> PinAsync(BaseImageInput image, IReadOnlyList<Platform> platforms, CancellationToken cancellationToken);

    /// <summary>The configuration of one platform's image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="manifest">Digest of the platform's manifest.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<ImageConfig> ConfigAsync(BaseImageInput image, Digest manifest, CancellationToken cancellationToken);
}

/// <summary>Asks through the registry client.</summary>
internal sealed class BaseImageCatalog(RegistryClient registry) : IBaseImageCatalog
{
    /// <inheritdoc />
    public async Task<PinnedImage> PinAsync(BaseImageInput image, IReadOnlyList<Platform> platforms, CancellationToken cancellationToken)
    {
        RegistryManifest content = await registry.GetManifestAsync(image.Reference, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.BaseImageNotFound, image.Location, image.Name);
        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        ImageIndex? index = MediaTypes.IsIndex(content.Descriptor.MediaType) ? ImageIndex.Parse(content.Bytes, image.Name) : null;
        Platform? only = index is null ? await PlatformAsync(image, content, cancellationToken).ConfigureAwait(false) : null;
        foreach (Platform platform in platforms)
        {
            Digest? digest = index is null
                ? (only == platform.Normalized ? content.Descriptor.Digest : null)
                : index.Find(platform)?.Digest;
            digests[platform.ToString()] = digest?.Value
                ?? throw new DevcontainerException(
                    Codes.BaseImagePlatformMissing,
                    image.Location,
                    image.Name,
                    platform,
                    index is null ? only!.ToString() : string.Join(", ", index.Manifests.Where(static m => m.Platform is { Os: not "unknown" }).Select(static m => m.Platform!.ToString())));
        }

        return new PinnedImage(content.Descriptor.Digest, digests);
    }

    /// <inheritdoc />
    public async Task<ImageConfig> ConfigAsync(BaseImageInput image, Digest manifest, CancellationToken cancellationToken)
    {
        ImageReference reference = image.Reference.WithDigest(manifest);
        RegistryManifest content = await registry.GetManifestAsync(reference, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.BaseImageNotFound, image.Location, reference.ToString());
        return await ConfigAsync(image, ImageManifest.Parse(content.Bytes, image.Name), cancellationToken).ConfigureAwait(false);
    }

    private async Task<Platform> PlatformAsync(BaseImageInput image, RegistryManifest content, CancellationToken cancellationToken) =>
        (await ConfigAsync(image, ImageManifest.Parse(content.Bytes, image.Name), cancellationToken).ConfigureAwait(false)).Platform;

    private async Task<ImageConfig> ConfigAsync(BaseImageInput image, ImageManifest manifest, CancellationToken cancellationToken)
    {
        byte[] bytes = await registry.GetBlobAsync(image.Reference, manifest.Config, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.BaseImageNotFound, image.Location, image.Name);
        return ImageConfig.Parse(bytes, image.Name);
    }
}
