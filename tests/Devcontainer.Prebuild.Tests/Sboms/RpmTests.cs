using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Sboms;
using Devcontainer.Prebuild.Sboms.Rpm;

namespace Devcontainer.Prebuild.Tests.Sboms;

/// <summary>
/// rpm's databases. <c>rpmdb.sqlite</c> was written by rpm 4.18 (42 packages, one of them with so many files that its header takes several pages, one erased again),
/// <c>packages.txt</c> is what <c>rpm -qa</c> lists of it; <c>Packages</c> has the same headers, put there by Berkeley DB's own db5.3_load.
/// </summary>
[TestClass]
public sealed class RpmTests
{
    private const string Fedora = "ID=fedora\nVERSION_ID=42\n";

    [TestMethod]
    [DataRow("usr/lib/sysimage/rpm/rpmdb.sqlite")]
    [DataRow("var/lib/rpm/rpmdb.sqlite")]
    [DataRow("var/lib/rpm/Packages")]
    [DataRow("usr/lib/sysimage/rpm/Packages.db")]
    public async Task The_packages_are_those_that_rpm_lists(string path)
    {
        using var image = new TestImage(new TestLayer().File("etc/os-release", Fedora).File(path, Content(path)));
        string[] expected = [.. (await File.ReadAllLinesAsync(Fixture("packages.txt"))).Select(static line => line.Split(' ')).Select(static fields =>
            $"pkg:rpm/fedora/{fields[0]}@{fields[2]}?arch={fields[3]}&distro=fedora-42{(fields[1] == "(none)" ? "" : $"&epoch={fields[1]}")}&upstream={fields[4]}").Order(StringComparer.Ordinal)];
        Assert.HasCount(42, expected);
        byte[] sbom = (await image.GenerateAsync()).Json;
        CollectionAssert.AreEqual(expected, SbomReader.Purls(sbom));
        JsonElement beta = SbomReader.Package(sbom, "beta");
        Assert.AreEqual(("2:1.4-5.test", "Apache-2.0", "built package from: alpha-1.2.3-5.test.src.rpm"), (beta.GetProperty("versionInfo").GetString(), beta.GetProperty("licenseDeclared").GetString(), beta.GetProperty("sourceInfo").GetString()));
        JsonElement alpha = SbomReader.Package(sbom, "alpha");
        Assert.AreEqual(("https://example.com/alpha", "The package alpha", "Organization: Example Ltd"), (alpha.GetProperty("homepage").GetString(), alpha.GetProperty("summary").GetString(), alpha.GetProperty("supplier").GetString()));
    }

    [TestMethod]
    public async Task A_folder_that_is_a_link_is_followed_and_keys_are_no_packages()
    {
        byte[] key = Header(("gpg-pubkey", "8a3872bf", "1"));
        using var image = new TestImage(
            new TestLayer().File("etc/os-release", Fedora).Directory("usr/lib/sysimage/rpm").File("usr/lib/sysimage/rpm/Packages.db", Ndb([key, Header(("one", "1", "2"))])),
            new TestLayer().SymbolicLink("var/lib/rpm", "../../usr/lib/sysimage/rpm"));
        CollectionAssert.AreEqual(new[] { "pkg:rpm/fedora/one@1-2?distro=fedora-42" }, SbomReader.Purls((await image.GenerateAsync()).Json));
    }

    [TestMethod]
    public async Task A_log_with_changes_in_it_is_an_error_and_an_empty_one_is_none()
    {
        byte[] database = Content("rpmdb.sqlite");
        using var image = new TestImage(new TestLayer().File("var/lib/rpm/rpmdb.sqlite", database).File("var/lib/rpm/rpmdb.sqlite-wal", "frames"));
        Diagnostic error = await Errors.ExpectAsync(Codes.PackageListUnreadable, () => image.GenerateAsync());
        Assert.Contains("rpmdb.sqlite-wal", error.Message);
        using var written = new TestImage(new TestLayer().File("var/lib/rpm/rpmdb.sqlite", database).File("var/lib/rpm/rpmdb.sqlite-wal", ""));
        Assert.HasCount(42, SbomReader.Purls((await written.GenerateAsync()).Json));
    }

    /// <summary>A list that may lack something is worse than none; and no file makes it take for ever, or memory without end.</summary>
    [TestMethod]
    [DataRow("rpmdb.sqlite")]
    [DataRow("Packages")]
    [DataRow("Packages.db")]
    public void A_damaged_database_is_an_error_or_says_what_it_can(string name)
    {
        var random = new Random(11);
        byte[] whole = Content(name);
        int errors = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = [.. whole];
            for (int j = 0; j < 1 + (i % 8); j++)
            {
                damaged[random.Next(i % 2 == 0 ? 4096 : damaged.Length)] = (byte)random.Next(256);
            }

            int length = i % 5 == 0 ? random.Next(damaged.Length) : damaged.Length;
            errors += new RpmCataloger().Read($"var/lib/rpm/{name}", damaged.AsSpan(0, length)) is Unreadable ? 1 : 0;
        }

        Assert.IsGreaterThan(50, errors);
        Assert.IsInstanceOfType<Unreadable>(new RpmCataloger().Read($"var/lib/rpm/{name}", []));
        Assert.IsInstanceOfType<Unreadable>(new RpmCataloger().Read($"var/lib/rpm/{name}", new byte[100_000]));
    }

    private static byte[] Content(string path)
    {
        string name = Path.GetFileName(path);
        if (name == "Packages.db")
        {
            return Ndb(SqliteTable.Blobs(Content("rpmdb.sqlite"), "Packages"));
        }

        using var file = new GZipStream(File.OpenRead(Fixture(name + ".gz")), CompressionMode.Decompress);
        using var content = new MemoryStream();
        file.CopyTo(content);
        return content.ToArray();
    }

    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Sboms", "Rpm", name);

    /// <summary>A database as rpm's own backend lays it out: slots in the first page, blobs in blocks of 16 bytes behind it.</summary>
    private static byte[] Ndb(List<byte[]> headers)
    {
        byte[] page = new byte[4096];
        "RpmP"u8.CopyTo(page);
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(12), 1);
        using var file = new MemoryStream();
        file.Write(page);
        for (int slot = 2; slot < 256; slot++)
        {
            Span<byte> at = page.AsSpan(slot * 16, 16);
            "Slot"u8.CopyTo(at);
            if (slot - 2 >= headers.Count)
            {
                continue;
            }

            byte[] header = headers[slot - 2];
            int package = slot + 40;
            BinaryPrimitives.WriteInt32LittleEndian(at[4..], package);
            BinaryPrimitives.WriteInt32LittleEndian(at[8..], (int)file.Position / 16);
            byte[] head = new byte[16];
            "BlbS"u8.CopyTo(head);
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), package);
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), header.Length);
            file.Write(head);
            file.Write(header);
            file.Write(new byte[12]);
            file.Write(new byte[(16 - (file.Position % 16)) % 16]);
        }

        file.Position = 0;
        file.Write(page);
        return file.ToArray();
    }

    private static byte[] Header((string Name, string Version, string Release) package)
    {
        byte[] store = Encoding.UTF8.GetBytes($"{package.Name}\0{package.Version}\0{package.Release}\0");
        using var header = new MemoryStream();
        foreach (int number in (int[])[3, store.Length, 1000, 6, 0, 1, 1001, 6, package.Name.Length + 1, 1, 1002, 6, package.Name.Length + package.Version.Length + 2, 1])
        {
            byte[] bytes = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, number);
            header.Write(bytes);
        }

        header.Write(store);
        return header.ToArray();
    }
}
