using System.Text;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

/// <summary>Files that tell of one package may be anything: none fails a build, takes it down or leaves out other packages.</summary>
[TestClass]
public sealed class DamagedPackageFilesTests
{
    private static readonly string Deep = string.Concat(Enumerable.Repeat("<a>", 500_000));

    private static readonly byte[][] Contents =
    [
        .. new[]
        {
            "", "[]", "{", "{}", "5", "null", "\0\0\0\0", """{ "name": 5, "version": [] }""", """{ "name": "a", "version": "\ud800" }""",
            """{ "libraries": { "a/1": 5, "/": {} }, "targets": { "x": [] } }""", """{ "\ud800": 1, "name": "a", "version": "1", "lic\u0065nse": "\udc00" }""",
            """{ "libraries": { "\ud800/1": { "type": "package" } }, "targets": { "x": { "\ud800/1": { "runtime": { "a": {} } } } } }""",
            """{ "name": "a\u0000b", "version": "1" }""", """{ "name": "a", "version": "1\u001b[2J" }""", "Name: a\0b\nVersion: 1\n", "Name: \nVersion: 1\n",
            $$"""{ "name": "{{new string('a', 300)}}", "version": "1" }""", $"Name: a\nVersion: {new string('1', 300)}\n",
            "<package/>", "<package><metadata/></package>", "<package><metadata><id><b/></id></metadata></package>", "<package><metadata><id>b</id></metadata></package>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><package>&b;</package>", "<?xml version=\"1.0\" encoding=\"none-such\"?><package/>",
            new string('[', 100_000), "{\"a\":" + new string('[', 100_000), "<package>" + Deep, "<package><metadata><id>" + Deep, "<package><metadata>" + Deep,
        }.Select(Encoding.UTF8.GetBytes),
        [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D], [0xFF, 0xFE, 0x3C, 0x00], [.. "{\"name\":\"a\",\"version\":\""u8, 0xC3, 0x28, .. "\"}"u8],
    ];

    [TestMethod]
    [DataRow("app/App.deps.json")]
    [DataRow("node_modules/a/package.json")]
    [DataRow("lib/a-1.dist-info/METADATA")]
    [DataRow("nuget/a/1.0.0/a.nuspec")]
    public async Task A_damaged_file_is_skipped(string path)
    {
        for (int i = 0; i < Contents.Length; i++)
        {
            using var image = new TestImage(new TestLayer().File(path, Contents[i]).Status("bash 5.2-1"));
            byte[] json = (await image.GenerateAsync()).Json;
            CollectionAssert.AreEqual(new[] { "pkg:deb/debian/bash@5.2-1?arch=amd64" }, SbomReader.Purls(json), $"content {i}");
        }
    }

    /// <summary>Bytes changed, cut out and put in at random: whatever comes of it, reading it ends.</summary>
    [TestMethod]
    [DataRow(
        "app/App.deps.json",
        """{"targets":{"x":{"A/1.0.0":{"runtime":{"a.dll":{}}}}},"libraries":{"A/1.0.0":{"type":"package"},"\u00e9/1":{"type":"package"}}}""")]
    [DataRow("node_modules/a/package.json", """{"name":"@a/b","version":"1.0.0","author":{"name":"\u00e9","email":"a@b"},"licenses":[{"type":"MIT"}],"homepage":"https://a"}""")]
    [DataRow("lib/a-1.dist-info/METADATA", "Name: a\nVersion: 1\nAuthor-email: A <a@b>\nProject-URL: Homepage, https://a\nLicense: (MIT OR ISC) AND Zlib\n\n")]
    [DataRow("nuget/a/1.0.0/a.nuspec", """<?xml version="1.0" encoding="utf-8"?><package xmlns="x"><metadata><id>a</id><license type="expression">MIT</license></metadata></package>""")]
    [DataRow("lib/apk/db/installed", "P:a\nV:1\nL:MIT\nm:A <a@b>\n\nP:b\nV:2\n\n")]
    public void A_file_damaged_at_random_is_read_or_skipped(string path, string whole)
    {
        (IPackageCataloger cataloger, _) = SbomGenerator.Choose(path)!.Value;
        byte[] valid = Encoding.UTF8.GetBytes(whole);
        Assert.IsNotNull(cataloger.Read(path, valid));
        var random = new Random(20);
        int other = 0;
        for (int i = 0; i < 3000; i++)
        {
            var content = valid.ToList();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                int at = random.Next(content.Count);
                switch (random.Next(3))
                {
                    case 0:
                        content[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        content.RemoveRange(at, Math.Min(random.Next(1, 9), content.Count - at - 1));
                        break;
                    default:
                        content.InsertRange(at, [.. valid.Skip(random.Next(valid.Length)).Take(random.Next(1, 9))]);
                        break;
                }
            }

            other += cataloger.Read(path, content.ToArray()) is null or Unreadable ? 1 : 0;
        }

        Assert.IsGreaterThan(100, other);
    }

    [TestMethod]
    [DataRow(PackageFileCataloger.LargestFile + 1)]
    [DataRow(LayerFacts.LargestFile + 1)]
    public async Task A_huge_file_is_skipped_wherever_a_link_to_it_is(int length)
    {
        // Else a package: only its size is wrong.
        byte[] content = new byte[length];
        content.AsSpan().Fill((byte)' ');
        """{ "name": "a", "version": "1" }"""u8.CopyTo(content);
        using var image = new TestImage(
            new TestLayer().File("node_modules/a/package.json", content).File("store/a", content)
                .HardLink("node_modules/b/package.json", "node_modules/a/package.json").HardLink("node_modules/c/package.json", "store/a")
                .SymbolicLink("node_modules/d/package.json", "../a/package.json").Status("bash 5.2-1"));
        Assert.AreEqual(1, (await image.GenerateAsync()).PackageCount);
    }

    [TestMethod]
    public async Task A_file_as_large_as_one_may_be_is_read()
    {
        byte[] content = new byte[PackageFileCataloger.LargestFile];
        content.AsSpan().Fill((byte)' ');
        """{ "name": "a", "version": "1" }"""u8.CopyTo(content);
        using var image = new TestImage(new TestLayer().File("node_modules/a/package.json", content));
        Assert.AreEqual(1, (await image.GenerateAsync()).PackageCount);
    }

    [TestMethod]
    public async Task Links_that_lead_nowhere_or_in_a_circle_are_skipped()
    {
        using var image = new TestImage(
            new TestLayer().SymbolicLink("node_modules/a/package.json", "../b/package.json").SymbolicLink("node_modules/b/package.json", "../a/package.json")
                .HardLink("node_modules/c/package.json", "nowhere").Status("bash 5.2-1"));
        Assert.AreEqual(1, (await image.GenerateAsync()).PackageCount);
    }
}
