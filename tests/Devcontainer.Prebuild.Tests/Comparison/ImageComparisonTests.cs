using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Comparison;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.Receipts;

namespace Devcontainer.Prebuild.Tests.Comparison;

/// <summary>What differs between two images, by their receipts and SBOMs.</summary>
[TestClass]
public sealed class ImageComparisonTests
{
    private const string Amd64 = "linux/amd64";
    private const string Arm64 = "linux/arm64";

    [TestMethod]
    public void What_is_the_same_on_all_platforms_is_told_once()
    {
        ImageChanges changes = ImageComparison.Compare(
            Image([(Amd64, "deb curl 1.0|deb jq 1.6|deb libc6 2.36"), (Arm64, "deb curl 1.0|deb libc6 2.36")]),
            Image([(Amd64, "deb curl 1.1|deb libc6 2.36|deb tree 2.0"), (Arm64, "deb curl 1.1|deb libc6 2.37|deb tree 2.0")]));
        CollectionAssert.AreEqual(
            new[]
            {
                "changed deb curl 1.0>1.1 []",
                "removed deb jq 1.6> [linux/amd64]",
                "changed deb libc6 2.36>2.37 [linux/arm64]",
                "added deb tree >2.0 []",
            },
            Texts(changes));
    }

    [TestMethod]
    public void Several_versions_and_kinds_of_a_name_are_kept_apart()
    {
        ImageChanges changes = ImageComparison.Compare(
            Image([(Amd64, "deb node 1|npm node 1|npm left-pad 1.0|npm left-pad 2.0")]), Image([(Amd64, "deb node 1|npm node 2|npm left-pad 2.0")]));
        CollectionAssert.AreEqual(new[] { "changed npm left-pad 1.0, 2.0>2.0 []", "changed npm node 1>2 []" }, Texts(changes));
    }

    [TestMethod]
    public void The_image_its_bases_and_Features_are_no_packages_and_the_operating_system_is_one()
    {
        const string Document = """
            { "packages": [
              { "name": "team/dev", "versionInfo": "sha256:1", "primaryPackagePurpose": "CONTAINER" },
              { "name": "./hello", "versionInfo": "1.0.0", "primaryPackagePurpose": "INSTALL" },
              { "name": "debian", "versionInfo": "12", "primaryPackagePurpose": "OPERATING_SYSTEM" },
              { "name": "odd" } ] }
            """;
        SbomPackages packages = SbomPackages.Parse(Encoding.UTF8.GetBytes(Document), "sbom");
        CollectionAssert.AreEqual(new[] { ("os", "debian"), ("other", "odd") }, packages.Versions.Keys.ToArray());
        Assert.AreEqual("?", packages.Versions[("other", "odd")].Single());
        Errors.Expect(Codes.CompareImageUnknown, () => SbomPackages.Parse("{}"u8.ToArray(), "sbom"));
        Errors.Expect(Codes.CompareImageUnknown, () => SbomPackages.Parse("no"u8.ToArray(), "sbom"));
    }

    [TestMethod]
    public void Features_and_base_images_are_compared_by_content()
    {
        Receipt receipt = ReceiptSample.Create();
        ReceiptFeature feature = receipt.Features[0];
        ReceiptBase image = receipt.Bases[0];
        ImageChanges changes = ImageComparison.Compare(
            Image([(Amd64, "")], receipt),
            Image(
                [(Amd64, "")],
                receipt with
                {
                    Features = [feature with { Digest = SampleWorkspace.DigestOf('b').Value }, feature with { Id = "./new", Version = "2.0.0", Digest = SampleWorkspace.DigestOf('c').Value }],
                    Bases = [image with { Digest = SampleWorkspace.DigestOf('d').Value }],
                }));
        CollectionAssert.AreEqual(
            new[]
            {
                $"changed  ./hello 1.0.0 ({feature.Digest})>1.0.0 ({SampleWorkspace.DigestOf('b')}) []",
                "added  ./new >2.0.0 []",
                $"changed  docker.io/library/debian:12 {image.Digest}>{SampleWorkspace.DigestOf('d')} []",
            },
            Texts(changes));
        Assert.IsEmpty(ImageComparison.Compare(Image([(Amd64, "")], receipt), Image([(Amd64, "")], receipt)).Changes);
    }

    [TestMethod]
    public void Platforms_that_only_one_has_are_no_change_of_packages()
    {
        ImageChanges changes = ImageComparison.Compare(Image([(Amd64, "deb curl 1"), (Arm64, null)]), Image([(Amd64, "deb curl 1"), (Arm64, "deb curl 2"), ("linux/arm/v7", "deb curl 3")]));
        Assert.IsEmpty(changes.Changes);
        CollectionAssert.AreEqual(new[] { Amd64, "linux/arm/v7", Arm64 }, changes.Sizes.Select(static size => size.Platform).ToArray());
        Assert.IsNull(changes.Sizes[1].From);
        CollectionAssert.AreEqual(new[] { Arm64 }, changes.WithoutSbom.ToArray());
        string text = string.Join('\n', ChangesText.Lines(changes));
        Assert.Contains("no package, Feature or base image differs", text);
        Assert.Contains("linux/arm/v7: new, 5.0 MB", text);
        Assert.Contains("the packages of linux/arm64 are not compared", text);
    }

