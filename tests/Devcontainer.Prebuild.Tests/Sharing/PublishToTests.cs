using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Tests.Sharing;

/// <summary>One push to several registries, real ones.</summary>
[TestClass]
public sealed class PublishToTests
{
    // Nobody listens there.
    private const string Dead = "localhost:1";

    [TestMethod]
    public async Task All_of_it_goes_to_each_and_comes_back_from_each()
    {
        await using RegistryServer a = await RegistryServer.StartAsync();
        await using RegistryServer b = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        string[] others = [b.Host, $"{a.Host}/other/place", b.Host, a.Host];
        PrebuildResult first = await workspace.BuildAsync(a);
        await workspace.PushAsync(request => request with { AlsoTo = others });
        ImageReference[] repositories = [a.Reference(PublishedWorkspace.Repository), b.Reference(PublishedWorkspace.Repository), a.Reference("other/place")];
        using var client = new RegistryClient();
        foreach (ImageReference repository in repositories)
        {
            await JudgeAsync(repository.Name + ":latest");
            SharedImages found = await new SharedRepository(client, repository).FindAsync(first.Receipt.Keys, [], CancellationToken.None);
            Assert.AreEqual(first.Receipt.Image.Digest, found.Image?.Index.Descriptor.Digest.Value, repository.Name);
            Assert.Contains($"Tagged {repository.Name}:latest", workspace.Reporter.Text);
        }

        // The second repository of one registry takes over what the first has, but for manifests.
        Assert.Contains($"Pushed {repositories[1].Name}@{first.Receipt.Image.Digest}: 8 of 8 blobs sent", workspace.Reporter.Text);
        Assert.Contains($"Pushed {repositories[2].Name}@{first.Receipt.Image.Digest}: 3 of 8 blobs sent", workspace.Reporter.Text);
        PublishedImage published = PublishedImage.Read(Path.Combine(workspace.Output, PublishedImage.FileName), Codes.RollbackFileInvalid)!;
        CollectionAssert.AreEqual(repositories.Select(static one => one.Name).ToArray(), published.All.Select(static one => one.Repository).ToArray());

        workspace.Write("repo/.devcontainer/other.txt", "another image");
        PrebuildResult second = await workspace.BuildAsync(a);
        await workspace.PushAsync(request => request with { AlsoTo = others });
        await TagsNameAsync(client, second, repositories);
        await RollbackAsync(workspace, null, a);
        await TagsNameAsync(client, first, repositories);
        await RollbackAsync(workspace, second.Receipt.Image.Digest, a, others);
        await TagsNameAsync(client, second, repositories);

        // Where one of them lacks what its tag would name, none moves.
        await client.DeleteManifestAsync(repositories[1], Digest.Parse(first.Receipt.Image.Digest));
        await Errors.ExpectAsync(Codes.RollbackTargetGone, () => RollbackAsync(workspace, null, a));
        await TagsNameAsync(client, second, repositories);
    }

    [TestMethod]
    public async Task One_that_fails_does_not_stop_the_others_and_is_named()
    {
        await using RegistryServer a = await RegistryServer.StartAsync();
        await using RegistryServer b = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        PrebuildResult first = await workspace.BuildAsync(a);
        await workspace.PushAsync();
        workspace.Write("repo/.devcontainer/other.txt", "another image");
        PrebuildResult second = await workspace.BuildAsync(a);
        Diagnostic error = await Errors.ExpectAsync(
            Codes.PublishPartlyFailed, () => workspace.PushAsync(request => request with { AlsoTo = [Dead, $"{b.Host}/copy/dev"] }));
        Assert.Contains($"is not published to {Dead}/{PublishedWorkspace.Repository};", error.Message);
        Assert.Contains(Codes.RegistryUnreachable, error.Message);
        Assert.Contains($"Not published to {Dead}/{PublishedWorkspace.Repository}: {Codes.RegistryUnreachable}", workspace.Reporter.Text);
        using var client = new RegistryClient();
        ImageReference[] others = [a.Reference(PublishedWorkspace.Repository), b.Reference("copy/dev")];
        await TagsNameAsync(client, second, others);
        PublishedImage published = PublishedImage.Read(Path.Combine(workspace.Output, PublishedImage.FileName), Codes.RollbackFileInvalid)!;
        CollectionAssert.AreEqual(others.Select(static one => one.Name).ToArray(), published.All.Select(static one => one.Repository).ToArray());

        // Published again, to one that is new: the way back of the tags that had moved already is still known.
        await workspace.PushAsync(request => request with { AlsoTo = [$"{b.Host}/third/dev"] });
        PublishedImage rollback = PublishedImage.Read(Path.Combine(workspace.Output, PublishedImage.RollbackFileName), Codes.RollbackFileInvalid)!;
        CollectionAssert.AreEqual(
            new[] { first.Receipt.Image.Digest, null }, rollback.All.Select(static one => one.Tags.Single().Previous).ToArray());
        await RollbackAsync(workspace, null, a);
        await TagsNameAsync(client, first, others[..1]);
        await TagsNameAsync(client, second, others[1..]);
    }

