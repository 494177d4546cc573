using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Attestations;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Signing;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>Brings an image to a repository, under the tags of its keys: all but its own tags.</summary>
/// <param name="registries">Connects.</param>
/// <param name="layout">Where the image is; layers may still be in the repository that its entry names.</param>
/// <param name="root">The image's index.</param>
/// <param name="receipt">The image's receipt.</param>
/// <param name="request">How to push.</param>
/// <param name="signing">Signs; null not to.</param>
/// <param name="reporter">Hears of it.</param>
internal sealed class RepositoryPush(
    RegistryAccess registries, OciLayout layout, Descriptor root, Receipt receipt, PushRequest request, ImageSigning? signing, IBuildReporter reporter)
{
    /// <summary>
    /// Pushes: blobs, manifests, index, then SBOMs and receipt as referrers, then signatures, last the tags of the keys. By digest: each platform's
    /// manifest without an index, and so without receipt. Safe to repeat: what is there is not sent again.
    /// </summary>
    /// <exception cref="DevcontainerException">A blob is nowhere, the registry does not take the image, or it cannot be signed.</exception>
    internal async Task RunAsync(ImageReference repository, CancellationToken cancellationToken)
    {
        RegistryClient client = registries.Transfers;
        await CompleteAsync(client, repository, cancellationToken).ConfigureAwait(false);
        foreach (Descriptor part in request.ByDigest ? layout.ReadIndex(root).Manifests : [root])
        {
            PushResult pushed = await client.PushAsync(layout, part, repository, MountSources(repository), cancellationToken).ConfigureAwait(false);
            string what = AttestationManifest.IsAttestation(part) ? "what attests it" : $"{repository.WithDigest(part.Digest)}";
            reporter.Status(string.Create(
                CultureInfo.InvariantCulture,
                $"Pushed {what}: {pushed.Uploaded} of {pushed.Uploaded + pushed.Mounted + pushed.Existing} blobs sent ({pushed.UploadedBytes / 1e6:0.0} MB)."));
        }

        IReadOnlyList<Descriptor> sboms = await ReceiptArtifact.PushSbomsAsync(client, repository, receipt, request.OutputPath, cancellationToken).ConfigureAwait(false);
        if (!request.ByDigest)
        {
            await ReceiptArtifact.PushAsync(client, repository, root, receipt, sboms, cancellationToken).ConfigureAwait(false);
        }

        if (signing is not null)
        {
            IEnumerable<Digest> platforms = receipt.Platforms.Select(static platform => Digest.Parse(platform.Digest));
            await signing.RunAsync(repository, [.. request.ByDigest ? [] : new[] { root.Digest }, .. platforms], cancellationToken).ConfigureAwait(false);
        }

        await TagKeysAsync(client, repository, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fetches the layers that are not here, unless the repository has them, or has all that names them.</summary>
    private async Task CompleteAsync(RegistryClient client, ImageReference repository, CancellationToken cancellationToken)
    {
        if (Source is not { } source || source.Name == repository.Name)
        {
            return;
        }

        foreach (Descriptor manifest in layout.ReadIndex(root).Manifests)
        {
            if (await client.ResolveAsync(repository.WithDigest(manifest.Digest), cancellationToken).ConfigureAwait(false) is null)
            {
                await RemoteLayout.CompleteAsync(layout, root.Digest, registries, reporter, cancellationToken).ConfigureAwait(false);
                return;
            }
        }
    }

    /// <summary>The repository that has what the layout lacks; null where it lacks nothing.</summary>
    private ImageReference? Source => RemoteLayout.Entry(layout, root.Digest) is { } entry ? RemoteLayout.RepositoryOf(entry) : null;

    /// <summary>Gives the image the tags of its keys. One that names another image already stays as it is: others have been given that image.</summary>
    private async Task TagKeysAsync(RegistryClient client, ImageReference repository, CancellationToken cancellationToken)
    {
        foreach (CacheKey key in receipt.Keys)
        {
            if (KeyTags.Of(key) is not { } tag || (key.Platform is not null ? ManifestOf(key) : request.ByDigest ? null : root) is not { } target)
            {
                continue;
            }

            Descriptor? taken = await client.ResolveAsync(repository.WithTag(tag), cancellationToken).ConfigureAwait(false);
            if (taken is null)
            {
                await client.PutManifestAsync(repository.WithTag(tag), layout.ReadBlob(target), target.MediaType, cancellationToken).ConfigureAwait(false);
            }
            else if (taken.Digest != target.Digest && key.Tier == KeyTier.Index)
            {
                reporter.Warning(Diagnostic.Create(Codes.KeyTaken, null, repository.Name, tag, taken.Digest, target.Digest));
            }
        }
    }

    private Descriptor ManifestOf(CacheKey key)
    {
        ReceiptPlatform platform = receipt.Platforms.Single(candidate => candidate.Platform == key.Platform);
        return key.Tier == KeyTier.Environment ? platform.EnvironmentManifest : platform.Manifest;
    }

    // Layers of a base image in the same registry are taken over there instead of being sent; so are those of the image, in another of its repositories.
    private List<ImageReference> MountSources(ImageReference repository)
    {
        var sources = new List<ImageReference>();
        IEnumerable<string> names = [.. receipt.Bases.Select(static known => known.Reference), receipt.Image.Name];
        foreach (string name in names)
        {
            if (ImageReference.TryParse(name, out ImageReference? reference)
                && reference.Name != repository.Name
                && sources.TrueForAll(source => source.Name != reference.Name))
            {
                sources.Add(reference);
            }
        }

        return sources;
    }
}
