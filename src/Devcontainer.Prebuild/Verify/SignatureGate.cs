using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Signing;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The image has a signature of the key, or of the identity, that is given.</summary>
internal sealed class SignatureGate(IProcessRunner processes, RegistrySettings registries, SignatureSettings settings, IBuildReporter reporter) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "signature";

    /// <inheritdoc />
    public string Name => GateName;

    /// <summary>Whether somebody says whose signature an image must have.</summary>
    internal static bool IsConfigured(SignatureSettings settings) => settings.VerificationKey is not null || settings is { Identity: not null, Issuer: not null };

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        using CosignCommand cosign = CosignCommand.Find(processes, registries, reporter);
        string signer = settings.VerificationKey is { } key ? $"the key {key}" : $"{settings.Identity} (vouched for by {settings.Issuer})";
        if (await cosign.VerifyAsync(image.Reference, image.Reference.Digest!.Value, settings, cancellationToken).ConfigureAwait(false) is not { } reason)
        {
            return GateResult.Clean($"signed by {signer}");
        }

        var finding = new Finding
        {
            Id = "no-good-signature",
            Severity = FindingSeverity.Critical,
            Diagnostic = Diagnostic.Create(Codes.SignatureNotGood, null, image.Reference, signer, reason),
        };
        return GateResult.Of($"whether it is signed by {signer}", [finding]);
    }
}