    [TestMethod]
    public async Task Where_all_fail_no_record_is_written()
    {
        using var workspace = new PublishedWorkspace();
        await using (RegistryServer a = await RegistryServer.StartAsync())
        {
            await workspace.BuildAsync(a);
        }

        Diagnostic error = await Errors.ExpectAsync(Codes.PublishPartlyFailed, () => workspace.PushAsync(request => request with { AlsoTo = [Dead] }));
        Assert.Contains("of the others none has it", error.Message);
        Assert.IsFalse(File.Exists(Path.Combine(workspace.Output, PublishedImage.FileName)));
        Assert.IsFalse(File.Exists(Path.Combine(workspace.Output, PublishedImage.RollbackFileName)));
    }

    /// <summary>An image that was found in the first registry, whose layers are still there.</summary>
    [TestMethod]
    public async Task Layers_that_only_the_first_registry_has_are_fetched_for_the_others()
    {
        await using RegistryServer a = await RegistryServer.StartAsync();
        await using RegistryServer b = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        await workspace.BuildAsync(a);
        await workspace.PushAsync();
        foreach (bool isFetched in new[] { true, false })
        {
            Directory.Delete(workspace.Output, recursive: true);
            PrebuildResult found = await workspace.BuildAsync(a);
            Assert.AreEqual(("registry", string.Empty), (found.Source, found.LayoutPath));
            await workspace.PushAsync(request => request with { AlsoTo = [b.Host] });

            // The second time the other registry has it all.
            Assert.AreEqual(isFetched, workspace.Reporter.Text.Contains("Fetching the layers", StringComparison.Ordinal), workspace.Reporter.Text);
            await JudgeAsync($"{b.Host}/{PublishedWorkspace.Repository}:latest");
        }
    }

    [TestMethod]
    public async Task By_digest_each_gets_the_platforms()
    {
        await using RegistryServer a = await RegistryServer.StartAsync();
        await using RegistryServer b = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        PrebuildResult built = await workspace.BuildAsync(a);
        await workspace.PushAsync(request => request with { AlsoTo = [b.Host], ByDigest = true });
        await JudgeAsync($"{b.Host}/{PublishedWorkspace.Repository}@{built.Receipt.Platforms.Single().Digest}");
        Assert.Contains($"\"repository\": \"{a.Host}/{PublishedWorkspace.Repository}\"", await File.ReadAllTextAsync(Path.Combine(workspace.Output, "digests/linux-amd64.json")));
        Assert.IsFalse(File.Exists(Path.Combine(workspace.Output, PublishedImage.FileName)));
    }

    [TestMethod]
    [DataRow("backup")]
    [DataRow("team/dev")]
    [DataRow("registry.example/team/dev:latest")]
    [DataRow("https://registry.example")]
    [DataRow("registry.example/team/dev@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    public void What_is_no_registry_is_refused(string entry)
    {
        Assert.Contains(entry, Errors.Expect(Codes.PropertyInvalid, () => PushTargets.Parse([entry], ImageReference.Parse("ghcr.io/team/dev"))).Message);
    }

    // It is there down to the last layer, as another finds it.
    private static async Task JudgeAsync(string image)
    {
        using var folder = new TemporaryFolder();
        await Programs.RunAsync("oras", "cp", "--from-plain-http", image, "--to-oci-layout", $"{folder["copy"]}:1");
    }

    private static async Task TagsNameAsync(RegistryClient client, PrebuildResult image, params ImageReference[] repositories)
    {
        foreach (ImageReference repository in repositories)
        {
            Assert.AreEqual(image.Receipt.Image.Digest, (await client.ResolveAsync(repository.WithTag("latest")))?.Digest.Value, repository.Name);
        }
    }

    private static Task RollbackAsync(PublishedWorkspace workspace, string? target, RegistryServer registry, params string[] others)
    {
        var request = new RollbackRequest
        {
            OutputPath = workspace.Output,
            Registry = registry.Host,
            Repository = PublishedWorkspace.Repository,
            AlsoTo = others,
            Target = target,
            Tags = ["latest"],
            Registries = workspace.Registries,
        };
        return new ImageRollback(workspace.Reporter).RunAsync(request, CancellationToken.None);
    }
}
