using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class ContentTests
{
    private const string D = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    private const string Config = """{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","size":3}""";

    [TestMethod]
    public void A_manifest_reads_back_equal_and_keeps_what_it_does_not_know()
    {
        string text = $$$"""
            {"schemaVersion":2,"mediaType":"{{{MediaTypes.ImageManifest}}}","artifactType":"a/b","config":{{{Config}}},"layers":[{"mediaType":"{{{MediaTypes.LayerGzip}}}","digest":"{{{D}}}","size":1234567890123,"annotations":{"b":"2","a":"1"},"urls":["https://x"]}],"subject":{{{Config}}},"annotations":{"k":"v"},"x":[1.50, "\u00e9"]}
            """;
        ImageManifest manifest = ImageManifest.Parse(Encoding.UTF8.GetBytes(text));
        Assert.AreEqual("a/b", manifest.ArtifactType);
        Assert.AreEqual(1234567890123, manifest.Layers[0].Size);
        Assert.AreEqual(D, manifest.Subject!.Digest.Value);

        string written = Encoding.UTF8.GetString(manifest.ToBytes());
        Assert.Contains("tar+gzip", written);
        Assert.Contains(""""urls":["https://x"]"""", written);
        Assert.Contains("""[1.50, "\u00e9"]""", written);
        Assert.Contains("""{"a":"1","b":"2"}""", written);
        Assert.AreEqual(written, Encoding.UTF8.GetString(ImageManifest.Parse(manifest.ToBytes()).ToBytes()));
    }

    [TestMethod]
    public void An_index_reads_back_equal_and_finds_a_platform_in_any_spelling()
    {
        string text = $$$"""
            {"schemaVersion":2,"mediaType":"{{{MediaTypes.DockerManifestList}}}","manifests":[
              {"mediaType":"{{{MediaTypes.DockerManifest}}}","digest":"{{{D}}}","size":1,"platform":{"architecture":"unknown","os":"unknown"}},
              {"mediaType":"{{{MediaTypes.DockerManifest}}}","digest":"{{{D}}}","size":2,"platform":{"architecture":"arm64","os":"linux","variant":"v8"}}]}
            """;
        ImageIndex index = ImageIndex.Parse(Encoding.UTF8.GetBytes(text));
        Assert.AreEqual(2, index.Find(Platform.Parse("linux/arm64"))!.Size);
        Assert.IsNull(index.Find(Platform.Parse("linux/amd64")));
        CollectionAssert.AreEqual(index.ToBytes(), ImageIndex.Parse(index.ToBytes()).ToBytes());
        Assert.AreEqual("v8", ImageIndex.Parse(index.ToBytes()).Manifests[1].Platform!.Variant);
    }

    [TestMethod]
    public void An_index_without_entries_may_say_null() =>
        Assert.IsEmpty(ImageIndex.Parse("""{"schemaVersion":2,"manifests":null}"""u8.ToArray()).Manifests);

    [TestMethod]
    public void A_configuration_reads_back_equal_and_keeps_what_it_does_not_know()
    {
        string text = $$$"""
            {"created":"2020-01-02T03:04:05.123456789Z","architecture":"arm64","os":"linux","variant":"v8","config":{"User":"vscode","Env":["A=<&>+é"],"Entrypoint":[],"Cmd":["sh"],"WorkingDir":"/w","Labels":{"z":"1","a":"\"\\"},"Healthcheck":{"Test":["CMD","x"],"Interval":1000000000}},"rootfs":{"type":"layers","diff_ids":["{{{D}}}"]},"history":[{"created_by":"RUN x","comment":"buildkit.dockerfile.v0"},{"created_by":"ENV","empty_layer":true,"author":"me"}],"moby.buildkit.cache.v0":"abc"}
            """;
        ImageConfig config = ImageConfig.Parse(Encoding.UTF8.GetBytes(text));
        Assert.AreEqual(Platform.Parse("linux/arm64"), config.Platform);
        Assert.AreEqual("vscode", config.Config.User);
        Assert.AreEqual("A=<&>+é", config.Config.Env[0]);
        Assert.IsEmpty(config.Config.Entrypoint!);
        Assert.AreEqual("\"\\", config.Config.Labels["a"]);
        Assert.AreEqual(D, config.DiffIds[0].Value);
        Assert.IsTrue(config.History[1].EmptyLayer);

        string written = Encoding.UTF8.GetString(config.ToBytes());
        Assert.Contains("2020-01-02T03:04:05.123456789Z", written);
        Assert.Contains(""""Healthcheck":{"Test":["CMD","x"],"Interval":1000000000}"""", written);
        Assert.Contains(""""author":"me"""", written);
        Assert.Contains(""""moby.buildkit.cache.v0":"abc"""", written);
        Assert.Contains("A=<&>+é", written);
        CollectionAssert.AreEqual(config.ToBytes(), ImageConfig.Parse(config.ToBytes()).ToBytes());
    }

    [TestMethod]
    public void An_image_without_config_section_or_with_nulls_is_read()
    {
        ImageConfig config = ImageConfig.Parse(
            """{"architecture":"amd64","os":"linux","config":{"Env":null,"Labels":null,"Entrypoint":null},"rootfs":{"type":"layers","diff_ids":null}}"""u8.ToArray());
        Assert.IsEmpty(config.Config.Env);
        Assert.IsNull(config.Config.Entrypoint);
        Assert.IsEmpty(config.DiffIds);
    }

    [TestMethod]
    [DataRow("", "not JSON")]
    [DataRow("{", "not JSON")]
    [DataRow("[]", "not a JSON object")]
    [DataRow("{}", "'schemaVersion'")]
    [DataRow("""{"schemaVersion":1}""", "schemaVersion is not 2")]
    [DataRow("""{"schemaVersion":"2"}""", "'schemaVersion'")]
    [DataRow("""{"schemaVersion":2}""", "'config' is missing")]
    [DataRow("""{"schemaVersion":2,"schemaVersion":2}""", "not JSON", DisplayName = "duplicate property")]
    [DataRow("""{"schemaVersion":2,"config":C}""", "'layers' is missing")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":{}}""", "'layers' is not a list")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":[1]}""", "not an object")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":[],"manifests":[]}""", "only an index")]
    [DataRow("""{"schemaVersion":2,"mediaType":"text/html","config":C,"layers":[]}""", "text/html")]
    [DataRow("""{"schemaVersion":2,"mediaType":5,"config":C,"layers":[]}""", "'mediaType' is not text")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":[{"mediaType":"a","digest":"sha256:x","size":1}]}""", "not a sha256 digest")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":[{"mediaType":"a","digest":"D","size":-1}]}""", "negative")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":[{"mediaType":"a","digest":"D","size":1.5}]}""", "'size'")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":[{"mediaType":"a","digest":"D","size":99999999999999999999}]}""", "'size'")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":[],"annotations":{"a":1}}""", "'annotations' is not text")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":[],"annotations":{"a":"\ud800"}}""", "not valid Unicode")]
    [DataRow("""{"schemaVersion":2,"config":C,"layers":[],"\udc00":1}""", "not valid Unicode|not JSON")]
    public void A_wrong_manifest_is_refused_with_the_reason(string text, string reasons)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.Replace("\"D\"", $"\"{D}\"", StringComparison.Ordinal).Replace(":C", ":" + Config, StringComparison.Ordinal));
        string message = Errors.Expect(Codes.ContentInvalid, () => ImageManifest.Parse(bytes, "here"));
        Assert.IsTrue(reasons.Split('|').Any(message.Contains), message);
        Assert.Contains("image manifest here", message);
    }

    [TestMethod]
    [DataRow("""{"schemaVersion":2}""", "'manifests' is missing")]
    [DataRow("""{"schemaVersion":2,"manifests":[],"layers":[]}""", "only a manifest")]
    [DataRow("""{"schemaVersion":2,"manifests":[],"mediaType":"application/vnd.oci.image.manifest.v1+json"}""", "media type")]
    [DataRow("""{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"D","size":1,"platform":{"os":"linux"}}]}""", "'architecture' is missing")]
    public void A_wrong_index_is_refused_with_the_reason(string text, string reason) =>
        Assert.Contains(reason, Errors.Expect(Codes.ContentInvalid, () => ImageIndex.Parse(Encoding.UTF8.GetBytes(text.Replace("\"D\"", $"\"{D}\"", StringComparison.Ordinal)))));

    [TestMethod]
    [DataRow("""{"os":"linux","rootfs":{}}""", "'architecture' is missing")]
    [DataRow("""{"architecture":"amd64","os":"linux"}""", "'rootfs' is missing")]
    [DataRow("""{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":["x"]}}""", "diff id")]
    [DataRow("""{"architecture":"amd64","os":"linux","rootfs":{},"config":[]}""", "'config' is not an object")]
    [DataRow("""{"architecture":"amd64","os":"linux","rootfs":{},"config":{"Env":["A",1]}}""", "'Env' is not text")]
    [DataRow("""{"architecture":"amd64","os":"linux","rootfs":{},"history":[{"empty_layer":1}]}""", "'empty_layer'")]
    public void A_wrong_configuration_is_refused_with_the_reason(string text, string reason) =>
        Assert.Contains(reason, Errors.Expect(Codes.ContentInvalid, () => ImageConfig.Parse(Encoding.UTF8.GetBytes(text))));

    [TestMethod]
    public void What_is_not_UTF_8_is_refused() =>
        Assert.Contains("UTF-8", Errors.Expect(Codes.ContentInvalid, () => ImageIndex.Parse(Encoding.Latin1.GetBytes("{\"schemaVersion\":2,\"manifests\":[],\"\u00ff\":1}"))));

    [TestMethod]
    public void Huge_and_deep_content_is_refused()
    {
        Errors.Expect(Codes.ContentTooLarge, () => ImageManifest.Parse(new byte[ImageManifest.MaxSize + 1]));
        Errors.Expect(Codes.ContentTooLarge, () => ImageIndex.Parse(new byte[ImageManifest.MaxSize + 1]));
        Errors.Expect(Codes.ContentTooLarge, () => ImageConfig.Parse(new byte[ImageConfig.MaxSize + 1]));
        Errors.Expect(Codes.ContentInvalid, () => ImageIndex.Parse(Encoding.UTF8.GetBytes($$"""{"a":{{new string('[', 100_000)}}""")));
    }

    [TestMethod]
    public void Descriptors_are_equal_when_all_that_is_written_is()
    {
        var one = new Descriptor("a", Digest.Parse(D), 1) { Annotations = new Dictionary<string, string> { ["k"] = "v" } };
        var same = new Descriptor("a", Digest.Parse(D), 1) { Annotations = new SortedDictionary<string, string> { ["k"] = "v" } };
        Assert.AreEqual(one, same);
        Assert.AreEqual(one.GetHashCode(), same.GetHashCode());
        Assert.AreNotEqual(one, same with { Annotations = new Dictionary<string, string> { ["k"] = "w" } });
        Assert.AreNotEqual(one, same with { Platform = Platform.Parse("amd64") });
        Assert.AreNotEqual(one, same with { Size = 2 });
    }
}