    [TestMethod]
    public async Task Large_layers_that_are_new_are_told_with_what_made_them()
    {
        Descriptor kept = Layer('1', 50_000_000);
        Descriptor large = Layer('2', 20_000_000);
        ImageRecord from = WithLayers(Image([(Amd64, "")]), [kept], "FROM", "RUN install old");
        ImageRecord to = WithLayers(Image([(Amd64, "")]), [kept, Layer('3', 9_999_999), large], "COPY base", "RUN small", "RUN --mount=type=cache,target=/x apt-get install -y big");
        ImageChanges changes = await ImageComparison.WithLayersAsync(ImageComparison.Compare(from, to), CancellationToken.None);
        NewLayer layer = changes.Layers.Single();
        Assert.AreEqual((Amd64, large.Digest, "RUN apt-get install -y big"), (layer.Platforms.Single(), layer.Layer.Digest, layer.CreatedBy));
        Assert.Contains("new layer of 20.0 MB on linux/amd64: RUN apt-get install -y big", string.Join('\n', ChangesText.Lines(changes)));

        // Without a history of as many steps it is not known, and of a manifest that is gone nothing is.
        changes = await ImageComparison.WithLayersAsync(ImageComparison.Compare(from, WithLayers(to, [kept, large], "one")), CancellationToken.None);
        Assert.IsNull(changes.Layers.Single().CreatedBy);
        changes = await ImageComparison.WithLayersAsync(ImageComparison.Compare(Image([(Amd64, "")]), to), CancellationToken.None);
        Assert.IsEmpty(changes.Layers);
    }

    [TestMethod]
    public void Nothing_on_the_page_is_Markdown_or_HTML_of_somebody_else()
    {
        ImageChanges changes = ImageComparison.Compare(Image([(Amd64, "deb a|b <script>")]), Image([(Amd64, "deb x `y`|z")]));
        string page = ChangesText.Markdown(changes);
        Assert.DoesNotContain("<script>", page);
        Assert.DoesNotContain("`", page);
    }

    [TestMethod]
    public void A_long_list_is_cut_on_the_console_only()
    {
        ImageChanges changes = ImageComparison.Compare(Image([(Amd64, "")]), Image([(Amd64, string.Join('|', Enumerable.Range(100, 60).Select(static i => $"deb p{i} 1")))]));
        string[] lines = [.. ChangesText.Lines(changes)];
        Assert.HasCount(40, lines.Where(static line => line.StartsWith("  + deb p", StringComparison.Ordinal)));
        Assert.Contains("  … and 20 more packages.", lines);
        Assert.Contains("p159", ChangesText.Markdown(changes));
        Assert.Contains("\"p159\"", Encoding.UTF8.GetString(ChangesFile.Serialize(changes)));
    }

    private static string[] Texts(ImageChanges changes) =>
        [.. changes.Changes.Select(static change => $"{change.Change} {change.Type} {change.Name} {change.From}>{change.To} [{string.Join(',', change.Platforms)}]")];

    private static Descriptor Layer(char digit, long size) => new(MediaTypes.LayerGzip, SampleWorkspace.DigestOf(digit), size);

    /// <summary>An image with platforms, each with packages as <c>type name version</c>, or without an SBOM.</summary>
    private static ImageRecord Image((string Platform, string? Packages)[] platforms, Receipt? receipt = null)
    {
        Receipt sample = receipt ?? ReceiptSample.Create() with { Features = [], Bases = [] };
        return new ImageRecord(
            "r.example/team/app@sha256:x",
            sample with { Platforms = [.. platforms.Select(static one => new ReceiptPlatform(one.Platform, SampleWorkspace.DigestOf('6').Value, 900, 5_000_000, "built", null))] },
            platforms.Where(static one => one.Packages is not null).ToDictionary(static one => one.Platform, static one => SbomPackages.Parse(Sbom(one.Packages!), one.Platform)),
            static (_, _) => Task.FromResult<byte[]?>(null));
    }

    private static ImageRecord WithLayers(ImageRecord image, Descriptor[] layers, params string[] history)
    {
        byte[] config = new ImageConfig
        {
            Architecture = "amd64", Os = "linux", DiffIds = [.. layers.Select(static layer => layer.Digest)],
            History = [.. history.Select(static step => new HistoryEntry { CreatedBy = step }), new HistoryEntry { CreatedBy = "ENV A=b", EmptyLayer = true }],
        }.ToBytes();
        byte[] manifest = new ImageManifest { Config = Descriptor.Of(config, MediaTypes.ImageConfig), Layers = layers }.ToBytes();
        return image with { ReadAsync = (content, _) => Task.FromResult<byte[]?>(MediaTypes.IsManifest(content.MediaType) ? manifest : config) };
    }

    private static byte[] Sbom(string packages)
    {
        IEnumerable<string> entries = packages.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(static package => package.Split(' ', 3))
            .Select(static p => System.Text.Json.JsonSerializer.Serialize(new
            {
                name = p.ElementAtOrDefault(1) ?? "",
                versionInfo = p.ElementAtOrDefault(2) ?? "",
                externalRefs = new[] { new { referenceLocator = $"pkg:{p[0]}/x/y@1" } },
            }));
        return Encoding.UTF8.GetBytes($$"""{ "packages": [{{string.Join(',', entries)}}] }""");
    }
}
