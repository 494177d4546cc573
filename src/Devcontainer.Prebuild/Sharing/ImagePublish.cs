using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Signing;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// Publishes the image of the last prebuild: as a whole layout in the output folder, or to its registry, by digest, found by its keys and named by its
/// tags.
/// </summary>
public sealed class ImagePublish
{
    private readonly IProcessRunner _processes;
    private readonly IBuildReporter _reporter;

    /// <summary>Publishes to real registries.</summary>
    public ImagePublish(IBuildReporter reporter)
        : this(new ProcessRunner(), reporter)
    {
    }

    internal ImagePublish(IProcessRunner processes, IBuildReporter reporter)
    {
        _processes = processes;
        _reporter = reporter;
    }

    /// <summary>Makes the layout whole.</summary>
    /// <param name="outputPath">Absolute path of the output folder.</param>
    /// <param name="lockTimeout">How long to wait for a build that writes there.</param>
    /// <param name="settings">How registries are reached.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The receipt of the image.</returns>
    /// <exception cref="DevcontainerException">There is no image, or its registry no longer has it.</exception>
    public async Task<Receipt> CompleteLayoutAsync(string outputPath, TimeSpan lockTimeout, RegistrySettings settings, CancellationToken cancellationToken)
    {
        Receipt receipt = ReceiptOf(outputPath);
        if (RemoteLayout.RepositoryOf(receipt, outputPath) is null)
        {
            return receipt;
        }

        using OutputFolder output = await OutputFolder.AcquireAsync(outputPath, lockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        using var registries = new RegistryAccess(settings, _processes);
        receipt = ReceiptOf(output.Root);
        await RemoteLayout.CompleteAsync(OciLayout.Open(output.Image), Digest.Parse(receipt.Image.Digest), registries, _reporter, cancellationToken).ConfigureAwait(false);
        return receipt;
    }

    /// <summary>
    /// Pushes: blobs, manifests, index, then SBOMs and receipt as referrers, then signatures, then the tags of the keys, last the image's own tags; so a
    /// tag only ever names what is there, with its receipt, and signed where it is to be. Safe to repeat: what is there is not sent again. <c>rollback.json</c> says what the tags named before, and
    /// <c>published.json</c> what they name now.
    /// </summary>
    /// <param name="request">What to push, and where.</param>
    /// <param name="cancellationToken">Ends it; a tag that has not moved by then names what it named before.</param>
    /// <returns>The receipt of the image.</returns>
    /// <exception cref="DevcontainerException">There is no image, it has no registry, the registry does not take it, or it cannot be signed. DEVC5047: some
    /// tags moved and others did not.</exception>
    public async Task<Receipt> PushAsync(PushRequest request, CancellationToken cancellationToken)
    {
        using OutputFolder output = await OutputFolder.AcquireAsync(request.OutputPath, request.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        using var registries = new RegistryAccess(request.Registries, _processes);
        Receipt receipt = ReceiptOf(output.Root);
        ImageReference repository = SharedRepository.NameOf(receipt.Image.Registry, receipt.Image.Repository)
            ?? throw new DevcontainerException(Codes.PushNeedsRegistry, receipt.Image.Repository);
        if (registries.IsOffline)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerOffline", "true", "pushing needs the registry");
        }

        using ImageSigning? signing = ImageSigning.Prepare(request.Signatures, request.Registries, _processes, _reporter);
        OciLayout layout = OciLayout.Open(output.Image);
        var image = Digest.Parse(receipt.Image.Digest);
        Descriptor root = RemoteLayout.Entry(layout, image) ?? throw new DevcontainerException(Codes.BlobMissing, image.Value, layout.Root);
        if (RemoteLayout.RepositoryOf(root) is { } source && source.Name != repository.Name)
        {
            root = await RemoteLayout.CompleteAsync(layout, image, registries, _reporter, cancellationToken).ConfigureAwait(false);
        }

        // As it is named by others: without what the layout's own index says of it.
        root = new Descriptor(root.MediaType, root.Digest, root.Size);
        RegistryClient client = registries.Transfers;
        foreach (Descriptor part in request.ByDigest ? layout.ReadIndex(root).Manifests : [root])
        {
            PushResult pushed = await client.PushAsync(layout, part, repository, MountSources(receipt), cancellationToken).ConfigureAwait(false);
            _reporter.Status(string.Create(
                CultureInfo.InvariantCulture,
                $"Pushed {repository.WithDigest(part.Digest)}: {pushed.Uploaded} of {pushed.Uploaded + pushed.Mounted + pushed.Existing} blobs sent ({pushed.UploadedBytes / 1e6:0.0} MB)."));
        }

        IReadOnlyList<Descriptor> sboms = await ReceiptArtifact.PushSbomsAsync(client, repository, receipt, output.Root, cancellationToken).ConfigureAwait(false);
        if (!request.ByDigest)
        {
            await ReceiptArtifact.PushAsync(client, repository, root, receipt, sboms, cancellationToken).ConfigureAwait(false);
        }

        if (signing is not null)
        {
            IEnumerable<Digest> platforms = receipt.Platforms.Select(static platform => Digest.Parse(platform.Digest));
            await signing.RunAsync(repository, [.. request.ByDigest ? [] : new[] { image }, .. platforms], cancellationToken).ConfigureAwait(false);
        }

        if (request.ByDigest)
        {
            await TagKeysAsync(client, repository, receipt, layout, index: null, cancellationToken).ConfigureAwait(false);
            foreach (ReceiptPlatform platform in receipt.Platforms)
            {
                new PlatformDigest(
                    Platform.Parse(platform.Platform),
                    Digest.Parse(platform.Digest),
                    receipt.Key(KeyTier.Image, platform.Platform),
                    request.Commit,
                    repository.Name).Write(output.Root);
            }

            return receipt;
        }

        await TagKeysAsync(client, repository, receipt, layout, root, cancellationToken).ConfigureAwait(false);
        await new TagMove(client, repository, _reporter).RunAsync(root, layout.ReadBlob(root), request.Tags, output.Root, cancellationToken).ConfigureAwait(false);
        return receipt;
    }

    /// <summary>Gives the image the tags of its keys. One that names another image already stays as it is: others have been given that image.</summary>
    private async Task TagKeysAsync(
        RegistryClient client, ImageReference repository, Receipt receipt, OciLayout layout, Descriptor? index, CancellationToken cancellationToken)
    {
        foreach (CacheKey key in receipt.Keys)
        {
            if (KeyTags.Of(key) is not { } tag || (key.Platform is null ? index : ManifestOf(receipt, key.Platform)) is not { } target)
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
                _reporter.Warning(Diagnostic.Create(Codes.KeyTaken, null, repository.Name, tag, taken.Digest, target.Digest));
            }
        }
    }

    private static Descriptor ManifestOf(Receipt receipt, string platform)
    {
        ReceiptPlatform built = receipt.Platforms.Single(candidate => candidate.Platform == platform);
        return new Descriptor(MediaTypes.ImageManifest, Digest.Parse(built.Digest), built.ManifestSize);
    }

    // Layers of a base image in the same registry are taken over there instead of being sent.
    private static List<ImageReference> MountSources(Receipt receipt)
    {
        var sources = new List<ImageReference>();
        foreach (ReceiptBase known in receipt.Bases)
        {
            if (ImageReference.TryParse(known.Reference, out ImageReference? reference) && sources.TrueForAll(source => source.Name != reference.Name))
            {
                sources.Add(reference);
            }
        }

        return sources;
    }

    private static Receipt ReceiptOf(string outputPath) =>
        ReceiptFile.TryRead(outputPath) ?? throw new DevcontainerException(Codes.NothingToLoad, outputPath);
}
