using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Reproducibility;
using Devcontainer.Prebuild.Tests.Sboms;

namespace Devcontainer.Prebuild.Tests.Reproducibility;

/// <summary>What two builds differ in, down to the path.</summary>
[TestClass]
public sealed class ReproducibilityTests
{
    [TestMethod]
    public void Equal_manifests_are_not_looked_into()
    {
        using var image = new TestImage(new TestLayer().File("a", "a"));
        Assert.IsTrue(Compare(image, image).IsReproducible);
    }

    [TestMethod]
    public void Each_path_that_differs_is_named_with_what_differs()
    {
        using var first = new TestImage(
            new TestLayer().File("same", "same"),
            new TestLayer().Directory("etc").File("etc/changed", "one").File("gone", "").SymbolicLink("link", "one").File("kind", "").File("same", "same"));
        using var second = new TestImage(
            new TestLayer().File("same", "same"),
            new TestLayer().Directory("etc").File("etc/changed", "two").File("new", "").SymbolicLink("link", "two").Directory("kind").File("same", "same"));
        RebuildDifference difference = Compare(first, second).Differences.Single(one => one.First == first.Layers[1].Digest);
        Assert.AreEqual(second.Layers[1].Digest, difference.Second);
        string[] paths = [.. difference.Paths.Select(static path => $"{path.Path}: {path.What}").Where(static path => !path.EndsWith(": time", StringComparison.Ordinal))];
        CollectionAssert.AreEqual(
            new[] { "etc/changed: content", "gone: only in the first", "kind: kind", "link: content", "new: only in the second" },
            paths.Select(static path => path.Replace(", time", "", StringComparison.Ordinal).Replace(", mode", "", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    public void A_layer_that_only_one_build_has_and_another_order_are_told_too()
    {
        TestLayer layer = new TestLayer().File("a", "a");
        using var first = new TestImage(layer, new TestLayer().File("b", "b"));
        using var second = new TestImage(layer);
        Assert.Contains(first.Layers[1].Digest.Value, new ReproducibilityReport([Compare(first, second)]).Errors.Last().Message);

        using var plain = new TestImage(new TestLayer { Gzip = false }.File("a", "a"));
        using var zipped = new TestImage(new TestLayer().File("a", "a"));
        Diagnostic compressed = new ReproducibilityReport([Compare(plain, zipped)]).Errors.First();
        Assert.AreEqual(Codes.NotReproducible, compressed.Code);
        Assert.Contains("linux/amd64", compressed.Message);
    }

    [TestMethod]
    public void A_base_image_without_a_history_puts_no_instruction_at_another_layer()
    {
        Digest[] layers = [.. Enumerable.Range(0, 3).Select(static i => Digest.Sha256([(byte)i]))];
        HistoryEntry[] own = [new() { CreatedBy = "COPY a /a" }, new() { CreatedBy = "ENV A=1", EmptyLayer = true }, new() { CreatedBy = "RUN date" }];
        ImageConfig config = new() { Os = "linux", Architecture = "amd64", DiffIds = layers, History = [.. own, new() { Comment = "buildkit.exporter.image.v0" }] };
        CollectionAssert.AreEqual(new[] { null, "COPY a /a", "RUN date" }, LayerInstructions.Of(config, 3).ToArray());
        CollectionAssert.AreEqual(new string?[3], LayerInstructions.Of(config with { History = own }, 3).ToArray());
    }

    [TestMethod]
    public void A_field_of_the_configuration_is_named()
    {
        PathDifference field = ConfigDifferences.Find(
            Encoding.UTF8.GetBytes("""{ "os": "linux", "config": { "Env": ["A=1"], "User": "dev" }, "rootfs": { "diff_ids": ["1"] } }"""),
            Encoding.UTF8.GetBytes("""{ "os": "linux", "config": { "User": "dev", "Env": ["A=2"] }, "rootfs": { "diff_ids": ["2"] } }""")).Single();
        Assert.AreEqual("config.Env", field.Path);
    }

    [TestMethod]
    public void Of_many_paths_some_are_told_and_how_many_more_there_are()
    {
        using var first = new TestImage(Files("one"));
        using var second = new TestImage(Files("two"));
        string message = new ReproducibilityReport([Compare(first, second)]).Errors.Single().Message;
        Assert.Contains("/file-10: content", message);
        Assert.Contains("and 80 more", message);
        Assert.DoesNotContain("::error", message.Split('\n').Single(static line => line.Contains("evil", StringComparison.Ordinal)).TrimStart()[..3]);

        static TestLayer Files(string content)
        {
            var layer = new TestLayer();
            layer.File("aaa evil\n::error", content);
            for (int i = 1; i < 100; i++)
            {
                layer.File($"file-{i:00}", content);
            }

            return layer;
        }
    }

    [TestMethod]
    [DataRow("var/log/apt/history.log", "A log")]
    [DataRow("var/log/dpkg.log", "A log")]
    [DataRow("var/cache/ldconfig/aux-cache", "linker")]
    [DataRow("var/lib/apt/lists/deb.debian.org_dists", "/var/lib/apt/lists")]
    [DataRow("var/lib/dpkg/status", "name=version")]
    [DataRow("lib/apk/db/installed", "apk add")]
    [DataRow("usr/lib/python3/__pycache__/a.cpython-311.pyc", "PYTHONDONTWRITEBYTECODE")]
    [DataRow("root/.cache/pip/http/a", "--no-cache-dir")]
    [DataRow("home/dev/.npm/_logs/1.txt", "npm cache clean")]
    [DataRow("tmp/a", "temporary")]
    [DataRow("etc/machine-id", "machine")]
    [DataRow("etc/ssh/ssh_host_rsa_key", "host key")]
    [DataRow("usr/share/doc/a.gz", "gzip -n")]
    [DataRow("stamp", "SOURCE_DATE_EPOCH")]
    public void What_most_likely_mends_it_is_said_by_the_path(string path, string expected) => Assert.Contains(expected, LikelyFix.Of(path, onlyTime: false));

    private static PlatformRebuild Compare(TestImage first, TestImage second) => ReproducibilityCheck.Compare("linux/amd64", Image(first), Image(second), default);

    private static RebuiltImage Image(TestImage image) => new(image.Layout, image.Manifest.Digest, image.Layout.ReadManifest(image.Manifest));
}
