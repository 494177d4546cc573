using System.Text;
using System.Text.Json.Nodes;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

/// <summary>The SBOM of an image that stands on another one: made of that one's SBOM, without reading its layers again.</summary>
[TestClass]
public sealed class SpdxReaderTests
{
    private static readonly SbomRequest Request = TestImage.Request with
    {
        Features = [new ReceiptFeature("./features/hello", "local", "features/hello", "1.0.0", "sha256:" + new string('1', 64))],
        Bases = [new ReceiptBase("docker.io/library/debian:12", "linux/amd64", "sha256:" + new string('2', 64), IsAncestor: true)],
    };

    private static readonly ImagePackage Dapper = new()
    {
        Name = "Dapper",
        Version = "2.1.66",
        Purl = "pkg:nuget/Dapper@2.1.66",
        Maintainer = "Sam Saffron,Marc Gravell",
        Homepage = "https://github.com/DapperLib/Dapper",
        License = new License("Apache-2.0", []),
    };

    [TestMethod]
    public async Task With_nothing_on_it_it_is_the_image_s_own_byte_for_byte()
    {
        using TestImage image = Image();
        Sbom read = await image.GenerateAsync(Request);
        Sbom extended = SbomDocument.Extend(read.Json, image.Manifest, Request, []);
        Assert.AreEqual(Encoding.UTF8.GetString(read.Json), Encoding.UTF8.GetString(extended.Json));
        Assert.AreEqual(read.PackageCount, extended.PackageCount);
    }

    [TestMethod]
    public async Task It_is_what_reading_all_layers_would_give()
    {
        using TestImage image = Image();
        Descriptor appended = image.AddManifest([.. image.Layers, image.Layers[0]]);
        Sbom below = await image.GenerateAsync(Request);
        Sbom extended = SbomDocument.Extend(below.Json, appended, Request, [Dapper]);

        Assert.AreEqual(below.PackageCount + 1, extended.PackageCount);
        Sbom whole = SbomDocument.Create(appended, Request, [.. await CatalogAsync(image), Dapper]);
        Assert.AreEqual(Encoding.UTF8.GetString(whole.Json), Encoding.UTF8.GetString(extended.Json));
        SpdxRules.Check(extended.Json);
    }

    [TestMethod]
    public async Task A_package_that_both_have_is_listed_once()
    {
        using TestImage image = Image();
        Sbom once = SbomDocument.Extend((await image.GenerateAsync()).Json, image.Manifest, TestImage.Request, [Dapper]);
        Sbom twice = SbomDocument.Extend(once.Json, image.Manifest, TestImage.Request, [Dapper]);
        Assert.AreEqual(once.PackageCount, twice.PackageCount);
        Assert.AreEqual(Encoding.UTF8.GetString(once.Json), Encoding.UTF8.GetString(twice.Json));
    }

    [TestMethod]
    public async Task Of_a_package_that_both_have_all_is_told_that_either_knows()
    {
        using TestImage image = Image();
        ImagePackage bare = new() { Name = Dapper.Name, Version = Dapper.Version, Purl = Dapper.Purl };
        Sbom below = SbomDocument.Create(image.Manifest, Request, [bare]);
        Sbom whole = SbomDocument.Create(image.Manifest, Request, [Dapper]);
        Assert.AreNotEqual(Encoding.UTF8.GetString(whole.Json), Encoding.UTF8.GetString(below.Json));
        Assert.AreEqual(Encoding.UTF8.GetString(whole.Json), Encoding.UTF8.GetString(SbomDocument.Extend(below.Json, image.Manifest, Request, [Dapper]).Json));
        Assert.AreEqual(Encoding.UTF8.GetString(whole.Json), Encoding.UTF8.GetString(SbomDocument.Extend(whole.Json, image.Manifest, Request, [bare]).Json));
    }

    [TestMethod]
    [DataRow("no JSON", "not json")]
    [DataRow("a list", "[]")]
    [DataRow("no packages", "{}")]
    [DataRow("packages that are none", """{ "packages": [1] }""")]
    [DataRow("a package without a name", """{ "packages": [{ "SPDXID": "SPDXRef-Package-x" }] }""")]
    [DataRow("a name that is none", """{ "packages": [{ "SPDXID": "SPDXRef-Package-x", "name": null }] }""")]
    [DataRow("no digest", """{ "packages": [{ "SPDXID": "x", "name": "x", "checksums": [{ "algorithm": "SHA256", "checksumValue": "12" }] }] }""")]
    public void What_is_no_SBOM_is_an_error(string what, string json)
    {
        Diagnostic error = Errors.Expect(Codes.SbomUnreadable, () => SpdxReader.ReadPackages(Encoding.UTF8.GetBytes(json)));
        Assert.IsGreaterThan(20, error.Message.Length, what);
    }

    [TestMethod]
    public async Task Cut_off_anywhere_it_is_an_error()
    {
        using TestImage image = Image();
        byte[] json = (await image.GenerateAsync(Request)).Json;
        var random = new Random(6006);
        foreach (int length in Enumerable.Range(0, 40).Select(_ => random.Next(json.Length - 2)))
        {
            Errors.Expect(Codes.SbomUnreadable, () => SpdxReader.ReadPackages(json.AsMemory(0, length)));
        }
    }

    [TestMethod]
    public async Task Every_member_of_a_package_is_read()
    {
        using TestImage image = Image();
        byte[] json = (await image.GenerateAsync(Request)).Json;
        foreach (JsonObject package in JsonNode.Parse(json)!["packages"]!.AsArray().OfType<JsonObject>())
        {
            // What is written and not read would be lost in every image that stands on this one.
            string[] known =
            [
                "SPDXID", "name", "versionInfo", "supplier", "downloadLocation", "homepage", "sourceInfo", "summary", "primaryPackagePurpose", "checksums",
                "externalRefs", "licenseDeclared", "licenseConcluded", "copyrightText", "filesAnalyzed",
            ];
            Assert.IsEmpty(package.Select(static member => member.Key).Except(known));
        }
    }

    private static TestImage Image() => new(
        new TestLayer().File("etc/os-release", Dpkg.OsRelease).Status("bash 5.2-1", "libstdc++6 12.2.0-14"),
        new TestLayer().File("usr/share/doc/bash/copyright", "Format: copyright-format/1.0\n\nFiles: *\nLicense: weird! or \"quoted\"\n  <text> & more\n"));

    private static async Task<IReadOnlyList<ImagePackage>> CatalogAsync(TestImage image)
    {
        var facts = new List<LayerFacts>();
        foreach (Descriptor layer in image.Layers)
        {
            await using Stream blob = image.Layout.OpenBlob(layer);
            using LayerReader reader = LayerReader.Open(blob, layer.Digest.Value);
            facts.Add(LayerFacts.Read(reader, facts.Count, SbomGenerator.Choose, withPrograms: true, CancellationToken.None));
        }

        return [.. SbomGenerator.Catalog(new ImageFiles(facts))];
    }
}
