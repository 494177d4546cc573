using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sboms;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Prebuild.Tests.Sboms;

[TestClass]
public sealed class SpdxTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly SbomRequest Full = TestImage.Request with
    {
        Features =
        [
            new ReceiptFeature("ghcr.io/devcontainers/features/node:1", "oci", $"ghcr.io/devcontainers/features/node@sha256:{Hex}", "1.6.1", $"sha256:{Hex}"),
            new ReceiptFeature("./features/hello", "local", "features/hello", "1.0.0", $"sha256:{Hex}"),
            new ReceiptFeature(
                "https://user:secret@example.org/devcontainer-feature-x.tgz", "tarball", "https://user:secret@example.org/devcontainer-feature-x.tgz", "2.0.0", ""),
        ],
        Bases =
        [
            new ReceiptBase("docker.io/library/debian:12", "linux/amd64", $"sha256:{Hex}", IsAncestor: true),
            new ReceiptBase("docker.io/library/golang:1", "linux/amd64", $"sha256:{Hex}", IsAncestor: false),
        ],
    };

    [TestMethod]
    public async Task The_image_is_described_by_name_and_digest()
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1"));
        byte[] json = (await image.GenerateAsync()).Json;
        JsonElement described = SbomReader.Package(json, "localhost:5000/team/quickstart");
        string digest = image.Manifest.Digest.Value;
        Assert.AreEqual(digest, described.GetProperty("versionInfo").GetString());
        Assert.AreEqual($"pkg:oci/quickstart@{digest}?arch=amd64&repository_url=localhost:5000%2Fteam%2Fquickstart", SbomReader.Purl(described));
        Assert.AreEqual("CONTAINER", described.GetProperty("primaryPackagePurpose").GetString());
        JsonElement checksum = described.GetProperty("checksums").EnumerateArray().Single();
        Assert.AreEqual("SHA256", checksum.GetProperty("algorithm").GetString());
        Assert.AreEqual(image.Manifest.Digest.Hex, checksum.GetProperty("checksumValue").GetString());
        string id = described.GetProperty("SPDXID").GetString()!;
        Assert.Contains($"SPDXRef-DOCUMENT DESCRIBES {id}", SbomReader.Relationships(json));
        Assert.Contains($"{id} CONTAINS {SbomReader.Package(json, "bash").GetProperty("SPDXID").GetString()}", SbomReader.Relationships(json));
    }

    [TestMethod]
    public async Task A_name_without_a_registry_is_nowhere_to_be_had()
    {
        using var image = new TestImage();
        byte[] json = (await image.GenerateAsync(TestImage.Request with { ImageName = "team/quickstart" })).Json;
        Assert.AreEqual($"pkg:oci/quickstart@{image.Manifest.Digest}?arch=amd64", SbomReader.Purl(SbomReader.Package(json, "team/quickstart")));
    }

    [TestMethod]
    public async Task Features_and_bases_are_related_to_the_image()
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1"));
        Sbom sbom = await image.GenerateAsync(Full);
        Assert.AreEqual(4, sbom.PackageCount);
        string subject = Id("localhost:5000/team/quickstart");
        string[] relationships = SbomReader.Relationships(sbom.Json);
        (string Name, string Purl, string Relationship)[] expected =
        [
            ("ghcr.io/devcontainers/features/node", $"pkg:oci/node@sha256:{Hex}?repository_url=ghcr.io%2Fdevcontainers%2Ffeatures%2Fnode&tag=1.6.1",
                "{0} BUILD_DEPENDENCY_OF {1}"),
            ("./features/hello", $"pkg:generic/devcontainer-feature/hello@1.0.0?checksum=sha256:{Hex}", "{0} BUILD_DEPENDENCY_OF {1}"),
            ("https://example.org/devcontainer-feature-x.tgz",
                "pkg:generic/devcontainer-feature/devcontainer-feature-x.tgz@2.0.0?download_url=https:%2F%2Fexample.org%2Fdevcontainer-feature-x.tgz",
                "{0} BUILD_DEPENDENCY_OF {1}"),
            ("docker.io/library/debian:12", $"pkg:oci/debian@sha256:{Hex}?arch=amd64&repository_url=docker.io%2Flibrary%2Fdebian&tag=12",
                "{1} DESCENDANT_OF {0}"),
            ("docker.io/library/golang:1", $"pkg:oci/golang@sha256:{Hex}?arch=amd64&repository_url=docker.io%2Flibrary%2Fgolang&tag=1",
                "{0} BUILD_DEPENDENCY_OF {1}"),
        ];
        foreach ((string name, string purl, string relationship) in expected)
        {
            Assert.AreEqual(purl, SbomReader.Purl(SbomReader.Package(sbom.Json, name)));
            Assert.Contains(string.Format(null, relationship, Id(name), subject), relationships);
        }

        Assert.DoesNotContain("secret", Encoding.UTF8.GetString(sbom.Json));

        string Id(string name) => SbomReader.Package(sbom.Json, name).GetProperty("SPDXID").GetString()!;
    }

    [TestMethod]
    public async Task The_document_is_valid_SPDX()
    {
        using var image = new TestImage(
            new TestLayer()
                .File("etc/os-release", Dpkg.OsRelease)
                .Status("libstdc++6 12.2.0-14", "libstdc--6 1", "a+b 1:2", "bash 5.2-1")
                .File("usr/share/doc/bash/copyright", "Format: copyright-format/1.0\n\nFiles: *\nLicense: weird! or \"quoted\"\n  <text> & more\n"));
        SpdxRules.Check((await image.GenerateAsync(Full)).Json);
    }

    [TestMethod]
    public async Task The_namespace_is_the_manifest_s_and_changes_with_the_content()
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1"));
        string first = await NamespaceAsync(TestImage.Request);
        Assert.Contains(image.Manifest.Digest.Hex, first);
        Assert.AreEqual(first, await NamespaceAsync(TestImage.Request));
        Assert.AreNotEqual(first, await NamespaceAsync(Full));

        async Task<string> NamespaceAsync(SbomRequest request) =>
            SbomReader.Parse((await image.GenerateAsync(request)).Json).GetProperty("documentNamespace").GetString()!;
    }

    [TestMethod]
    public async Task Created_is_what_is_given_in_UTC()
    {
        using var image = new TestImage();
        byte[] json = (await image.GenerateAsync(TestImage.Request with { Created = new DateTimeOffset(1980, 1, 1, 2, 0, 0, TimeSpan.FromHours(2)) })).Json;
        JsonElement creation = SbomReader.Parse(json).GetProperty("creationInfo");
        Assert.AreEqual("1980-01-01T00:00:00Z", creation.GetProperty("created").GetString());
        Assert.MatchesRegex(new Regex("^Tool: Devcontainer\\.Sdk-[0-9][0-9A-Za-z.-]*$"), creation.GetProperty("creators")[0].GetString()!);
    }

    [TestMethod]
    public void The_order_of_files_packages_and_runs_never_changes_a_byte()
    {
        // Which layers, packages and files there are, and in which order the tar has them.
        Gen<(int[] Packages, int Layers, int Seed)> gen =
            from packages in Gen.ArrayOf(Gen.Choose(0, 40))
            from layers in Gen.Choose(1, 4)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select (packages, layers, seed);
        Prop.ForAll(gen.ToArbitrary(), sample =>
        {
            byte[] first = Generate(sample.Packages, sample.Layers, new Random(sample.Seed));
            byte[] second = Generate(sample.Packages, sample.Layers, new Random(sample.Seed + 1));
            SpdxRules.Check(first);
            Assert.IsTrue(first.AsSpan().SequenceEqual(second));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    // An image whose layers have the same files each time but in another order; the manifest's digest would differ, so it is left out.
    private static byte[] Generate(int[] packages, int layers, Random random)
    {
        string[] names = [.. packages.Distinct().Select(p => $"p{p} {p}.0")];
        using var image = new TestImage();
        var facts = new LayerFacts[layers];
        for (int i = 0; i < layers; i++)
        {
            List<(string Path, string Content)> files =
            [
                ("etc/os-release", Dpkg.OsRelease),
                ("var/lib/dpkg/status", Dpkg.Status(Shuffled(names.Where(n => n.Length % layers <= i), random))),
                .. names.Select(n => ($"usr/share/doc/{n.Split(' ')[0]}/copyright", $"Format: dep5\n\nFiles: *\nLicense: L{n.Length % 3}\n text {i}\n")),
                .. names.Select(n => ($"var/lib/dpkg/status.d/{n.Split(' ')[0]}", Dpkg.Status(n + "-1"))),
            ];
            var layer = new TestLayer();
            foreach ((string path, string content) in Shuffled(files, random))
            {
                layer.File(path, content);
            }

            using LayerReader reader = LayerReader.Open(new MemoryStream(layer.ToBytes()), "test");
            facts[i] = LayerFacts.Read(reader, i, SbomGenerator.Choose, withPrograms: true, CancellationToken.None);
        }

        return SbomDocument.Create(image.Manifest, Full, SbomGenerator.Catalog(new ImageFiles(facts))).Json;
    }

    private static T[] Shuffled<T>(IEnumerable<T> items, Random random)
    {
        T[] array = [.. items];
        random.Shuffle(array);
        return array;
    }
}

/// <summary>What SPDX 2.3 demands of a document like ours (its JSON schema, and clauses 6, 7, 10, 11 and annex D).</summary>
internal static partial class SpdxRules
{
    private static readonly string[] RelationshipTypes = ["DESCRIBES", "CONTAINS", "BUILD_DEPENDENCY_OF", "DESCENDANT_OF"];

    internal static void Check(byte[] json)
    {
        JsonElement root = SbomReader.Parse(json);
        CheckProperties(
            root,
            ["spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "relationships"],
            ["hasExtractedLicensingInfos"]);
        Assert.AreEqual("SPDX-2.3", root.GetProperty("spdxVersion").GetString());
        Assert.AreEqual("CC0-1.0", root.GetProperty("dataLicense").GetString());
        Assert.AreEqual("SPDXRef-DOCUMENT", root.GetProperty("SPDXID").GetString());
        var ns = new Uri(root.GetProperty("documentNamespace").GetString()!, UriKind.Absolute);
        Assert.IsEmpty(ns.Fragment);

        var ids = new HashSet<string> { "SPDXRef-DOCUMENT" };
        var licenses = new HashSet<string>();
        if (root.TryGetProperty("hasExtractedLicensingInfos", out JsonElement extracted))
        {
            foreach (JsonElement license in extracted.EnumerateArray())
            {
                CheckProperties(license, ["licenseId", "name", "extractedText"], []);
                Assert.MatchesRegex(LicenseId(), license.GetProperty("licenseId").GetString()!);
                Assert.AreNotEqual("", license.GetProperty("extractedText").GetString());
                Assert.IsTrue(licenses.Add(license.GetProperty("licenseId").GetString()!));
            }
        }

        var used = new HashSet<string>();
        foreach (JsonElement package in root.GetProperty("packages").EnumerateArray())
        {
            CheckPackage(package, used);
            Assert.IsTrue(ids.Add(package.GetProperty("SPDXID").GetString()!), package.GetProperty("SPDXID").GetString());
        }

        Assert.IsTrue(licenses.SetEquals(used), "extracted licences are those used");
        var related = new HashSet<string>();
        foreach (JsonElement relationship in root.GetProperty("relationships").EnumerateArray())
        {
            CheckProperties(relationship, ["spdxElementId", "relationshipType", "relatedSpdxElement"], []);
            Assert.Contains(relationship.GetProperty("relationshipType").GetString(), RelationshipTypes);
            foreach (string end in (string[])["spdxElementId", "relatedSpdxElement"])
            {
                string id = relationship.GetProperty(end).GetString()!;
                Assert.Contains(id, ids);
                related.Add(id);
            }

            Assert.IsTrue(related.Add(relationship.GetRawText()), "each relationship once");
        }

        Assert.IsTrue(ids.IsSubsetOf(related), "nothing stands alone");
    }

    private static void CheckPackage(JsonElement package, HashSet<string> usedLicenses)
    {
        CheckProperties(
            package,
            ["SPDXID", "name", "downloadLocation", "filesAnalyzed", "licenseConcluded", "licenseDeclared", "copyrightText", "supplier"],
            ["versionInfo", "homepage", "sourceInfo", "summary", "primaryPackagePurpose", "checksums", "externalRefs"]);
        Assert.MatchesRegex(ElementId(), package.GetProperty("SPDXID").GetString()!);
        Assert.AreNotEqual("", package.GetProperty("name").GetString());
        Assert.IsFalse(package.GetProperty("filesAnalyzed").GetBoolean());
        Assert.MatchesRegex(Supplier(), package.GetProperty("supplier").GetString()!);
        string location = package.GetProperty("downloadLocation").GetString()!;
        Assert.IsTrue(location == "NOASSERTION" || Uri.TryCreate(location, UriKind.Absolute, out _), location);
        if (package.TryGetProperty("homepage", out JsonElement homepage))
        {
            Assert.IsTrue(Uri.TryCreate(homepage.GetString(), UriKind.Absolute, out _));
        }

        if (package.TryGetProperty("primaryPackagePurpose", out JsonElement purpose))
        {
            Assert.Contains(purpose.GetString(), (string?[])["CONTAINER", "OPERATING_SYSTEM", "INSTALL"]);
        }

        string expression = package.GetProperty("licenseDeclared").GetString()!;
        if (expression != "NOASSERTION")
        {
            CheckExpression(expression, usedLicenses);
        }

        if (package.TryGetProperty("externalRefs", out JsonElement references))
        {
            foreach (JsonElement reference in references.EnumerateArray())
            {
                CheckProperties(reference, ["referenceCategory", "referenceType", "referenceLocator"], []);
                Assert.AreEqual("PACKAGE-MANAGER", reference.GetProperty("referenceCategory").GetString());
                Assert.AreEqual("purl", reference.GetProperty("referenceType").GetString());
                Assert.MatchesRegex(Purl(), reference.GetProperty("referenceLocator").GetString()!);
            }
        }

        if (package.TryGetProperty("checksums", out JsonElement checksums))
        {
            foreach (JsonElement checksum in checksums.EnumerateArray())
            {
                CheckProperties(checksum, ["algorithm", "checksumValue"], []);
                Assert.MatchesRegex(Sha256(), checksum.GetProperty("checksumValue").GetString()!);
            }
        }
    }

    // Operators stand between operands, parentheses match, and every operand is a licence that exists.
    private static void CheckExpression(string expression, HashSet<string> used)
    {
        int depth = 0;
        bool wantsOperand = true;
        string before = "";
        foreach (string token in expression.Replace("(", "( ", StringComparison.Ordinal).Replace(")", " )", StringComparison.Ordinal).Split(' '))
        {
            switch (token)
            {
                case "(":
                    Assert.IsTrue(wantsOperand, expression);
                    depth++;
                    break;
                case ")":
                    Assert.IsFalse(wantsOperand, expression);
                    Assert.IsGreaterThanOrEqualTo(0, --depth);
                    break;
                case "AND" or "OR":
                    Assert.IsFalse(wantsOperand, expression);
                    wantsOperand = true;
                    break;
                case "WITH":
                    Assert.IsNotNull(SpdxLicenses.Find(before.TrimEnd('+')), expression);
                    break;
                case var exception when before == "WITH":
                    Assert.AreEqual(exception, SpdxLicenses.FindException(exception));
                    break;
                default:
                    Assert.IsTrue(wantsOperand, expression);
                    wantsOperand = false;
                    if (token.StartsWith("LicenseRef-", StringComparison.Ordinal))
                    {
                        used.Add(token);
                    }
                    else
                    {
                        Assert.AreEqual(token.TrimEnd('+'), SpdxLicenses.Find(token.TrimEnd('+')));
                    }

                    break;
            }

            before = token;
        }

        Assert.IsFalse(wantsOperand, expression);
        Assert.AreNotEqual("WITH", before, expression);
        Assert.AreEqual(0, depth, expression);
    }

    private static void CheckProperties(JsonElement element, string[] required, string[] optional)
    {
        string[] names = [.. element.EnumerateObject().Select(p => p.Name)];
        CollectionAssert.AllItemsAreUnique(names);
        Assert.IsEmpty(required.Except(names));
        Assert.IsEmpty(names.Except(required).Except(optional));
    }

    [GeneratedRegex("^SPDXRef-[A-Za-z0-9.-]+$")]
    private static partial Regex ElementId();

    [GeneratedRegex("^LicenseRef-[A-Za-z0-9.-]+$")]
    private static partial Regex LicenseId();

    [GeneratedRegex("^(NOASSERTION|(Person|Organization): .+)$")]
    private static partial Regex Supplier();

    [GeneratedRegex(@"^pkg:[a-z][a-z0-9.-]*(/[A-Za-z0-9._~:%-]+)+(@[A-Za-z0-9._~:%-]+)?(\?[a-z_]+=[A-Za-z0-9._~:%-]+(&[a-z_]+=[A-Za-z0-9._~:%-]+)*)?$")]
    private static partial Regex Purl();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Sha256();
}
