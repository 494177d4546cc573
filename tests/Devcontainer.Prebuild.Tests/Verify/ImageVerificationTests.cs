using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Signing;
using Devcontainer.Prebuild.Tests.Sharing;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>Images that real registries have, from the choice of the gates to what is said in the end.</summary>
[TestClass]
public sealed class ImageVerificationTests
{
    [TestMethod]
    public async Task A_tag_that_moves_meanwhile_changes_nothing()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        PrebuildResult first = await workspace.BuildAsync(registry);
        await workspace.PushAsync();
        workspace.Write("repo/.devcontainer/other.txt", "another image");
        PrebuildResult second = await workspace.BuildAsync(registry);
        await workspace.PushAsync();
        ImageReference latest = registry.Reference(PublishedWorkspace.Repository).WithTag("latest");
        using var client = new RegistryClient();
        await MoveAsync(first);

        // The scanner moves the tag before it looks; the secrets gate and all others read what the tag named when it was looked up.
        workspace.Write("bin/trivy", "#!/bin/sh\nexit 0\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(workspace["bin/trivy"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var calls = new List<string>();
        var processes = new WatchingRunner(async request =>
        {
            if (request.Arguments[0] == "image")
            {
                calls.Add(request.Arguments[^1]);
                await MoveAsync(second);
            }
        });
        VerifyReport report = await VerifyAsync(workspace, processes, latest.ToString(), "default", "trivy");
        Assert.AreEqual(first.Receipt.Image.Digest, report.Image.Digest!.Value.Value);
        Assert.EndsWith("@" + first.Receipt.Platforms.Single().Digest, calls.Single());
        Assert.AreEqual(second.Receipt.Image.Digest, (await client.ResolveAsync(latest))!.Digest.Value);

        // An empty answer is none: the gate fails, and the others have looked all the same.
        GateReport trivy = report.Gates.Single(static gate => gate.Gate == "trivy");
        Assert.AreEqual(GateOutcome.Failed, trivy.Result.Outcome);
        CollectionAssert.AreEqual(
            new[] { "integrity", "secrets", "user", "size", "setuid", "sshd", "nuget", "trivy" }, report.Gates.Select(static gate => gate.Gate).ToArray());
        Assert.IsTrue(report.Gates.Where(static gate => gate.Gate != "trivy").All(static gate => gate.Result.Reason is null), workspace.Reporter.Text);

        async Task MoveAsync(PrebuildResult image)
        {
            RegistryManifest index = (await client.GetManifestAsync(latest.WithDigest(Digest.Parse(image.Receipt.Image.Digest))))!;
            await client.PutManifestAsync(latest, index.Bytes, index.Descriptor.MediaType);
        }
    }

    [TestMethod]
    public async Task What_is_not_asked_for_rightly_is_refused_before_anything_runs()
    {
        using var workspace = new PublishedWorkspace();
        await Errors.ExpectAsync(Codes.PropertyInvalid, () => VerifyAsync(workspace, new ProcessRunner(), "registry.example/a:b", "secret"));
        await Errors.ExpectAsync(Codes.NothingToVerify, () => VerifyAsync(workspace, new ProcessRunner(), "registry.example/a:b", "signature"));
        await Errors.ExpectAsync(Codes.NothingToLoad, () => VerifyAsync(workspace, new ProcessRunner(), null));
    }

    private static Task<VerifyReport> VerifyAsync(PublishedWorkspace workspace, IProcessRunner processes, string? image, params string[] gates) =>
        new ImageVerification(processes, workspace.Reporter).RunAsync(
            new VerifyRequest
            {
                OutputPath = workspace.Output,
                ConfigFile = workspace["repo/.devcontainer/devcontainer.json"],
                Image = image,
                Gates = gates,
                Signatures = new SignatureSettings(),
                Registries = workspace.Registries,
            },
            CancellationToken.None);
}
