using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Appending;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>The repository that machines share a project's images through: found by key, with few requests one after another and no engine.</summary>
/// <param name="client">Asks the registry.</param>
/// <param name="name">The repository.</param>
internal sealed class SharedRepository(RegistryClient client, ImageReference name)
{
    /// <summary>How long a build waits for an answer: no longer than it would take to do without.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Registry and repository.</summary>
    internal ImageReference Name => name;

    /// <summary>The repository of a request's image; null where it has no registry.</summary>
    internal static ImageReference? NameOf(string registry, string repository) =>
        registry.Length == 0 ? null : ImageReference.Parse($"{registry}/{repository}");

    /// <summary>Looks for the image that has the keys: whole, else those of its platforms that are there.</summary>
    /// <exception cref="DevcontainerException">The registry does not answer, or not as a registry does: neither a hit nor a miss.</exception>
    internal async Task<SharedImages> FindAsync(IReadOnlyList<CacheKey> keys, IReadOnlyList<Platform> missing, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await FindImageAsync(keys, patience.Token).ConfigureAwait(false) is { } image
                ? new SharedImages(image, [])
                : new SharedImages(null, await FindPlatformsAsync(keys, missing, patience.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DevcontainerException(Codes.RegistryTimeout, name.Registry, $"it was not done in {Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>Takes the images of platforms that were pushed by digest.</summary>
    /// <exception cref="DevcontainerException">DEVC5043: one is not there; or the registry does not answer.</exception>
    internal async Task<SharedImages> TakeAsync(IReadOnlyList<PlatformDigest> digests, CancellationToken cancellationToken)
    {
        SharedPlatform[] platforms = await Task.WhenAll(digests.Select(async digest =>
        {
            ImageReference reference = name.WithDigest(digest.Digest);
            RegistryManifest manifest = await client.GetManifestAsync(reference, cancellationToken).ConfigureAwait(false)
                ?? throw new DevcontainerException(Codes.SharedImageGone, reference);
            return await DescribeAsync(manifest, digest.Platform, KeyTier.Image, cancellationToken).ConfigureAwait(false)
                ?? throw new DevcontainerException(Codes.SharedImageGone, reference);
        })).ConfigureAwait(false);
        return new SharedImages(null, platforms);
    }

    private async Task<SharedImage?> FindImageAsync(IReadOnlyList<CacheKey> keys, CancellationToken cancellationToken)
    {
        CacheKey key = keys[^1];
        RegistryManifest? index = await client.GetManifestAsync(name.WithTag(KeyTags.Of(key)!), cancellationToken).ConfigureAwait(false);
        if (index is null || !MediaTypes.IsIndex(index.Descriptor.MediaType))
        {
            return null;
        }

        // What the index names may be gone, though the index is there: registries collect manifests one by one.
        IReadOnlyList<Descriptor> entries = ImageIndex.Parse(index.Bytes, index.Descriptor.Digest.Value).Manifests;
        Task<SharedReceipt?> receipt = ReceiptArtifact.FindAsync(client, name, index.Descriptor, key.Value, cancellationToken);
        Task<RegistryManifest?[]> manifests = Task.WhenAll(
            entries.Select(entry => client.GetManifestAsync(name.WithDigest(entry.Digest), cancellationToken)));
        await Task.WhenAll(receipt, manifests).ConfigureAwait(false);
        RegistryManifest?[] found = await manifests.ConfigureAwait(false);
        return await receipt.ConfigureAwait(false) is { } record && Array.TrueForAll(found, static manifest => manifest is not null)
            ? new SharedImage(index, found!, record)
            : null;
    }

    private async Task<IReadOnlyList<SharedPlatform>> FindPlatformsAsync(
        IReadOnlyList<CacheKey> keys, IReadOnlyList<Platform> platforms, CancellationToken cancellationToken)
    {
        SharedPlatform?[] found = await Task.WhenAll(platforms.Select(platform => FindPlatformAsync(keys, platform, cancellationToken))).ConfigureAwait(false);
        return [.. found.OfType<SharedPlatform>()];
    }

    private async Task<SharedPlatform?> FindPlatformAsync(IReadOnlyList<CacheKey> keys, Platform platform, CancellationToken cancellationToken)
    {
        foreach (KeyTier tier in new[] { KeyTier.Image, KeyTier.Environment })
        {
            string tag = KeyTags.Of(keys, tier, platform.ToString());
            if (await client.GetManifestAsync(name.WithTag(tag), cancellationToken).ConfigureAwait(false) is { } manifest
                && MediaTypes.IsManifest(manifest.Descriptor.MediaType)
                && await DescribeAsync(manifest, platform, tier, cancellationToken).ConfigureAwait(false) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    // Null where the environment image is gone that it stands on: then it is not known what was appended.
    private async Task<SharedPlatform?> DescribeAsync(RegistryManifest manifest, Platform platform, KeyTier tier, CancellationToken cancellationToken)
    {
        Task<RegistryManifest?> environment = EnvironmentImage.DigestOf(ImageManifest.Parse(manifest.Bytes, manifest.Descriptor.Digest.Value)) is { } digest
            ? client.GetManifestAsync(name.WithDigest(digest), cancellationToken)
            : Task.FromResult<RegistryManifest?>(manifest);
        Task<Sbom?> sbom = ReceiptArtifact.FindSbomAsync(client, name, manifest.Descriptor.Digest, cancellationToken);
        Task<ImageManifest?> attestation = ReceiptArtifact.FindAttestationAsync(client, name, manifest.Descriptor.Digest, cancellationToken);
        await Task.WhenAll(environment, sbom, attestation).ConfigureAwait(false);
        return await environment.ConfigureAwait(false) is { } below
            ? new SharedPlatform(
                manifest.Descriptor with { Platform = platform },
                manifest.Bytes,
                tier,
                ReferenceEquals(below, manifest) ? null : below,
                await sbom.ConfigureAwait(false),
                await attestation.ConfigureAwait(false))
            : null;
    }
}

/// <summary>What a repository has of the image that keys ask for.</summary>
/// <param name="Image">All of it; null where something is missing.</param>
/// <param name="Platforms">Otherwise the platforms that are there.</param>
internal sealed record SharedImages(SharedImage? Image, IReadOnlyList<SharedPlatform> Platforms)
{
    /// <summary>Nothing.</summary>
    internal static SharedImages None { get; } = new(null, []);
}

/// <summary>A whole image: its index and manifests, and what they were made of. Layers stay where they are until something needs them.</summary>
/// <param name="Index">The index.</param>
/// <param name="Manifests">Every manifest that it names.</param>
/// <param name="Record">Its receipt and SBOMs.</param>
internal sealed record SharedImage(RegistryManifest Index, IReadOnlyList<RegistryManifest> Manifests, SharedReceipt Record);

/// <summary>One platform's image.</summary>
/// <param name="Manifest">Its manifest's descriptor, with the platform.</param>
/// <param name="Bytes">Its manifest.</param>
/// <param name="Tier">Whether the key that found it is the image's or the environment's.</param>
/// <param name="Environment">The environment image that it stands on; null where it is one.</param>
/// <param name="Sbom">Its SBOM; null where the registry has none.</param>
/// <param name="Attestation">What attests its SBOM and provenance; null where nothing does.</param>
internal sealed record SharedPlatform(Descriptor Manifest, ReadOnlyMemory<byte> Bytes, KeyTier Tier, RegistryManifest? Environment, Sbom? Sbom, ImageManifest? Attestation);
