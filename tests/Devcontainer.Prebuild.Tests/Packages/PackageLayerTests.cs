using System.Formats.Tar;
using System.IO.Compression;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Packages;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Packages;

[TestClass]
public sealed class PackageLayerTests
{
    private const string Root = "usr/local/share/nuget/packages/";

    [TestMethod]
    public void It_has_what_a_restore_reads_and_nothing_of_where_it_came_from()
    {
        using var folder = new PackagesFolder();
        NuGetPackage package = folder.Add(
            "Some.Package",
            "1.0.0",
            ("lib/net10.0/Some.Package.dll", "dll"),
            ("tools/run me.sh", "#!/bin/sh"),
            ("lib%2Bx/a%20b.txt", "escaped"),
            ("_rels/.rels", "x"),
            ("package/services/metadata/core-properties/1.psmdcp", "x"),
            ("[Content_Types].xml", "x"),
            (".signature.p7s", "x"));
        using var layouts = new TestFolder();
        (string Path, int Mode, string Content)[] files = Read(layouts, package);
        CollectionAssert.AreEquivalent(
            new[]
            {
                "some.package.nuspec", "lib/net10.0/Some.Package.dll", "tools/run me.sh", "lib+x/a b.txt", ".nupkg.metadata",
            },
            files.Select(static file => file.Path[(Root.Length + "some.package/1.0.0/".Length)..]).ToArray());
        Assert.IsTrue(files.All(static file => file.Mode == 0x1ED));
        string metadata = files.Single(static file => file.Path.EndsWith(".nupkg.metadata", StringComparison.Ordinal)).Content;
        Assert.AreEqual($$"""{"version":2,"contentHash":"{{package.ReadContentHash()}}","source":null}""", System.Text.RegularExpressions.Regex.Unescape(metadata));
        Assert.DoesNotContain("secret", string.Concat(files.Select(static file => file.Content)));
    }

    [TestMethod]
    public void The_same_packages_are_the_same_bytes_wherever_they_are()
    {
        using var one = new PackagesFolder();
        using var two = new PackagesFolder();
        using var layouts = new TestFolder();
        Digest first = Write(layouts["1"], one.Add("A", "1.0.0", ("a", "1"), ("b", "2"))).Digest;
        File.WriteAllText(Path.Combine(two.Path, "stray"), "");
        Digest second = Write(layouts["2"], two.Add("A", "1.0.0", ("b", "2"), ("a", "1"))).Digest;

        // Its archive is another file, with the same content: the layer is sorted.
        PackageLayer a = PackageLayer.Spread([new NuGetPackage("a", "1.0.0", Path.Combine(one.Path, "a", "1.0.0"))]).Single();
        PackageLayer b = PackageLayer.Spread([new NuGetPackage("a", "1.0.0", Path.Combine(two.Path, "a", "1.0.0"))]).Single();
        Assert.AreNotEqual(a.Key, b.Key, "another archive has another hash");
        Assert.AreNotEqual(first, second, "and the hash is in the layer");
        Assert.AreEqual(first, Write(layouts["3"], new NuGetPackage("a", "1.0.0", Path.Combine(one.Path, "a", "1.0.0"))).Digest);
    }

    [TestMethod]
    public void A_package_stays_in_its_layer_whatever_becomes_of_others()
    {
        using var folder = new PackagesFolder();
        NuGetPackage[] packages = [.. Enumerable.Range(0, 200).Select(number => folder.Add($"P{number:000}", "1.0.0")).OrderBy(static package => package.Name, StringComparer.Ordinal)];
        IReadOnlyList<PackageLayer> before = PackageLayer.Spread(packages);
        Assert.IsLessThanOrEqualTo(PackageLayer.Buckets, before.Count);
        Assert.IsGreaterThan(PackageLayer.Buckets - 4, before.Count, "200 packages are in nearly all of them");

        // One package changes its version, one goes: each takes one layer with it.
        NuGetPackage[] after = [.. packages.Where(static package => package.Id is not ("p007" or "p100")).Append(folder.Add("P007", "1.0.1")).OrderBy(static package => package.Name, StringComparer.Ordinal)];
        string[] changed = [.. PackageLayer.Spread(after).Select(static layer => layer.Key).Except(before.Select(static layer => layer.Key))];
        Assert.IsLessThanOrEqualTo(2, changed.Length);
        Assert.IsGreaterThan(0, changed.Length);
    }

