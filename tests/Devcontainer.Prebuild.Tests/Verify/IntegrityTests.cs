using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Attestations;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Signing;
using Devcontainer.Prebuild.Tests.Sharing;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>What real registries say of an image, and what somebody has put there instead: the gates <c>integrity</c> and <c>provenance</c>.</summary>
[TestClass]
public sealed class IntegrityTests
{
    private const string Builder = "https://github.com/me/repo/.github/workflows/devcontainer.yml@refs/heads/main";
    private static readonly string Commit = new('c', 40);

    [TestMethod]
    public async Task A_published_image_is_all_about_itself()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        await workspace.BuildAsync(registry, SampleWorkspace.Amd64, SampleWorkspace.Arm64);
        await workspace.PushAsync();
        GateResult result = await VerifyAsync(workspace, null);
        Assert.AreEqual((GateOutcome.Clean, "index, 2 manifests, 4 attestations, receipt, keys, 1 tag"), (result.Outcome, result.Summary), result.Reason?.Message);
        GateResult named = await VerifyAsync(workspace, registry.Reference(PublishedWorkspace.Repository).WithTag("latest").ToString());
        Assert.AreEqual((GateOutcome.Clean, "index, 2 manifests, 4 attestations, receipt, keys"), (named.Outcome, named.Summary));
    }

    [TestMethod]
    public async Task An_image_of_another_tool_has_nothing_beside_it()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        ImageReference image = await PutImageAsync(registry, workspace, null);
        GateResult result = await VerifyAsync(workspace, image.ToString());
        Assert.AreEqual((GateOutcome.Clean, "index, 1 manifest, 0 attestations, no receipt"), (result.Outcome, result.Summary));
    }

    [TestMethod]
    public async Task A_receipt_of_another_image_is_found()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        Receipt first = (await workspace.BuildAsync(registry)).Receipt;
        await workspace.PushAsync();
        workspace.Write("repo/.devcontainer/other.txt", "another image");
        Receipt second = (await workspace.BuildAsync(registry)).Receipt;
        await workspace.PushAsync();
        using var client = new RegistryClient();
        ImageReference repository = registry.Reference(PublishedWorkspace.Repository);
        await ReceiptArtifact.PushAsync(
            client, repository, new Descriptor(MediaTypes.ImageIndex, Digest.Parse(second.Image.Digest), second.Image.Size), first with { Platforms = [] }, [], CancellationToken.None);
        Finding finding = (await VerifyAsync(workspace, null)).Findings.Single();
        Assert.AreEqual((Codes.ReceiptDiffers, FindingSeverity.High), (finding.Diagnostic.Code, finding.Severity));
        Assert.Contains($"about {first.Image.Digest}", finding.Diagnostic.Message);

        // One that is about the image, and says that other inputs come to it.
        var index = new Descriptor(MediaTypes.ImageIndex, Digest.Parse(second.Image.Digest), second.Image.Size);
        IReadOnlyList<Descriptor> sboms = await ReceiptArtifact.PushSbomsAsync(client, repository, second, workspace.Output, CancellationToken.None);
        string lie = new('e', 64);
        await ReceiptArtifact.PushAsync(
            client, repository, index, second with { Keys = [.. second.Keys.Select(key => key.Tier == KeyTier.Index ? key with { Value = lie } : key)] }, sboms, CancellationToken.None);
        Finding other = (await VerifyAsync(workspace, null)).Findings.Single(static one => one.Id == "key");
        Assert.AreEqual((Codes.KeyNamesAnother, FindingSeverity.High), (other.Diagnostic.Code, other.Severity));
        Assert.Contains($"'prebuild-{lie}', names nothing", other.Diagnostic.Message);
    }

    [TestMethod]
    public async Task An_SBOM_that_was_put_in_place_of_the_images_is_found()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        Receipt receipt = (await workspace.BuildAsync(registry)).Receipt;
        await workspace.PushAsync();
        string file = workspace["output/" + receipt.Platforms[0].Sbom!.Path];
        string sbom = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, sbom.Replace("SPDX-2.3", "SPDX-2.2", StringComparison.Ordinal));
        using var client = new RegistryClient();
        ImageReference repository = registry.Reference(PublishedWorkspace.Repository);

        // By itself, and in a receipt that says what the true one says.
        IReadOnlyList<Descriptor> tampered = await ReceiptArtifact.PushSbomsAsync(client, repository, receipt, workspace.Output, CancellationToken.None);
        Finding finding = (await VerifyAsync(workspace, null)).Findings.Single();
        Assert.AreEqual((Codes.SbomDiffers, FindingSeverity.Medium), (finding.Diagnostic.Code, finding.Severity));
        Assert.Contains(receipt.Platforms[0].Sbom!.Digest, finding.Diagnostic.Message);
        Assert.Contains(tampered[0].Digest.Value, finding.Diagnostic.Message);
        await ReceiptArtifact.PushAsync(
            client, repository, new Descriptor(MediaTypes.ImageIndex, Digest.Parse(receipt.Image.Digest), receipt.Image.Size), receipt, tampered, CancellationToken.None);
        CollectionAssert.AreEquivalent(
            new[] { Codes.SbomDiffers, Codes.ReceiptDiffers }, (await VerifyAsync(workspace, null)).Findings.Select(static one => one.Diagnostic.Code).ToArray());
    }

    [TestMethod]
    public async Task A_tag_of_a_key_and_a_tag_of_the_push_that_name_another_image_are_found()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        await workspace.BuildAsync(registry);
        await workspace.PushAsync();
        ImageReference other = await PutImageAsync(registry, workspace, null);
        Receipt receipt = ReceiptFile.TryRead(workspace.Output)!;
        string key = KeyTags.Of(receipt.Keys, KeyTier.Index, null);
        await TagAsync(other, key);
        Finding moved = (await VerifyAsync(workspace, null)).Findings.Single();
        Assert.AreEqual((Codes.KeyNamesAnother, FindingSeverity.High), (moved.Diagnostic.Code, moved.Severity));
        Assert.Contains(key, moved.Diagnostic.Message);
        Assert.Contains(other.Digest!.Value.Value, moved.Diagnostic.Message);

        // Another machine that built the same inputs, to another image, was first.
        using var client = new RegistryClient();
        RegistryManifest rival = (await client.GetManifestAsync(other))!;
        await ReceiptArtifact.PushAsync(
            client, other, rival.Descriptor, receipt with { Image = receipt.Image with { Digest = other.Digest!.Value.Value }, Platforms = [] }, [], CancellationToken.None);
        Assert.AreEqual(FindingSeverity.Medium, (await VerifyAsync(workspace, null)).Findings.Single().Severity);

        await TagAsync(other, "latest");
        Finding tag = (await VerifyAsync(workspace, null)).Findings.Single(static one => one.Diagnostic.Code == Codes.TagMoved);
        Assert.AreEqual(FindingSeverity.Medium, tag.Severity);
        Assert.Contains("'latest'", tag.Diagnostic.Message);
    }

    [TestMethod]
    public async Task What_is_attested_of_another_image_is_found_and_is_no_provenance()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        ImageReference image = await PutImageAsync(registry, workspace, _ => (SampleWorkspace.DigestOf('b'), Predicate()));
        Finding finding = (await VerifyAsync(workspace, image.ToString())).Findings.Single();
        Assert.AreEqual((Codes.AttestationDiffers, FindingSeverity.Critical), (finding.Diagnostic.Code, finding.Severity));
        Assert.Contains(SampleWorkspace.DigestOf('b').Value, finding.Diagnostic.Message);
        GateResult provenance = await VerifyAsync(workspace, image.ToString(), new ProvenancePolicy { Builders = [Builder] });
        Assert.AreEqual(Codes.ProvenanceMissing, provenance.Findings.Single().Diagnostic.Code);
    }

    [TestMethod]
    public async Task Provenance_is_held_to_builder_repository_reference_and_commit()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        string image = (await PutImageAsync(registry, workspace, static manifest => (manifest, Predicate()))).ToString();
        foreach (ProvenancePolicy good in new ProvenancePolicy[]
        {
            new() { Builders = [Builder] },
            new() { Builders = ["https://example.com", "https://github.com/me/repo/*"], Repository = "https://github.com/me/repo", Reference = "refs/heads/main", Commit = Commit },
            new() { Repository = "https://github.com/me/repo.git", Reference = "refs/heads/*" },
        })
        {
            GateResult result = await VerifyAsync(workspace, image, good);
            Assert.AreEqual((GateOutcome.Clean, $"built by {Builder} from git+https://github.com/me/repo@refs/heads/main"), (result.Outcome, result.Summary), result.Reason?.Message);
        }

        foreach ((ProvenancePolicy bad, string id, string found) in new (ProvenancePolicy, string, string)[]
        {
            (new() { Builders = ["https://github.com/me/other/*"] }, "builder", Builder),
            (new() { Repository = "https://github.com/me/rep" }, "source-repository", "https://github.com/me/repo"),
            (new() { Reference = "refs/tags/*" }, "source-reference", "refs/heads/main"),
            (new() { Commit = new string('d', 40) }, "source-commit", Commit),
        })
        {
            Finding finding = (await VerifyAsync(workspace, image, bad)).Findings.Single();
            Assert.AreEqual((id, Codes.ProvenanceDiffers, FindingSeverity.Critical), (finding.Id, finding.Diagnostic.Code, finding.Severity));
            Assert.Contains($"'{found}'", finding.Diagnostic.Message);
        }

        CollectionAssert.AreEqual(
            new[] { "builder", "source-repository", "source-reference", "source-commit" },
            (await VerifyAsync(workspace, image, new ProvenancePolicy { Builders = ["x"], Repository = "x", Reference = "x", Commit = "x" })).Findings.Select(static finding => finding.Id).ToArray());
    }

    [TestMethod]
    public async Task Ours_of_a_machine_that_is_no_CI_names_no_source_and_one_that_says_nothing_allows_nothing()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        await workspace.BuildAsync(registry);
        await workspace.PushAsync();
        Assert.AreEqual(GateOutcome.Clean, (await VerifyAsync(workspace, null, new ProvenancePolicy { Builders = ["urn:devcontainer-sdk:builder:local"] })).Outcome);
        Finding finding = (await VerifyAsync(workspace, null, new ProvenancePolicy { Repository = "https://github.com/me/repo" })).Findings.Single();
        Assert.Contains("is nothing; it must be https://github.com/me/repo", finding.Diagnostic.Message);

        foreach (string predicate in new[] { "{}", "[]", "null", """{ "runDetails": 7, "buildDefinition": { "resolvedDependencies": [null, { "uri": 1 }, { "uri": "git+" }] } }""" })
        {
            ImageReference odd = await PutImageAsync(registry, workspace, manifest => (manifest, predicate));
            Assert.IsNotEmpty((await VerifyAsync(workspace, odd.ToString(), new ProvenancePolicy { Builders = [Builder] })).Findings, predicate);
            Assert.IsNotEmpty((await VerifyAsync(workspace, odd.ToString(), new ProvenancePolicy { Repository = "https://github.com/me/repo" })).Findings, predicate);
        }

        ImageReference none = await PutImageAsync(registry, workspace, null);
        Assert.AreEqual(Codes.ProvenanceMissing, (await VerifyAsync(workspace, none.ToString(), new ProvenancePolicy { Commit = Commit })).Findings.Single().Diagnostic.Code);
        Diagnostic broken = (await VerifyAsync(workspace, (await PutImageAsync(registry, workspace, static manifest => (manifest, "{"))).ToString(), new ProvenancePolicy { Commit = Commit })).Reason!;
        Assert.AreEqual(Codes.VerifyToolFailed, broken.Code);
    }

    [TestMethod]
    public async Task The_gate_without_a_policy_is_refused()
    {
        using var workspace = new PublishedWorkspace();
        Diagnostic error = await Errors.ExpectAsync(Codes.PropertyInvalid, () => VerifyAsync(workspace, "registry.example/a:b", new ProvenancePolicy()));
        Assert.Contains("DevcontainerVerifyBuilders", error.Message);
    }

    private static string Predicate() =>
        $$"""
        {
          "buildDefinition": {
            "buildType": "{{Provenance.BuildType}}",
            "resolvedDependencies": [
              { "uri": "pkg:docker/debian@12" },
              { "uri": "git+https://github.com/me/repo@refs/heads/main", "digest": { "gitCommit": "{{Commit}}" } }
            ]
          },
          "runDetails": { "builder": { "id": "{{Builder}}" } }
        }
        """;

    private static async Task TagAsync(ImageReference image, string tag)
    {
        using var client = new RegistryClient();
        RegistryManifest index = (await client.GetManifestAsync(image))!;
        await client.PutManifestAsync(image.WithTag(tag), index.Bytes, index.Descriptor.MediaType);
    }

    /// <summary>Puts an image of one platform there that no receipt is about, and with it a statement of provenance, where one is given: what it is about, and what it says.</summary>
    private static async Task<ImageReference> PutImageAsync(RegistryServer registry, PublishedWorkspace workspace, Func<Digest, (Digest Subject, string Predicate)>? provenance)
    {
        string folder = workspace[$"layouts/{Guid.NewGuid():N}"];
        OciLayout layout = OciLayout.Create(folder);
        Descriptor image = layout.WriteSingleLayerImage([TarEntry.File("file", TarEntry.PlainMode, Encoding.UTF8.GetBytes(folder))], DateTimeOffset.UnixEpoch, SampleWorkspace.Amd64);
        Descriptor[] manifests = [image];
        if (provenance?.Invoke(image.Digest) is var (subject, predicate))
        {
            var statement = new InTotoStatement(InTotoStatement.Provenance, SampleWorkspace.Amd64, subject, Encoding.UTF8.GetBytes(predicate));
            manifests = [image, AttestationManifest.Add(layout, image, [AttestationManifest.AddStatement(layout, statement)])];
        }

        byte[] index = new ImageIndex { Manifests = manifests }.ToBytes();
        ImageReference repository = registry.Reference(PublishedWorkspace.Repository);
        using var client = new RegistryClient();
        foreach (Descriptor manifest in manifests)
        {
            ImageManifest parsed = layout.ReadManifest(manifest);
            foreach (Descriptor blob in (Descriptor[])[parsed.Config, .. parsed.Layers])
            {
                await client.PushBlobAsync(repository, await File.ReadAllBytesAsync(layout.BlobPath(blob.Digest)), blob.MediaType);
            }

            await client.PutManifestAsync(repository.WithDigest(manifest.Digest), await File.ReadAllBytesAsync(layout.BlobPath(manifest.Digest)), manifest.MediaType);
        }

        ImageReference reference = repository.WithDigest(Digest.Sha256(index));
        await client.PutManifestAsync(reference, index, MediaTypes.ImageIndex);
        return reference;
    }

    private static async Task<GateResult> VerifyAsync(PublishedWorkspace workspace, string? image, ProvenancePolicy? provenance = null)
    {
        VerifyReport report = await new ImageVerification(workspace.Reporter).RunAsync(
            new VerifyRequest
            {
                OutputPath = workspace.Output,
                ConfigFile = workspace["repo/.devcontainer/devcontainer.json"],
                Image = image,
                Gates = [provenance is null ? IntegrityGate.GateName : ProvenanceGate.GateName],
                Provenance = provenance ?? new ProvenancePolicy(),
                Signatures = new SignatureSettings(),
                Registries = workspace.Registries,
            },
            CancellationToken.None);
        return report.Gates.Single().Result;
    }
}
