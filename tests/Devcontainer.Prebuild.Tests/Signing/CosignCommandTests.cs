using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Signing;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Tests.Signing;

/// <summary>
/// What cosign is called with, and how its answers are read, by a scripted command: signing without a key asks servers for a certificate, which no test
/// here can reach.
/// </summary>
[TestClass]
public sealed class CosignCommandTests
{
    private static readonly Digest Image = SampleWorkspace.DigestOf('a');
    private static readonly ImageReference Repository = ImageReference.Parse("registry.example/team/dev");
    private static readonly SignatureSettings Keyless = new() { Identity = "^https://github.com/team/.*$", Issuer = "https://token.actions.githubusercontent.com" };

    [TestMethod]
    public async Task Without_a_key_it_signs_by_an_identity()
    {
        using var script = new Script();
        await script.SignAsync(new SignatureSettings());
        CollectionAssert.AreEqual(new[] { "sign", "--yes", $"registry.example/team/dev@{Image}" }, script.Calls.Single());

        // With an identity it is known whose signature to look for first.
        using var known = new Script { Answer = static call => call[0] == "verify" ? (10, "Error: no signatures found") : (0, "") };
        await known.SignAsync(Keyless);
        CollectionAssert.AreEqual(new[] { "verify", "sign" }, known.Calls.Select(static call => call[0]).ToArray());
        using var signed = new Script();
        await signed.SignAsync(Keyless);
        CollectionAssert.AreEqual(new[] { "verify" }, signed.Calls.Select(static call => call[0]).ToArray());
        Assert.Contains("signed already", signed.Reporter.Text);

        // Where it cannot be told, it is signed.
        using var unknown = new Script { Answer = static call => call[0] == "verify" ? (1, "Error: no such host") : (0, "") };
        await unknown.SignAsync(Keyless);
        CollectionAssert.AreEqual(new[] { "verify", "sign" }, unknown.Calls.Select(static call => call[0]).ToArray());
        Assert.Contains($"Signed registry.example/team/dev@{Image}.", unknown.Reporter.Text);
    }

    [TestMethod]
    public async Task It_verifies_an_identity_or_a_pattern_of_one()
    {
        using var script = new Script();
        Assert.AreEqual(GateOutcome.Clean, (await script.VerifyAsync(Keyless with { TrustedRoot = "/trusted.json" })).Outcome);
        CollectionAssert.AreEqual(
            new[]
            {
                "verify", "--trusted-root=/trusted.json", "--certificate-identity-regexp=^https://github.com/team/.*$",
                "--certificate-oidc-issuer=https://token.actions.githubusercontent.com", $"registry.example/team/dev@{Image}",
            },
            script.Calls.Single());
        script.Calls.Clear();
        await script.VerifyAsync(new SignatureSettings { VerificationKey = "awskms:///alias/dev" });
        CollectionAssert.AreEqual(new[] { "verify", "--key=awskms:///alias/dev", $"registry.example/team/dev@{Image}" }, script.Calls.Single());
    }

    [TestMethod]
    public async Task It_goes_where_we_go()
    {
        using var script = new Script
        {
            Settings = static settings => settings with
            {
                Mirrors = [new("registry.example", "mirror.example:8080/all")], Insecure = ["mirror.example:8080"],
            },
        };
        await script.SignAsync(new SignatureSettings { SigningConfig = "/signing.json", TrustedRoot = "/trusted.json" });
        CollectionAssert.AreEqual(
            new[]
            {
                "sign", "--yes", "--signing-config=/signing.json", "--trusted-root=/trusted.json", "--allow-http-registry",
                $"mirror.example:8080/all/team/dev@{Image}",
            },
            script.Calls.Single());
    }

    [TestMethod]
    [DataRow(10, "Error: no signatures found", GateOutcome.Findings, Codes.SignatureNotGood)]
    [DataRow(12, "Error: no matching signatures: invalid signature", GateOutcome.Findings, Codes.SignatureNotGood)]
    [DataRow(13, "Error: no certificate found on signature", GateOutcome.Findings, Codes.SignatureNotGood)]
    [DataRow(1, "WARNING: something\nError: no matching attestations: failed to verify certificate identity", GateOutcome.Findings, Codes.SignatureNotGood)]
    [DataRow(1, "Error: loading public key: no such file", GateOutcome.Failed, Codes.VerifyToolFailed)]
    [DataRow(1, "", GateOutcome.Failed, Codes.VerifyToolFailed)]
    [DataRow(137, "", GateOutcome.Failed, Codes.VerifyToolFailed)]
    public async Task Only_a_good_end_lets_an_image_pass(int exitCode, string error, GateOutcome outcome, string code)
    {
        using var script = new Script { Answer = _ => (exitCode, error) };
        GateResult result = await script.VerifyAsync(Keyless);
        Diagnostic why = result.Reason ?? result.Findings.Single().Diagnostic;
        Assert.AreEqual((outcome, code), (result.Outcome, why.Code));
        Assert.DoesNotContain("WARNING", why.Message);
    }

    private sealed class Script : IProcessRunner, IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        internal Func<string[], (int ExitCode, string Error)> Answer { get; init; } = static _ => (0, "");

        internal Func<RegistrySettings, RegistrySettings> Settings { get; init; } = static settings => settings;

        internal List<string[]> Calls { get; } = [];

        internal RecordingReporter Reporter { get; } = new();

        private RegistrySettings Registries
        {
            get
            {
                _folder.Write(OperatingSystem.IsWindows() ? "bin/cosign.exe" : "bin/cosign", executable: true);
                return Settings(new RegistrySettings
                {
                    WorkspaceFolder = _folder["repo"],
                    Environment = new Dictionary<string, string> { ["PATH"] = _folder["bin"], ["DOCKER_CONFIG"] = _folder["docker"] },
                });
            }
        }

        public Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken)
        {
            string[] call = [.. request.Arguments];
            Calls.Add(call);
            (int exitCode, string error) = Answer(call);
            foreach (string line in error.Split('\n'))
            {
                request.OnError!(line);
            }

            return Task.FromResult(new ProcessResult(exitCode, TimedOut: false));
        }

        internal async Task SignAsync(SignatureSettings settings)
        {
            using ImageSigning signing = ImageSigning.Prepare(settings, Registries, this, Reporter)!;
            await signing.RunAsync(Repository, [Image], CancellationToken.None);
        }

        internal Task<GateResult> VerifyAsync(SignatureSettings settings) =>
            GateRunner.RunAsync(
            new SignatureGate(this, Registries, settings, Reporter), new VerifiedImage(Repository.WithDigest(Image), []), CancellationToken.None);

        public void Dispose() => _folder.Dispose();
    }
}
