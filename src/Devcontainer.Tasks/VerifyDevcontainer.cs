using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Signing;
using Devcontainer.Prebuild.Verify;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Verifies an image that a registry has: the one of the last prebuild, or one that is named.</summary>
public sealed class VerifyDevcontainer : DevcontainerSignatureTask
{
    /// <summary>DevcontainerVerifyImage.</summary>
    public string? Image { get; set; }

    /// <summary>The image by its digest, where it has passed.</summary>
    [Output]
    public ITaskItem[] Verified { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        string? image = Text(Image);
        SignatureSettings signatures = BindSignatures();
        if (signatures is { Offline: true, VerificationKey: null, TrustedRoot: null, Identity: not null })
        {
            throw new DevcontainerException(
                Codes.PropertyInvalid,
                "DevcontainerSignatureOffline",
                "true",
                "without a key a signature is verified with certificates: name the file that has them with DevcontainerTrustedRoot");
        }

        if (Switch("DevcontainerDryRun", DryRun))
        {
            Reporter.Status($"Would verify {image ?? "the image"}.");
            return;
        }

        (ImageReference reference, IReadOnlyList<Diagnostic> diagnostics) = await new ImageVerification(Reporter)
            .RunAsync(Absolute(OutputPath), image, signatures, BindRegistries(), cancellationToken).ConfigureAwait(false);
        foreach (Diagnostic diagnostic in diagnostics)
        {
            LogError(diagnostic);
        }

        if (diagnostics.Count == 0)
        {
            Verified = [Items.Create(reference.ToString(), ("Digest", reference.Digest!.Value.Value))];
        }
    }
}
