using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Signing;
using Devcontainer.Prebuild.Tests.Sharing;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Tests.Signing;

/// <summary>Signing and verifying with the real cosign, offline with keys, in real registries.</summary>
[TestClass]
public sealed class SigningTests
{
    private const string Password = "canary-of-the-key";

    [TestMethod]
    public async Task What_is_pushed_is_signed_before_a_tag_names_it_and_others_verify_it()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using PublishedWorkspace workspace = await SignerAsync();
        PrebuildResult built = await workspace.BuildAsync(registry, SampleWorkspace.Amd64, SampleWorkspace.Arm64);
        ImageReference repository = registry.Reference(PublishedWorkspace.Repository);
        using var client = new RegistryClient();
        int tags = -1;
        var processes = new WatchingRunner(async request =>
        {
            if (request.Arguments[0] == "sign")
            {
                // It is all there, and nothing names it yet.
                Assert.IsNotNull(await client.ResolveAsync(repository.WithDigest(Digest.Parse(built.Receipt.Image.Digest))));
                tags = (await client.ListTagsAsync(repository) ?? []).Count(static tag => !tag.StartsWith("sha256-", StringComparison.Ordinal));
            }

            Assert.DoesNotContain(Password, string.Join(' ', request.Arguments));
        });
        await workspace.PushAsync(Key(workspace), processes);
        Assert.AreEqual(0, tags);
        Assert.Contains($"Signed {built.Receipt.Image.Reference}.", workspace.Reporter.Text);

        string[] images = [built.Receipt.Image.Digest, .. built.Receipt.Platforms.Select(static platform => platform.Digest)];
        Assert.HasCount(3, images);
        foreach (string image in images)
        {
            await JudgeAsync(workspace, $"{repository.Name}@{image}");
            Assert.HasCount(1, await SignaturesAsync(client, repository, image));
        }

        // A push that is repeated signs nothing.
        await workspace.PushAsync(Key(workspace));
        Assert.Contains($"{built.Receipt.Image.Reference} is signed already.", workspace.Reporter.Text);
        Assert.HasCount(1, await SignaturesAsync(client, repository, images[0]));

