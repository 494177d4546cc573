using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Signing;

/// <summary>
/// Signs what a push has brought to a repository, before a tag names it: the index, and each platform's manifest, because some verifiers look at the
/// one and some (podman, CRI-O, Harbor) at the other. What the same key or identity has signed already is not signed again.
/// </summary>
internal sealed class ImageSigning : IDisposable
{
    private readonly CosignCommand _cosign;
    private readonly SignatureSettings _settings;
    private readonly IBuildReporter _reporter;

    private ImageSigning(CosignCommand cosign, SignatureSettings settings, IBuildReporter reporter)
    {
        _cosign = cosign;
        _settings = settings;
        _reporter = reporter;
    }

    /// <summary>Gets ready, before anything is pushed; null where nothing is to be signed.</summary>
    /// <exception cref="DevcontainerException">DEVC5060: there is no cosign.</exception>
    internal static ImageSigning? Prepare(SignatureSettings? settings, RegistrySettings registries, IProcessRunner processes, IBuildReporter reporter) =>
        settings is null ? null : new ImageSigning(CosignCommand.Find(processes, registries, reporter), settings, reporter);

    /// <summary>Signs. Safe to repeat.</summary>
    /// <param name="repository">Where the images are.</param>
    /// <param name="images">Their digests; the first one names them all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC5061: they could not be signed.</exception>
    internal async Task RunAsync(ImageReference repository, IReadOnlyList<Digest> images, CancellationToken cancellationToken)
    {
        IReadOnlyList<Digest> unsigned = await UnsignedAsync(repository, images, cancellationToken).ConfigureAwait(false);
        if (unsigned.Count == 0)
        {
            _reporter.Status($"{repository.WithDigest(images[0])} is signed already.");
            return;
        }

        await _cosign.SignAsync(repository, unsigned, _settings, cancellationToken).ConfigureAwait(false);
        _reporter.Status($"Signed {repository.WithDigest(images[0])}.");
    }

    /// <inheritdoc />
    public void Dispose() => _cosign.Dispose();

    private async Task<IReadOnlyList<Digest>> UnsignedAsync(ImageReference repository, IReadOnlyList<Digest> images, CancellationToken cancellationToken)
    {
        SignatureSettings check = _settings.SigningKey is { } key
            ? _settings with { VerificationKey = await _cosign.PublicKeyAsync(key, cancellationToken).ConfigureAwait(false) }
            : _settings with { VerificationKey = null };
        if (check.VerificationKey is null && (check.Identity is null || check.Issuer is null))
        {
            // Nobody has said who it is that signs here, so no signature can be taken for theirs.
            return images;
        }

        var unsigned = new List<Digest>();
        foreach (Digest image in images)
        {
            if (!await IsSignedAsync(repository, image, check, cancellationToken).ConfigureAwait(false))
            {
                unsigned.Add(image);
            }
        }

        return unsigned;
    }

    private async Task<bool> IsSignedAsync(ImageReference repository, Digest image, SignatureSettings check, CancellationToken cancellationToken)
    {
        try
        {
            return await _cosign.VerifyAsync(repository, image, check, cancellationToken).ConfigureAwait(false) is null;
        }
        catch (DevcontainerException e) when (e.Diagnostic.Code == Codes.VerifyToolFailed)
        {
            // A signature too many does no harm; one too few would.
            _reporter.Detail(e.Message);
            return false;
        }
    }
}
