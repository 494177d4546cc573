using Devcontainer.Oci;
using Devcontainer.Prebuild.Appending;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Tests.Sboms;

namespace Devcontainer.Prebuild.Tests.Appending;

[TestClass]
public sealed class ImageAppendTests
{
    private static readonly Platform Amd64 = new("linux", "amd64");

    [TestMethod]
    public void Layers_and_variables_come_on_top_and_nothing_else_changes()
    {
        using var image = new TestImage(new TestLayer().File("a", "1"));
        Descriptor below = Environment(image, new ContainerConfig { Env = ["PATH=/bin", "A=1"], User = "dev" });
        (Descriptor blob, Digest diffId) = Layer(image, "b");
        Descriptor made = ImageAppend.Apply(image.Layout, new EnvironmentImage(Amd64, below, null), new AppendedContent
        {
            Layers = [new AppendedLayer(KeyTier.Packages, "key", blob, diffId, "some packages")],
            Variables = [new AppendedVariable("PATH", "/opt/bin", VariableJoin.Before)],
        });

        Assert.AreEqual(Amd64, made.Platform);
        ImageManifest manifest = image.Layout.ReadManifest(made);
        ImageConfig config = image.Layout.ReadConfig(manifest);
        CollectionAssert.AreEqual(new[] { image.Layers[0].Digest, blob.Digest }, manifest.Layers.Select(static layer => layer.Digest).ToArray());
        CollectionAssert.AreEqual(new[] { image.Layers[0].Digest, diffId }, config.DiffIds.ToArray());
        CollectionAssert.AreEqual(new[] { "PATH=/opt/bin:/bin", "A=1" }, config.Config.Env.ToArray());
        CollectionAssert.AreEqual(new[] { "RUN a", "some packages" }, config.History.Select(static entry => entry.CreatedBy).ToArray());
        Assert.AreEqual("dev", config.Config.User);
        Assert.AreEqual(below.Digest, EnvironmentImage.DigestOf(manifest));
        Assert.AreEqual(("packages", "key"), AppendedLayer.KeyOf(manifest.Layers[1]));
        Assert.IsNull(AppendedLayer.KeyOf(manifest.Layers[0]));
        Assert.IsNull(EnvironmentImage.DigestOf(image.Layout.ReadManifest(below)));
    }

    [TestMethod]
    public void Nothing_on_it_leaves_the_environment_image_as_the_image()
    {
        using var image = new TestImage(new TestLayer().File("a", "1"));
        Assert.AreEqual(
            image.Manifest.Digest, ImageAppend.Apply(image.Layout, new EnvironmentImage(Amd64, image.Manifest, null), AppendedContent.None).Digest);
    }

    [TestMethod]
    public void A_history_that_is_not_there_stays_so()
    {
        using var image = new TestImage(new TestLayer().File("a", "1"));
        (Descriptor blob, Digest diffId) = Layer(image, "b");
        Descriptor made = ImageAppend.Apply(
            image.Layout,
            new EnvironmentImage(Amd64, image.Manifest, null),
            new AppendedContent { Layers = [new AppendedLayer(KeyTier.Packages, "key", blob, diffId, "x")] });
        Assert.IsEmpty(image.Layout.ReadConfig(image.Layout.ReadManifest(made)).History);
    }

    [TestMethod]
    public void Layers_that_an_image_says_it_has_are_known_by_what_they_were_made_of()
    {
        using var image = new TestImage(new TestLayer().File("a", "1"));
        (Descriptor blob, Digest diffId) = Layer(image, "b");
        Descriptor made = ImageAppend.Apply(
            image.Layout,
            new EnvironmentImage(Amd64, image.Manifest, null),
            new AppendedContent { Layers = [new AppendedLayer(KeyTier.Packages, "key", blob, diffId, "then")] });
        ImageManifest manifest = image.Layout.ReadManifest(made);
        ImageConfig config = image.Layout.ReadConfig(manifest);

        var known = new KnownLayers();
        known.Add(manifest, config, static _ => true);
        AppendedLayer found = known.Find(KeyTier.Packages, "key", "now")!;
        Assert.AreEqual((blob.Digest, blob.Size, diffId, "now"), (found.Blob.Digest, found.Blob.Size, found.DiffId, found.CreatedBy));
        Assert.IsNull(known.Find(KeyTier.Environment, "key", "now"));
        Assert.IsNull(known.Find(KeyTier.Packages, "other", "now"));

        var gone = new KnownLayers();
        gone.Add(manifest, config, static _ => false);
        Assert.IsNull(gone.Find(KeyTier.Packages, "key", "now"), "a layer whose blob is not to be had is not known");

        // A configuration that counts its layers otherwise tells nothing of any.
        var strange = new KnownLayers();
        strange.Add(manifest, config with { DiffIds = [diffId] }, static _ => true);
        Assert.IsNull(strange.Find(KeyTier.Packages, "key", "now"));
    }

    private static Descriptor Environment(TestImage image, ContainerConfig container)
    {
        Descriptor config = image.Layout.AddBlob(
            new ImageConfig
            {
                Architecture = "amd64",
                Os = "linux",
                Config = container,
                DiffIds = [image.Layers[0].Digest],
                History = [new HistoryEntry { CreatedBy = "RUN a" }],
            }.ToBytes(),
            MediaTypes.ImageConfig);
        return image.Layout.AddBlob(new ImageManifest { Config = config, Layers = image.Layers }.ToBytes(), MediaTypes.ImageManifest);
    }

    private static (Descriptor Layer, Digest DiffId) Layer(TestImage image, string name) =>
        image.Layout.AddLayer([TarEntry.File(name, TarEntry.ExecutableMode, "content"u8.ToArray())], TestImage.Created, CancellationToken.None);
}
