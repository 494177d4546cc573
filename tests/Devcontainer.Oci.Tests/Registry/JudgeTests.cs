using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Devcontainer.Oci.Tests;

/// <summary>What we push, tools that others wrote find whole; what they push, we pull: crane, oras, skopeo and cosign, over a real registry.</summary>
[TestClass]
public sealed class JudgeTests
{
    private static readonly KeyValuePair<string, string>[] Anonymous = [new("DOCKER_CONFIG", Path.GetTempPath())];

    [TestMethod]
    public async Task An_image_that_we_push_others_find_whole()
    {
        using var folder = new TemporaryFolder();
        await using RegistryServer server = await RegistryServer.StartAsync();
        (OciLayout layout, Descriptor index, _) = await PushAsync(server, folder);
        string reference = $"{server.Host}/team/app:1";

        await Programs.RunAsync("crane", "validate", "--remote", reference);
        Assert.AreEqual(index.Digest.Value, (await Programs.RunAsync("crane", "digest", reference)).Trim());
        string raw = await Programs.RunAsync("skopeo", "inspect", "--tls-verify=false", "--raw", $"docker://{reference}");
        Assert.AreEqual(index.Digest, Digest.Sha256(System.Text.Encoding.UTF8.GetBytes(raw)));
        await Programs.RunAsync(
            "skopeo", "copy", "--all", "--src-tls-verify=false", $"docker://{reference}", $"oci:{folder["skopeo"]}:1");
        await Programs.RunAsync("oras", "cp", "--from-plain-http", "--to-oci-layout", reference, $"{folder["oras"]}:1");
        foreach (string copy in new[] { "skopeo", "oras" })
        {
            var copied = OciLayout.Open(folder[copy]);
            CollectionAssert.AreEqual(layout.Reachable(index).ToArray(), copied.Reachable(index).ToArray(), copy);
            Assert.IsTrue(copied.Reachable(index).All(copied.Contains), copy);
        }
    }

