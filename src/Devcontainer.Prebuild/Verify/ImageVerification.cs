using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Signing;

namespace Devcontainer.Prebuild.Verify;

/// <summary>Verifies an image that a registry has, by digest: runs every gate, and lets it pass where all of them do.</summary>
public sealed class ImageVerification
{
    private readonly IProcessRunner _processes;
    private readonly IBuildReporter _reporter;

    /// <summary>Verifies with real programs.</summary>
    public ImageVerification(IBuildReporter reporter)
        : this(new ProcessRunner(), reporter)
    {
    }

    internal ImageVerification(IProcessRunner processes, IBuildReporter reporter)
    {
        _processes = processes;
        _reporter = reporter;
    }

    /// <summary>Verifies.</summary>
    /// <param name="outputPath">Absolute path of the output folder, whose image it is where none is named.</param>
    /// <param name="image">The image: registry, repository, and a tag or a digest; null for the one of the output folder.</param>
    /// <param name="signatures">Whose signature it must have.</param>
    /// <param name="registries">How registries are reached.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The image by its digest, and why it does not pass: empty where it does.</returns>
    /// <exception cref="DevcontainerException">DEVC6003: nobody says what to verify it for; DEVC6005: it is not in its registry; or the registry does not
    /// answer.</exception>
    public async Task<(ImageReference Image, IReadOnlyList<Diagnostic> Diagnostics)> RunAsync(
        string outputPath, string? image, SignatureSettings signatures, RegistrySettings registries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(signatures);
        ArgumentNullException.ThrowIfNull(registries);
        if (signatures.VerificationKey is null && (signatures.Identity is null || signatures.Issuer is null))
        {
            throw new DevcontainerException(Codes.NothingToVerify);
        }

        if (registries.Offline)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerOffline", "true", "verifying needs the registry");
        }

        // A tag is looked up once, and what is verified is what it named then.
        ImageReference reference = await ResolveAsync(NameOf(outputPath, image), registries, cancellationToken).ConfigureAwait(false);
        var problems = new List<Diagnostic>();
        foreach (IVerifyGate gate in new IVerifyGate[] { new SignatureGate(_processes, registries, signatures, _reporter) })
        {
            GateResult result = await RunAsync(gate, reference, cancellationToken).ConfigureAwait(false);
            if (result.Outcome == GateOutcome.Clean)
            {
                _reporter.Status($"Verified {reference} ({gate.Name}): {result.Summary}.");
            }

            problems.AddRange(result.Diagnostics);
        }

        return (reference, problems);
    }

    internal static async Task<GateResult> RunAsync(IVerifyGate gate, ImageReference image, CancellationToken cancellationToken)
    {
        try
        {
            return await gate.RunAsync(image, cancellationToken).ConfigureAwait(false);
        }
        catch (DevcontainerException e)
        {
            return GateResult.Failed(e.Diagnostic);
        }
    }

    private static ImageReference NameOf(string outputPath, string? image)
    {
        if (image is not null)
        {
            return ImageReference.Parse(image);
        }

        Receipt receipt = ReceiptFile.TryRead(outputPath) ?? throw new DevcontainerException(Codes.NothingToLoad, outputPath);
        return SharedRepository.NameOf(receipt.Image.Registry, receipt.Image.Repository)?.WithDigest(Digest.Parse(receipt.Image.Digest))
            ?? throw new DevcontainerException(Codes.PushNeedsRegistry, receipt.Image.Repository);
    }

    private async Task<ImageReference> ResolveAsync(ImageReference image, RegistrySettings settings, CancellationToken cancellationToken)
    {
        using var registries = new RegistryAccess(settings, _processes);
        Descriptor found = await registries.Client.ResolveAsync(image, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.VerifyImageGone, image);
        return image.WithDigest(found.Digest);
    }
}