    [TestMethod]
    public void Packages_for_one_platform_have_a_layer_of_their_own()
    {
        using var folder = new PackagesFolder();
        NuGetPackage shared = folder.Add("A", "1.0.0");
        IReadOnlyList<PackageLayer> amd64 = PackageLayer.Spread([shared, folder.Add("X.Host.linux-x64", "1.0.0")]);
        IReadOnlyList<PackageLayer> arm64 = PackageLayer.Spread([shared, folder.Add("X.Host.linux-arm64", "1.0.0")]);
        Assert.AreEqual(amd64[0].Key, arm64[0].Key);
        Assert.AreNotEqual(amd64[1].Key, arm64[1].Key);
        Assert.AreEqual("NuGet packages for this platform", amd64[^1].Name);
    }

    [TestMethod]
    [DataRow("an archive that was changed")]
    [DataRow("an archive that is cut off")]
    [DataRow("no archive")]
    [DataRow("no hash")]
    public void A_package_that_is_not_what_its_hash_says_is_an_error_and_leaves_no_layer(string what)
    {
        using var folder = new PackagesFolder();
        using var layouts = new TestFolder();
        NuGetPackage package = folder.Add("A", "1.0.0", ("a", new string('x', 10_000)));
        byte[] archive = File.ReadAllBytes(package.Archive);
        switch (what)
        {
            case "an archive that was changed":
                archive[100] ^= 1;
                File.WriteAllBytes(package.Archive, archive);
                break;
            case "an archive that is cut off":
                File.WriteAllBytes(package.Archive, archive[..(archive.Length / 2)]);
                File.WriteAllText(package.Archive + ".sha512", Convert.ToBase64String(System.Security.Cryptography.SHA512.HashData(archive.AsSpan(0, archive.Length / 2))));
                break;
            case "no archive":
                File.Delete(package.Archive);
                break;
            default:
                File.Delete(package.Archive + ".sha512");
                break;
        }

        Errors.Expect(Codes.PackageDamaged, () => Write(layouts["layout"], package));
        Assert.IsEmpty(Directory.EnumerateFiles(layouts["layout/blobs"], "*", SearchOption.AllDirectories));
    }

    /// <summary>NuGet's own folders on this machine are the oracle: the layer has their files, byte for byte.</summary>
    [TestMethod]
    [DataRow("fscheck")]
    [DataRow("yamldotnet")]
    [DataRow("mstest.analyzers")]
    public void It_has_what_NuGet_unpacks(string id)
    {
        string root = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string version = Directory.EnumerateDirectories(Path.Combine(root, id)).Select(Path.GetFileName).Order(StringComparer.Ordinal).First()!;
        var package = new NuGetPackage(id, version, Path.Combine(root, id, version));
        using var layouts = new TestFolder();
        string prefix = $"{Root}{id}/{version}/";
        string[] made = [.. Read(layouts, package).Select(file => file.Path[prefix.Length..]).Order(StringComparer.Ordinal)];
        string[] unpacked =
        [
            .. Directory.EnumerateFiles(package.Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(package.Folder, file).Replace('\\', '/'))
                .Where(static file => !file.EndsWith(".nupkg", StringComparison.Ordinal) && !file.EndsWith(".sha512", StringComparison.Ordinal) && file != ".signature.p7s")
                .Order(StringComparer.Ordinal),
        ];
        CollectionAssert.AreEqual(unpacked, made);
        Assert.IsGreaterThan(3, made.Length);
    }

    /// <summary>Which of the two an SBOM is made of depends on whether the image is made or found; its text does not.</summary>
    [TestMethod]
    public async Task A_package_is_listed_as_reading_the_layer_lists_it()
    {
        using var folder = new PackagesFolder();
        NuGetPackage package = folder.Add("Some.Package", "1.2.3-beta");
        using var layouts = new TestFolder();
        Descriptor layer = Write(layouts["layout"], package);
        IReadOnlyList<ImagePackage> read = await SbomGenerator.ReadPackagesAsync(OciLayout.Open(layouts["layout"]), [layer], CancellationToken.None);
        Assert.AreEqual(NuGetManifest.Describe(package, PackageLayer.Folder), read.Single());
    }

    private static Descriptor Write(string layout, NuGetPackage package)
    {
        Directory.CreateDirectory(layout);
        return PackageLayer.Spread([package]).Single().Write(OciLayout.Create(layout), CancellationToken.None).Layer;
    }

    private static (string Path, int Mode, string Content)[] Read(TestFolder layouts, NuGetPackage package)
    {
        Directory.CreateDirectory(layouts["layout"]);
        var layout = OciLayout.Create(layouts["layout"]);
        (Descriptor blob, _) = PackageLayer.Spread([package]).Single().Write(layout, CancellationToken.None);
        using var tar = new TarReader(new GZipStream(layout.OpenBlob(blob), CompressionMode.Decompress));
        var files = new List<(string, int, string)>();
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile)
            {
                using var content = new StreamReader(entry.DataStream ?? Stream.Null);
                files.Add((entry.Name, (int)entry.Mode, content.ReadToEnd()));
            }
        }

        return [.. files];
    }
}
