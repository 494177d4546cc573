using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Attestations;

namespace Devcontainer.Prebuild.Verify;

/// <summary>An image that is verified: what its digest names, looked up once.</summary>
/// <param name="Reference">Registry, repository and digest.</param>
/// <param name="Platforms">Its platforms, in the order of the index.</param>
internal sealed record VerifiedImage(ImageReference Reference, IReadOnlyList<VerifiedPlatform> Platforms)
{
    /// <summary>What its index says of its platforms: attestation manifests, by the digest of the manifest that each is about.</summary>
    internal IReadOnlyDictionary<Digest, Descriptor> Attestations { get; init; } = new Dictionary<Digest, Descriptor>();

    /// <summary>Reads manifests and configurations of an image that a registry has.</summary>
    /// <param name="client">Asks the registry.</param>
    /// <param name="reference">The image, by a tag or a digest. A tag is looked up once, and what is verified is what it named then.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC6005: it is not there, or not whole; DEVC5005: it is no image; or the registry does not answer.</exception>
    internal static async Task<VerifiedImage> ReadAsync(RegistryClient client, ImageReference reference, CancellationToken cancellationToken)
    {
        RegistryManifest root = await client.GetManifestAsync(reference, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.VerifyImageGone, reference);
        ImageReference image = reference.WithDigest(root.Descriptor.Digest);
        IReadOnlyList<Descriptor> entries = MediaTypes.IsIndex(root.Descriptor.MediaType)
            ? ImageIndex.Parse(root.Bytes, root.Descriptor.Digest.Value).Manifests
            : [root.Descriptor];
        IReadOnlyList<Descriptor> manifests = [.. entries.Where(IsImage)];
        if (manifests.Count == 0)
        {
            throw new DevcontainerException(Codes.ContentInvalid, $"image index {image}", "it names no image of a platform");
        }

        VerifiedPlatform[] platforms = await Task.WhenAll(manifests.Select(async manifest =>
        {
            ReadOnlyMemory<byte> bytes = manifest.Digest == root.Descriptor.Digest
                ? root.Bytes
                : await GetAsync(client, image.WithDigest(manifest.Digest), cancellationToken).ConfigureAwait(false);
            ImageManifest parsed = ImageManifest.Parse(bytes, manifest.Digest.Value);
            byte[] config = await client.GetBlobAsync(image, parsed.Config, cancellationToken).ConfigureAwait(false)
                ?? throw new DevcontainerException(Codes.VerifyImageGone, image.WithDigest(parsed.Config.Digest));
            ImageConfig read = ImageConfig.Parse(config, parsed.Config.Digest.Value);
            return new VerifiedPlatform((manifest.Platform?.Normalized ?? read.Platform).ToString(), manifest, parsed, read);
        })).ConfigureAwait(false);
        return new VerifiedImage(image, platforms)
        {
            Attestations = entries.Select(static entry => (Subject: AttestationManifest.SubjectOf(entry), Entry: entry))
                .Where(static one => one.Subject is not null)
                .DistinctBy(static one => one.Subject)
                .ToDictionary(static one => one.Subject!.Value, static one => one.Entry),
        };
    }

    private static async Task<ReadOnlyMemory<byte>> GetAsync(RegistryClient client, ImageReference manifest, CancellationToken cancellationToken) =>
        (await client.GetManifestAsync(manifest, cancellationToken).ConfigureAwait(false))?.Bytes ?? throw new DevcontainerException(Codes.VerifyImageGone, manifest);

    // What attests an image, and what images are appended to, is listed for the platform unknown/unknown.
    private static bool IsImage(Descriptor entry) =>
        MediaTypes.IsManifest(entry.MediaType) && entry.ArtifactType is null && entry.Platform is not { Os: "unknown" };
}
