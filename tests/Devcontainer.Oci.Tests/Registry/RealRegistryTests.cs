using System.Security.Cryptography;

namespace Devcontainer.Oci.Tests;

/// <summary>Against a real registry, where DEVCONTAINER_TEST_REGISTRY names one (eng/engine.sh env).</summary>
[TestClass]
public sealed class RealRegistryTests
{
    private static readonly string? Registry = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY");

    [TestMethod]
    public async Task An_image_goes_there_and_comes_back_equal()
    {
        ImageReference app = Repository();
        using var folder = new TemporaryFolder();
        OciLayout from = OciLayout.Create(folder["from"]);
        byte[] layer = RandomNumberGenerator.GetBytes(5_000_000);
        Descriptor index = Samples.AddIndex(from, Samples.AddImage(from, "one", layer, [1]), Samples.AddImage(from, "two", layer, [2]));
        using var client = new RegistryClient();

        Assert.IsNull(await client.ResolveAsync(app.WithTag("1")));
        PushResult pushed = await client.PushAsync(from, index, app);
        Assert.AreEqual(from.Reachable(index).Count, pushed.Uploaded);
        Assert.AreEqual(0, (await client.PushAsync(from, index, app)).Uploaded);
        await client.PutManifestAsync(app.WithTag("1"), from.ReadBlob(index), index.MediaType);

        Assert.AreEqual(index, await client.ResolveAsync(app.WithTag("1")));
        Assert.AreEqual(index, await client.ResolveAsync(app.WithDigest(index.Digest)));
        OciLayout to = OciLayout.Create(folder["to"]);
        Assert.IsTrue(await client.PullAsync(app, index, to));
        foreach (Descriptor descriptor in from.Reachable(index))
        {
            CollectionAssert.AreEqual(from.ReadBlob(descriptor), to.ReadBlob(descriptor));
        }
    }

    [TestMethod]
    public async Task Blobs_are_mounted_and_sent_in_pieces()
    {
        ImageReference app = Repository();
        ImageReference other = Repository();
        using var client = new RegistryClient(new RegistryClientOptions { LargestUpload = 1, ChunkSize = 30_000 });
        Descriptor blob = await client.PushBlobAsync(app, RandomNumberGenerator.GetBytes(100_000), MediaTypes.Layer);
        Assert.IsFalse(await client.HeadBlobAsync(other, blob));
        Assert.IsTrue(await client.PushBlobAsync(other, blob, null, [app]));
        Assert.AreEqual(blob.Digest, Digest.Sha256((await client.GetBlobAsync(other, blob))!));
    }

    [TestMethod]
    public async Task Referrers_are_found_again()
    {
        ImageReference app = Repository();
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor image = Samples.AddImage(layout, "one");
        using var client = new RegistryClient();
        await client.PushAsync(layout, image, app);
        await client.PushBlobAsync(app, "{}"u8.ToArray(), MediaTypes.Empty);
        Descriptor referrer = await client.PutReferrerAsync(app, new ImageManifest
        {
            ArtifactType = "application/vnd.example", Config = Descriptor.EmptyJson, Layers = [Descriptor.EmptyJson], Subject = image,
        });
        Assert.AreEqual(referrer, (await client.GetReferrersAsync(app, image.Digest, "application/vnd.example")).Single());
    }

    private static ImageReference Repository()
    {
        if (string.IsNullOrEmpty(Registry))
        {
            Assert.Inconclusive("DEVCONTAINER_TEST_REGISTRY names no registry.");
        }

        return ImageReference.Parse($"{Registry}/devcontainer-oci-tests/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}:x");
    }
}
