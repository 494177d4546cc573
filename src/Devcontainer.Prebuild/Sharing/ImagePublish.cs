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
    /// Pushes to the image's repository, and to others that are asked for: in each all that the image is and that refers to it, then the tags of its keys;
    /// where that is done everywhere, the image's own tags. So a tag only ever names what is there, with its receipt, and signed where it is to be. Safe
    /// to repeat: what is there is not sent again. <c>rollback.json</c> says what the tags named before, and <c>published.json</c> what they name now.
    /// </summary>
    /// <param name="request">What to push, and where.</param>
    /// <param name="cancellationToken">Ends it; a tag that has not moved by then names what it named before.</param>
    /// <returns>The receipt of the image.</returns>
    /// <exception cref="DevcontainerException">There is no image, it has no registry, the registry does not take it, or it cannot be signed. DEVC5047: some
    /// tags moved and others did not. DEVC5062: some repositories have it and others do not.</exception>
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

        // As it is named by others: without what the layout's own index says of it.
        root = new Descriptor(root.MediaType, root.Digest, root.Size);
        var targets = new PushTargets(repository, PushTargets.Parse(request.AlsoTo, repository), _reporter);
        var push = new RepositoryPush(registries, layout, root, receipt, request, signing, _reporter);
        await targets.EachAsync(to => push.RunAsync(to, cancellationToken)).ConfigureAwait(false);
        if (!request.ByDigest)
        {
            await new TagMove(registries.Transfers, targets, _reporter)
                .RunAsync(root, layout.ReadBlob(root), request.Tags, output.Root, cancellationToken).ConfigureAwait(false);
        }
        else if (targets.Left.Contains(repository))
        {
            WriteDigests(request, receipt, repository);
        }

        targets.ThrowIfFailed(image);
        return receipt;
    }

    private static void WriteDigests(PushRequest request, Receipt receipt, ImageReference repository)
    {
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            new PlatformDigest(
                Platform.Parse(platform.Platform),
                Digest.Parse(platform.Digest),
                receipt.Key(KeyTier.Image, platform.Platform),
                request.Commit,
                repository.Name).Write(request.OutputPath);
        }
    }

    private static Receipt ReceiptOf(string outputPath) =>
        ReceiptFile.TryRead(outputPath) ?? throw new DevcontainerException(Codes.NothingToLoad, outputPath);
}
