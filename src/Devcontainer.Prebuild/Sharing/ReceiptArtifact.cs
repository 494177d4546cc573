using System.Globalization;
using System.Runtime.CompilerServices;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Attestations;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// The receipt and the SBOMs of an image as one artifact that refers to the image's index (OCI image specification, manifest.md, "subject"): each file
/// a layer, named by its path, as <c>oras pull</c> writes them. So whoever finds the image finds what it was made of.
/// </summary>
internal static class ReceiptArtifact
{
    /// <summary>The artifact's type, and the media type of the receipt in it.</summary>
    internal const string ArtifactType = "application/vnd.devcontainer-sdk.receipt.v1+json";

    /// <summary>The media type of an SBOM (IANA), and the type of the artifact that has a platform's.</summary>
    internal const string SpdxType = "application/spdx+json";

    private const string Title = "org.opencontainers.image.title";

    /// <summary>When something was made (OCI image specification, annotations.md): of a receipt, when the image was built.</summary>
    internal const string Created = "org.opencontainers.image.created";
    private const string Packages = "com.devcontainer-sdk.packages";

    /// <summary>Puts each SBOM to its platform's manifest. Safe to repeat.</summary>
    /// <param name="client">The client.</param>
    /// <param name="repository">Where the manifests are already.</param>
    /// <param name="receipt">The image's receipt.</param>
    /// <param name="outputPath">The folder that has the receipt's files.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The SBOMs as blobs of the repository, named by their path.</returns>
    internal static async Task<IReadOnlyList<Descriptor>> PushSbomsAsync(
        RegistryClient client, ImageReference repository, Receipt receipt, string outputPath, CancellationToken cancellationToken)
    {
        await client.PushBlobAsync(repository, "{}"u8.ToArray(), MediaTypes.Empty, cancellationToken).ConfigureAwait(false);
        var sboms = new List<Descriptor>();
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            if (platform.Sbom is { } sbom)
            {
                sboms.Add(await PushSbomAsync(client, repository, platform.Manifest, sbom, outputPath, cancellationToken).ConfigureAwait(false));
            }

            // Whoever appends to the environment image needs its SBOM. Where the image was found by its key it is there already.
            if (platform.Environment is { Sbom: { } below } environment && File.Exists(Path.Combine(outputPath, below.Path)))
            {
                await PushSbomAsync(client, repository, environment.Manifest, below, outputPath, cancellationToken).ConfigureAwait(false);
            }
        }