    [TestMethod]
    public async Task Images_that_others_push_we_pull_whole()
    {
        using var folder = new TemporaryFolder();
        await using RegistryServer server = await RegistryServer.StartAsync();
        (OciLayout layout, Descriptor index, Descriptor image) = Create(folder);
        layout.WriteIndex(new ImageIndex
        {
            Manifests =
            [
                index with { Annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = "1" } },
                image with { Annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = "one" } },
            ],
        });
        await Programs.RunAsync("oras", "cp", "--from-oci-layout", $"{layout.Root}:1", "--to-plain-http", $"{server.Host}/oras/app:1");
        await Programs.RunAsync(
            "skopeo", "copy", "--all", "--dest-tls-verify=false", $"oci:{layout.Root}:1", $"docker://{server.Host}/skopeo/app:1");
        await Programs.RunAsync("crane", "copy", $"{server.Host}/oras/app:1", $"{server.Host}/crane/app:1");
        using var client = new RegistryClient();
        foreach (string by in new[] { "oras", "skopeo", "crane" })
        {
            ImageReference app = server.Reference($"{by}/app:1");
            Assert.AreEqual(index, await client.ResolveAsync(app), by);
            OciLayout to = OciLayout.Create(folder[by]);
            Assert.IsTrue(await client.PullAsync(app, index, to), by);
            CollectionAssert.AreEqual(layout.Reachable(index).ToArray(), to.Reachable(index).ToArray(), by);
        }
    }

    [TestMethod]
    public async Task Referrers_of_ours_and_of_others_stand_side_by_side()
    {
        using var folder = new TemporaryFolder();
        await using RegistryServer server = await RegistryServer.StartAsync();
        (_, Descriptor index, _) = await PushAsync(server, folder);
        ImageReference app = server.Reference("team/app:1");
        using var client = new RegistryClient();
        Descriptor ours = await PutReferrerAsync(client, app, index, "application/vnd.example.first");
        File.WriteAllText(folder["note.txt"], "a note");
        await Programs.RunAsync(
            "oras", "attach", "--plain-http", "--disable-path-validation", "--artifact-type", "application/vnd.example.note", app.ToString(),
            folder["note.txt"] + ":text/plain");
        Descriptor last = await PutReferrerAsync(client, app, index, "application/vnd.example.last");

        IReadOnlyList<Descriptor> all = await client.GetReferrersAsync(app, index.Digest);
        Assert.HasCount(3, all);
        Descriptor theirs = all.Single(r => r.ArtifactType == "application/vnd.example.note");
        ImageManifest note = ImageManifest.Parse((await client.GetManifestAsync(app.WithDigest(theirs.Digest)))!.Bytes);
        Assert.AreEqual("a note", System.Text.Encoding.UTF8.GetString((await client.GetBlobAsync(app, note.Layers.Single()))!));

        using JsonDocument discovered = JsonDocument.Parse(
            await Programs.RunAsync("oras", "discover", "--plain-http", "--format", "json", app.ToString()));
        string[] found = [.. discovered.RootElement.GetProperty("referrers").EnumerateArray().Select(r => r.GetProperty("digest").GetString()!)];
        CollectionAssert.AreEquivalent(new[] { ours.Digest.Value, theirs.Digest.Value, last.Digest.Value }, found);
    }

    [TestMethod]
    public async Task A_signature_of_cosign_is_found_and_an_image_of_ours_verified()
    {
        using var folder = new TemporaryFolder();
        await using RegistryServer server = await RegistryServer.StartAsync();
        (_, Descriptor index, _) = await PushAsync(server, folder);
        string reference = $"{server.Host}/team/app@{index.Digest}";
        KeyValuePair<string, string>[] environment = [new("COSIGN_PASSWORD", ""), .. Anonymous];
        await Programs.RunAsync("cosign", environment, "signing-config", "create", "--out", folder["signing.json"]);
        await Programs.RunAsync("cosign", environment, "generate-key-pair", "--output-key-prefix", folder["key"]);
        await Programs.RunAsync(
            "cosign", environment, "sign", "--yes", "--key", folder["key.key"], "--signing-config", folder["signing.json"], reference);
        await Programs.RunAsync(
            "cosign", environment, "verify", "--key", folder["key.pub"], "--insecure-ignore-tlog=true", reference);

        using var client = new RegistryClient();
        Descriptor bundle = (await client.GetReferrersAsync(server.Reference("team/app"), index.Digest)).Single();
        Assert.StartsWith("application/vnd.dev.sigstore.bundle", bundle.ArtifactType);
    }

    private static async Task<Descriptor> PutReferrerAsync(RegistryClient client, ImageReference app, Descriptor subject, string type)
    {
        await client.PushBlobAsync(app, "{}"u8.ToArray(), MediaTypes.Empty);
        return await client.PutReferrerAsync(app, new ImageManifest
        {
            ArtifactType = type, Config = Descriptor.EmptyJson, Layers = [Descriptor.EmptyJson], Subject = subject,
        });
    }

    private static async Task<(OciLayout Layout, Descriptor Index, Descriptor Image)> PushAsync(RegistryServer server, TemporaryFolder folder)
    {
        (OciLayout layout, Descriptor index, Descriptor image) = Create(folder);
        ImageReference app = server.Reference("team/app:1");
        using var client = new RegistryClient();
        await client.PushAsync(layout, index, app);
        await client.PutManifestAsync(app, layout.ReadBlob(index), index.MediaType);
        return (layout, index, image);
    }

    // Two platforms, whose layers are real archives: they are unpacked to be judged.
    private static (OciLayout Layout, Descriptor Index, Descriptor Image) Create(TemporaryFolder folder)
    {
        OciLayout layout = OciLayout.Create(folder["layout"]);
        byte[] shared = CanonicalTarTests.Write([TarEntry.File("bin/tool", TarEntry.ExecutableMode, RandomNumberGenerator.GetBytes(300_000))]);
        Descriptor AddLayer(byte[] archive) => layout.AddBlob(
            stream =>
            {
                using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
                gzip.Write(archive);
            },
            MediaTypes.LayerGzip);
        Descriptor[] images =
        [
            .. new[] { "amd64", "arm64" }.Select(architecture =>
            {
                byte[] own = CanonicalTarTests.Write([TarEntry.File("etc/platform", TarEntry.PlainMode, System.Text.Encoding.UTF8.GetBytes(architecture))]);
                Descriptor[] layers = [AddLayer(shared), AddLayer(own)];
                var config = new ImageConfig { Architecture = architecture, Os = "linux", DiffIds = [Digest.Sha256(shared), Digest.Sha256(own)] };
                return layout.AddBlob(
                    new ImageManifest { Config = layout.AddBlob(config.ToBytes(), MediaTypes.ImageConfig), Layers = layers }.ToBytes(),
                    MediaTypes.ImageManifest) with { Platform = new Platform("linux", architecture) };
            }),
        ];
        return (layout, Samples.AddIndex(layout, images), images[0] with { Platform = null });
    }
}
