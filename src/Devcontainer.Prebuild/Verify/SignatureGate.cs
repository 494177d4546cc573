using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Signing;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The image has a signature of the key, or of the identity, that is given.</summary>
internal sealed class SignatureGate(IProcessRunner processes, RegistrySettings registries, SignatureSettings settings, IBuildReporter reporter) : IVerifyGate
{
    /// <inheritdoc />
    public string Name => "signature";

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(ImageReference image, CancellationToken cancellationToken)
    {
        using CosignCommand cosign = CosignCommand.Find(processes, registries, reporter);
        string signer = settings.VerificationKey is { } key ? $"the key {key}" : $"{settings.Identity} (vouched for by {settings.Issuer})";
        return await cosign.VerifyAsync(image, image.Digest!.Value, settings, cancellationToken).ConfigureAwait(false) is { } reason
            ? GateResult.Found(Diagnostic.Create(Codes.SignatureNotGood, null, image, signer, reason))
            : GateResult.Clean($"signed by {signer}");
    }
}
