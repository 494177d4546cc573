using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Comparison;

/// <summary>An image as its receipt and SBOMs tell of it, and where its manifests are.</summary>
/// <param name="Reference">The image by its digest.</param>
/// <param name="Receipt">Its receipt.</param>
/// <param name="Packages">What its SBOMs list, by platform; a platform without an SBOM is not there.</param>
/// <param name="ReadAsync">Reads a manifest or configuration of it; null where it is gone.</param>
internal sealed record ImageRecord(
    string Reference,
    Receipt Receipt,
    IReadOnlyDictionary<string, SbomPackages> Packages,
    Func<Descriptor, CancellationToken, Task<byte[]?>> ReadAsync)
{
    /// <summary>The image that a registry has.</summary>
    /// <exception cref="DevcontainerException">DEVC5064: it is not there, or has no receipt; or the registry does not answer.</exception>
    internal static async Task<ImageRecord> FetchAsync(RegistryClient client, ImageReference image, CancellationToken cancellationToken)
    {
        Descriptor index = await client.ResolveAsync(image, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.CompareImageUnknown, image, "it is not in its registry");
        SharedReceipt shared = await ReceiptArtifact.FindAsync(client, image, index, indexKey: null, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(
                Codes.CompareImageUnknown, image, "it has no receipt, so it was not published by this SDK, or as one platform of an image");
        return new ImageRecord(
            image.WithDigest(index.Digest).ToString(),
            shared.Receipt,
            PackagesOf(shared.Receipt, path => shared.Files[path]),
            (content, token) => FetchAsync(client, image, content, token));
    }

    /// <summary>The image of an output folder; what the folder lacks is in the registry.</summary>
    /// <exception cref="DevcontainerException">DEVC4021: there is none.</exception>
    internal static ImageRecord Read(string outputPath, RegistryClient client)
    {
        Receipt receipt = ReceiptFile.TryRead(outputPath) ?? throw new DevcontainerException(Codes.NothingToLoad, outputPath);
        OciLayout layout = OciLayout.Open(Path.Combine(outputPath, "image"));
        ImageReference? remote = RemoteLayout.RepositoryOf(receipt, outputPath);
        return new ImageRecord(
            receipt.Image.Reference,
            receipt,
            PackagesOf(receipt, path => File.ReadAllBytes(Path.Combine(outputPath, path))),
            async (content, token) => layout.Contains(content) ? layout.ReadBlob(content)
                : remote is null ? null
                : await FetchAsync(client, remote, content, token).ConfigureAwait(false));
    }

    /// <summary>The manifest of a platform; null where it is gone.</summary>
    internal async Task<ImageManifest?> ManifestAsync(string platform, CancellationToken cancellationToken)
    {
        ReceiptPlatform known = Receipt.Platforms.Single(candidate => candidate.Platform == platform);
        return await ReadAsync(known.Manifest, cancellationToken).ConfigureAwait(false) is { } bytes ? ImageManifest.Parse(bytes, known.Digest) : null;
    }

    private static async Task<byte[]?> FetchAsync(RegistryClient client, ImageReference repository, Descriptor content, CancellationToken cancellationToken) =>
        MediaTypes.IsManifest(content.MediaType)
            ? (await client.GetManifestAsync(repository.WithDigest(content.Digest), cancellationToken).ConfigureAwait(false))?.Bytes.ToArray()
            : await client.GetBlobAsync(repository, content, cancellationToken).ConfigureAwait(false);

    private static Dictionary<string, SbomPackages> PackagesOf(Receipt receipt, Func<string, byte[]> read)
    {
        var packages = new Dictionary<string, SbomPackages>(StringComparer.Ordinal);
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            if (platform.Sbom is { } sbom)
            {
                packages[platform.Platform] = SbomPackages.Parse(read(sbom.Path), sbom.Path);
            }
        }

        return packages;
    }
}