        return sboms;
    }

    private static async Task<Descriptor> PushSbomAsync(
        RegistryClient client, ImageReference repository, Descriptor manifest, ReceiptSbom sbom, string outputPath, CancellationToken cancellationToken)
    {
        byte[] content = await File.ReadAllBytesAsync(Path.Combine(outputPath, sbom.Path), cancellationToken).ConfigureAwait(false);
        Descriptor blob = Named(await client.PushBlobAsync(repository, content, SpdxType, cancellationToken).ConfigureAwait(false), sbom.Path);
        await client.PutReferrerAsync(
            repository,
            new ImageManifest
            {
                ArtifactType = SpdxType,
                Config = Descriptor.EmptyJson,
                Layers = [blob],
                Subject = manifest,
                Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { [Packages] = sbom.PackageCount.ToString(CultureInfo.InvariantCulture) },
            },
            cancellationToken).ConfigureAwait(false);
        return blob;
    }

    /// <summary>Puts the receipt, with its SBOMs, to the index. Safe to repeat.</summary>
    /// <param name="client">The client.</param>
    /// <param name="repository">Where the index is already.</param>
    /// <param name="index">The image's index.</param>
    /// <param name="receipt">The image's receipt.</param>
    /// <param name="sboms">Its SBOMs (<see cref="PushSbomsAsync"/>).</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async Task PushAsync(
        RegistryClient client, ImageReference repository, Descriptor index, Receipt receipt, IReadOnlyList<Descriptor> sboms, CancellationToken cancellationToken)
    {
        Descriptor record = await client.PushBlobAsync(repository, ReceiptFile.Serialize(receipt), ArtifactType, cancellationToken).ConfigureAwait(false);
        await client.PutReferrerAsync(
            repository,
            new ImageManifest
            {
                ArtifactType = ArtifactType,
                Config = Descriptor.EmptyJson,
                Layers = [Named(record, Receipt.FileName), .. sboms],
                Subject = index,
                Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { [Created] = receipt.Built.ToString("O", CultureInfo.InvariantCulture) },
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The receipt of an image, with its SBOMs; null where the registry has none that is whole and about this image and key.</summary>
    /// <param name="client">The client.</param>
    /// <param name="repository">Where the image is.</param>
    /// <param name="index">The image's index.</param>
    /// <param name="indexKey">The key; null for any.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async Task<SharedReceipt?> FindAsync(
        RegistryClient client, ImageReference repository, Descriptor index, string? indexKey, CancellationToken cancellationToken)
    {
        await foreach (SharedReceipt? found in ReadAllAsync(client, repository, index, cancellationToken).ConfigureAwait(false))
        {
            if (found is not null && found.Receipt.Image.Digest == index.Digest.Value && (indexKey is null || found.Receipt.IndexKey == indexKey))
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Every receipt that refers to an image, whatever it is about in truth; null for one that is not whole.</summary>
    internal static async IAsyncEnumerable<SharedReceipt?> ReadAllAsync(
        RegistryClient client, ImageReference repository, Descriptor index, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (Descriptor referrer in await client.GetReferrersAsync(repository, index.Digest, ArtifactType, cancellationToken).ConfigureAwait(false))
        {
            yield return await ReadAsync(client, repository, referrer, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The SBOM of a platform's image; null where the registry has none.</summary>
    internal static async Task<Sboms.Sbom?> FindSbomAsync(RegistryClient client, ImageReference repository, Digest manifest, CancellationToken cancellationToken)
    {
        await foreach ((Descriptor blob, int packages) in FindSbomsAsync(client, repository, manifest, cancellationToken).ConfigureAwait(false))
        {
            if (await client.GetBlobAsync(repository, blob, cancellationToken).ConfigureAwait(false) is { } content)
            {
                return new Sboms.Sbom(content, packages);
            }
        }

        return null;
    }

    /// <summary>Every SBOM that refers to a platform's image as this SDK puts it there: blob and number of packages.</summary>
    internal static async IAsyncEnumerable<(Descriptor Blob, int Packages)> FindSbomsAsync(
        RegistryClient client, ImageReference repository, Digest manifest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (Descriptor referrer in await client.GetReferrersAsync(repository, manifest, SpdxType, cancellationToken).ConfigureAwait(false))
        {
            if (await ManifestAsync(client, repository, referrer, cancellationToken).ConfigureAwait(false) is { Layers: [{ MediaType: SpdxType } layer] } artifact
                && int.TryParse(artifact.Annotations.GetValueOrDefault(Packages), NumberStyles.None, CultureInfo.InvariantCulture, out int packages))
            {
                yield return (layer, packages);
            }
        }
    }

    /// <summary>What attests a platform's image; null where the registry has nothing that does.</summary>
    internal static async Task<ImageManifest?> FindAttestationAsync(RegistryClient client, ImageReference repository, Digest manifest, CancellationToken cancellationToken)
    {
        IReadOnlyList<Descriptor> referrers = await client
            .GetReferrersAsync(repository, manifest, AttestationManifest.ArtifactType, cancellationToken).ConfigureAwait(false);
        return referrers.Count > 0 ? await ManifestAsync(client, repository, referrers[0], cancellationToken).ConfigureAwait(false) : null;
    }

    private static async Task<SharedReceipt?> ReadAsync(RegistryClient client, ImageReference repository, Descriptor referrer, CancellationToken cancellationToken)
    {
        if (await ManifestAsync(client, repository, referrer, cancellationToken).ConfigureAwait(false) is not { } artifact)
        {
            return null;
        }

        byte[]?[] files = await Task.WhenAll(artifact.Layers.Select(layer => client.GetBlobAsync(repository, layer, cancellationToken))).ConfigureAwait(false);
        var byName = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        for (int i = 0; i < files.Length; i++)
        {
            if (files[i] is { } content && artifact.Layers[i].Annotations.TryGetValue(Title, out string? name))
            {
                byName[name] = content;
            }
        }

        return byName.TryGetValue(Receipt.FileName, out byte[]? record) && ReceiptFile.Parse(record) is { } receipt && HasSboms(receipt, byName)
            ? new SharedReceipt(receipt, byName)
            : null;
    }

    // A registry's word is not taken for where a file goes: a receipt that names any other place is none.
    private static bool HasSboms(Receipt receipt, Dictionary<string, byte[]> files)
    {
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            if (platform.Sbom is { } sbom
                && (!Platform.TryParse(platform.Platform, out Platform? known)
                    || sbom.Path != ReceiptSbom.PathFor(known)
                    || !files.TryGetValue(sbom.Path, out byte[]? content)
                    || Digest.Sha256(content).Value != sbom.Digest))
            {
                return false;
            }
        }

        return true;
    }

    private static async Task<ImageManifest?> ManifestAsync(
        RegistryClient client, ImageReference repository, Descriptor referrer, CancellationToken cancellationToken) =>
        MediaTypes.IsManifest(referrer.MediaType)
        && await client.GetManifestAsync(repository.WithDigest(referrer.Digest), cancellationToken).ConfigureAwait(false) is { } manifest
            ? ImageManifest.Parse(manifest.Bytes, referrer.Digest.Value)
            : null;

    private static Descriptor Named(Descriptor blob, string name) =>
        blob with { Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { [Title] = name } };
}

/// <summary>A receipt from a registry.</summary>
/// <param name="Receipt">The receipt.</param>
/// <param name="Files">The files that came with it, by their path relative to an output folder: the SBOMs that the receipt names are among them.</param>
internal sealed record SharedReceipt(Receipt Receipt, IReadOnlyDictionary<string, byte[]> Files);
