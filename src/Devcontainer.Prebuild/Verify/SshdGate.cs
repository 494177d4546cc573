using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Verify;

/// <summary>Where the image has an SSH server, that is hardened: root does not sign in with a password, nobody without one, and its own key is not in the image.</summary>
internal sealed class SshdGate(ImageContents contents) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "sshd";

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        var platforms = new List<(string Platform, IReadOnlyList<Finding> Findings)>();
        bool hasServer = false;
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            ImageView view = await contents.ViewAsync(image, platform, cancellationToken).ConfigureAwait(false);
            if (view.Files.Keys.FirstOrDefault(static path => path.EndsWith("bin/sshd", StringComparison.Ordinal)) is not null)
            {
                hasServer = true;
                platforms.Add((platform.Platform, [.. Look(image, platform, view)]));
            }
        }

        return GateResult.Of(hasServer ? "the SSH server's settings and keys" : "there is no SSH server", Finding.Join(platforms));
    }

    private static IEnumerable<Finding> Look(VerifiedImage image, VerifiedPlatform platform, ImageView view)
    {
        SshdSettings settings = SshdSettings.Read(view);
        if (settings.Value("PermitRootLogin") is "yes")
        {
            yield return Setting("permit-root-login", FindingSeverity.High, "lets root sign in with a password", "Set 'PermitRootLogin no'");
        }

        if (settings.Value("PermitEmptyPasswords") is "yes")
        {
            yield return Setting("permit-empty-passwords", FindingSeverity.Critical, "lets users sign in without a password", "Set 'PermitEmptyPasswords no'");
        }

        // The server's own default (sshd_config(5)).
        if (settings.Value("PasswordAuthentication") is null or "yes")
        {
            yield return Setting("password-authentication", FindingSeverity.Medium, "lets users sign in with passwords", "Set 'PasswordAuthentication no', and use keys");
        }

        foreach ((string path, (LayerFile _, int layer)) in view.Files)
        {
            if (path.StartsWith("etc/ssh/ssh_host_", StringComparison.Ordinal) && path.EndsWith("_key", StringComparison.Ordinal))
            {
                yield return Create(
                    "host-key", FindingSeverity.High, $"has its own private key in the image, '/{Printable.Quote(path)}', so whoever has the image can pass for it",
                    "Delete it in the instruction that installs the server, and let each container make one ('ssh-keygen -A')") with
                {
                    Path = path,
                    Layer = platform.Manifest.Layers[layer].Digest,
                    Instruction = platform.InstructionOf(layer),
                };
            }
        }

        Finding Setting(string id, FindingSeverity severity, string what, string mend) => Create(id, severity, what, $"{mend} in /etc/ssh/sshd_config.d") with { Path = SshdSettings.Main };

        Finding Create(string id, FindingSeverity severity, string what, string mend) => new()
        {
            Id = id,
            Severity = severity,
            Diagnostic = Diagnostic.Create(Codes.SshdOpen, null, image.Reference, what, mend),
        };
    }
}