        // Another key's signature is no signature of this one, whether or not an image has several.
        await workspace.PushAsync(Key(workspace) with { SigningKey = workspace["other.key"] });
        Assert.HasCount(2, await SignaturesAsync(client, repository, images[0]));
        Assert.IsEmpty(await VerifyAsync(workspace, null, "signer.pub"));
        Assert.IsEmpty(await VerifyAsync(workspace, $"{repository.Name}:latest", "other.pub"));
        Assert.DoesNotContain(Password, workspace.Reporter.Text + string.Join('\n', workspace.Reporter.Details));
    }

    /// <summary>What one machine of several pushes is found by its keys, and so is signed before they name it; the index is signed by the one that makes it.</summary>
    [TestMethod]
    public async Task A_platform_that_is_pushed_by_digest_is_signed_too()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using PublishedWorkspace workspace = await SignerAsync();
        PrebuildResult built = await workspace.BuildAsync(registry);
        await workspace.PushAsync(request => request with { Signatures = Key(workspace), ByDigest = true });
        string name = registry.Reference(PublishedWorkspace.Repository).Name;
        await JudgeAsync(workspace, $"{name}@{built.Receipt.Platforms.Single().Digest}");
        await JudgeAsync(workspace, $"{name}:{KeyTags.Of(built.Receipt.Keys, KeyTier.Image, "linux/amd64")}");
        await Errors.ExpectAsync(Codes.VerifyImageGone, () => VerifyAsync(workspace, null, "signer.pub"));
    }

    [TestMethod]
    public async Task An_image_without_a_good_signature_does_not_pass()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using PublishedWorkspace workspace = await SignerAsync();
        PrebuildResult signed = await workspace.BuildAsync(registry);
        await workspace.PushAsync(Key(workspace));
        ImageReference repository = registry.Reference(PublishedWorkspace.Repository);
        Diagnostic other = (await VerifyAsync(workspace, null, "other.pub")).Single();
        Assert.AreEqual(Codes.SignatureNotGood, other.Code, other.Message);
        Assert.Contains(signed.Receipt.Image.Reference, other.Message);

        // The next image is not signed, and the signature of the first does not become its own by being put to it.
        workspace.Write("repo/.devcontainer/other.txt", "another image");
        PrebuildResult unsigned = await workspace.BuildAsync(registry);
        await workspace.PushAsync();
        Assert.AreNotEqual(signed.Receipt.Image.Digest, unsigned.Receipt.Image.Digest);
        Assert.AreEqual(Codes.SignatureNotGood, (await VerifyAsync(workspace, null, "signer.pub")).Single().Code);
        using var client = new RegistryClient();
        Descriptor signature = (await SignaturesAsync(client, repository, signed.Receipt.Image.Digest)).Single();
        ImageManifest manifest = ImageManifest.Parse((await client.GetManifestAsync(repository.WithDigest(signature.Digest)))!.Bytes, "signature");
        Descriptor index = (await client.ResolveAsync(repository.WithTag("latest")))!;
        await client.PutReferrerAsync(repository, manifest with { Subject = index });
        Diagnostic moved = (await VerifyAsync(workspace, $"{repository.Name}:latest", "signer.pub")).Single();
        Assert.AreEqual(Codes.SignatureNotGood, moved.Code, moved.Message);

        // What is not there is not verified, nor what cannot be looked at.
        await Errors.ExpectAsync(Codes.VerifyImageGone, () => VerifyAsync(workspace, $"{repository.Name}:missing", "signer.pub"));
        await Errors.ExpectAsync(Codes.VerifyImageGone, () => VerifyAsync(workspace, $"{repository.Name}@sha256:{new string('0', 64)}", "signer.pub"));
        File.WriteAllText(workspace["broken.pub"], "no key");
        Assert.AreEqual(Codes.VerifyToolFailed, (await VerifyAsync(workspace, null, "broken.pub")).Single().Code);
        await Errors.ExpectAsync(
            Codes.NothingToVerify, () => VerifyAsync(workspace, null, new SignatureSettings { Identity = "me@example.com" }));
    }

    [TestMethod]
    public async Task Where_signing_fails_no_tag_moves()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using PublishedWorkspace workspace = await SignerAsync();
        await workspace.BuildAsync(registry);
        workspace.Environment["COSIGN_PASSWORD"] = "another-canary";
        Diagnostic refused = await Errors.ExpectAsync(Codes.SigningFailed, () => workspace.PushAsync(Key(workspace)));
        Assert.Contains("COSIGN_PASSWORD", refused.Message);
        Assert.DoesNotContain("canary", refused.Message);
        using var client = new RegistryClient();
        Assert.IsEmpty((await client.ListTagsAsync(registry.Reference(PublishedWorkspace.Repository)) ?? []).Where(static tag => !tag.StartsWith("sha256-", StringComparison.Ordinal)));

        // Without cosign nothing is even sent. One in the workspace is none.
        workspace.Write("repo/tools/cosign", "#!/bin/sh\nexit 0\n");
        workspace.Environment["PATH"] = workspace["repo/tools"];
        Assert.Contains("cosign-installer", (await Errors.ExpectAsync(Codes.CosignMissing, () => workspace.PushAsync(Key(workspace)))).Message);
        Assert.AreEqual(Codes.CosignMissing, (await VerifyAsync(workspace, null, "signer.pub")).Single().Code);
    }

    /// <summary>cosign trusts a registry's own authority as docker does, and signs in with docker's credentials.</summary>
    [TestMethod]
    public async Task A_registry_with_a_private_authority_and_an_account_is_signed_in()
    {
        using var authority = new TestAuthority();
        await using RegistryServer registry = await RegistryServer.StartAsync(RegistryServer.Htpasswd, authority.Issue());
        using PublishedWorkspace workspace = await SignerAsync();
        string account = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{RegistryServer.User}:{RegistryServer.Password}"));
        workspace.Write("docker/config.json", $$"""{ "auths": { "{{registry.Host}}": { "auth": "{{account}}" } } }""");
        workspace.Write($"docker/certs.d/{registry.Host}/ca.crt", authority.Pem);
        await workspace.BuildAsync(registry);
        var arguments = new List<string>();
        await workspace.PushAsync(Key(workspace), new WatchingRunner(request =>
        {
            arguments.AddRange(request.Arguments);
            return Task.CompletedTask;
        }));
        Assert.IsEmpty(await VerifyAsync(workspace, null, "signer.pub"));
        Assert.DoesNotContain("--allow-http-registry", arguments);
        Assert.IsEmpty(arguments.Where(static argument => argument.Contains(RegistryServer.Password, StringComparison.Ordinal)));
    }

    private static SignatureSettings Key(PublishedWorkspace workspace) => new() { SigningKey = workspace["signer.key"], Offline = true };

    private static async Task<PublishedWorkspace> SignerAsync()
    {
        var workspace = new PublishedWorkspace();
        workspace.Environment["COSIGN_PASSWORD"] = Password;
        foreach (string name in new[] { "signer", "other" })
        {
            await Programs.RunAsync("cosign", [new("COSIGN_PASSWORD", Password)], "generate-key-pair", "--output-key-prefix", workspace[name]);
        }

        return workspace;
    }

    private static Task<IReadOnlyList<Diagnostic>> VerifyAsync(PublishedWorkspace workspace, string? image, string key) =>
        VerifyAsync(workspace, image, new SignatureSettings { VerificationKey = workspace[key], Offline = true });

    private static async Task<IReadOnlyList<Diagnostic>> VerifyAsync(PublishedWorkspace workspace, string? image, SignatureSettings settings)
    {
        var request = new VerifyRequest
        {
            OutputPath = workspace.Output, ConfigFile = workspace["repo/.devcontainer/devcontainer.json"], Image = image, Gates = ["signature"], Signatures = settings, Registries = workspace.Registries,
        };
        VerifyReport report = await new ImageVerification(workspace.Reporter).RunAsync(request, CancellationToken.None);
        Assert.IsNotNull(report.Image.Digest);
        return [.. report.Gates.SelectMany(static gate => gate.Errors)];
    }

    // As an independent user of cosign would.
    private static Task<string> JudgeAsync(PublishedWorkspace workspace, string image) =>
        Programs.RunAsync("cosign", [new("DOCKER_CONFIG", workspace["docker"])], "verify", "--key", workspace["signer.pub"], "--insecure-ignore-tlog=true", image);

    private static async Task<IReadOnlyList<Descriptor>> SignaturesAsync(RegistryClient client, ImageReference repository, string image) =>
    [
        .. (await client.GetReferrersAsync(repository, Digest.Parse(image)))
            .Where(static referrer => referrer.ArtifactType?.StartsWith("application/vnd.dev.sigstore.bundle", StringComparison.Ordinal) == true),
    ];
}
