using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Tests.Crashes;

namespace Devcontainer.Prebuild.Tests.Sharing;

/// <summary>
/// A publish that ends at any of its steps, against the real registry (eng/engine.sh env): each tag names the old image or the new one, and each image
/// that a tag names is whole; the next publish completes it, and knows the way back to the image of before. A sample of the steps by default, with
/// DEVCONTAINER_TEST_ALL=1 each of them: at each the client tries for some seconds.
/// </summary>
[TestClass]
public sealed class PublishCrashTests
{
    private static readonly string[] Tags = ["latest", "1.0", "1"];
    private static readonly string? Registry = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY");

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(false, DisplayName = "before the registry hears of it")]
    [DataRow(true, DisplayName = "before the registry's answer is heard")]
    public async Task Each_tag_names_the_old_image_or_the_new_one_wherever_a_publish_ends(bool isDone)
    {
        if (Registry is null)
        {
            Assert.Inconclusive("DEVCONTAINER_TEST_REGISTRY names no registry: eng/engine.sh up, and eval \"$(eng/engine.sh env)\".");
        }

        using var folder = new TemporaryFolder();
        SmallPrebuild.Prepare(folder);
        string old = await BuildAsync(folder, "old");
        Directory.Move(folder["output"], folder["old"]);
        string @new = await BuildAsync(folder, "new");
        using var client = new RegistryClient();
        int steps;
        await using (DyingLine line = await DyingLine.OpenAsync(Registry, last: 0, isDone))
        {
            ImageReference trial = Repository();
            await PushAsync(folder["old"], folder, Registry, trial);
            await PushAsync(folder["output"], folder, line.Name, trial);
            steps = line.Changes;
        }

        Assert.IsGreaterThan(15, steps, "Blobs, manifests, attestations, index, referrers and tags.");
        foreach (int step in Sample(steps))
        {
            string at = $"step {step} of {steps}";
            ImageReference repository = Repository();
            await PushAsync(folder["old"], folder, Registry, repository);
            File.Delete(folder["output/rollback.json"]);
            File.Delete(folder["output/published.json"]);
            await using DyingLine line = await DyingLine.OpenAsync(Registry, step, isDone);
            await Assert.ThrowsExactlyAsync<DevcontainerException>(() => PushAsync(folder["output"], folder, line.Name, repository), at);
            Assert.IsFalse(File.Exists(folder["output/published.json"]), at);
            foreach (string tag in Tags)
            {
                Digest named = (await client.ResolveAsync(repository.WithTag(tag)))!.Digest;
                Assert.IsTrue(named.Value == old || named.Value == @new, $"{tag}, {at}");
                await AssertIsWholeAsync(client, repository.WithTag(tag), at);
            }

            line.Mend();
            await PushAsync(folder["output"], folder, line.Name, repository);
            foreach (string tag in Tags)
            {
                Assert.AreEqual(@new, (await client.ResolveAsync(repository.WithTag(tag)))!.Digest.Value, $"{tag}, {at}");
                await AssertIsWholeAsync(client, repository.WithTag(tag), at);
            }

            // The tags that had moved before it ended are put back too.
            var rollback = new RollbackRequest { OutputPath = folder["output"], Repository = repository.Repository, Registries = Settings(folder) };
            await new ImageRollback(new RecordingReporter()).RunAsync(rollback, CancellationToken.None);
            foreach (string tag in Tags)
            {
                Assert.AreEqual(old, (await client.ResolveAsync(repository.WithTag(tag)))!.Digest.Value, $"{tag}, {at}");
            }
        }
    }

    // One of those before the tags, and one of the tags.
    private int[] Sample(int steps)
    {
        if (Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") == "1")
        {
            return [.. Enumerable.Range(1, steps)];
        }

        int seed = Environment.TickCount;
        TestContext.WriteLine($"Seed {seed}.");
        var random = new Random(seed);
        return [random.Next(1, steps - Tags.Length + 1), random.Next(steps - Tags.Length + 1, steps + 1)];
    }

    private static ImageReference Repository() => ImageReference.Parse($"{Registry}/devcontainer-prebuild-tests/{Guid.NewGuid():N}");

    private static RegistrySettings Settings(TemporaryFolder folder) => SmallPrebuild.Request(folder.Path).Registries;

    private static async Task<string> BuildAsync(TemporaryFolder folder, string text)
    {
        folder.Write("repo/.devcontainer/hello.txt", text);
        return (await SmallPrebuild.RunAsync(folder.Path)).Receipt.Image.Digest;
    }

    private static async Task PushAsync(string output, TemporaryFolder folder, string registry, ImageReference repository)
    {
        Receipt receipt = ReceiptFile.TryRead(output)!;
        ReceiptFile.Write(receipt with { Image = receipt.Image with { Registry = registry, Repository = repository.Repository } }, output);
        var request = new PushRequest { OutputPath = output, Registries = Settings(folder), Tags = Tags };
        await new ImagePublish(new RecordingReporter()).PushAsync(request, CancellationToken.None);
    }

    private static async Task AssertIsWholeAsync(RegistryClient client, ImageReference image, string at)
    {
        RegistryManifest? manifest = await client.GetManifestAsync(image);
        Assert.IsNotNull(manifest, $"{image}, {at}");
        if (MediaTypes.IsIndex(manifest.Descriptor.MediaType))
        {
            foreach (Descriptor child in ImageIndex.Parse(manifest.Bytes).Manifests)
            {
                await AssertIsWholeAsync(client, image.WithDigest(child.Digest), at);
            }

            return;
        }

        ImageManifest content = ImageManifest.Parse(manifest.Bytes);
        foreach (Descriptor blob in content.Layers.Append(content.Config))
        {
            Assert.IsTrue(await client.HeadBlobAsync(image, blob), $"{blob} of {image}, {at}");
        }
    }
}
