using System.Formats.Tar;
using System.Security.Cryptography;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Appending;
using Devcontainer.Prebuild.Tests.Sboms;
using Devcontainer.Prebuild.Toolchain;

namespace Devcontainer.Prebuild.Tests.Toolchain;

[TestClass]
public sealed class ToolchainLayerTests
{
    [TestMethod]
    public void A_layer_has_what_the_archive_has_for_every_user_and_the_command()
    {
        using var folder = new TemporaryFolder();
        (Descriptor blob, ArchiveContent content) = Write(folder, DotNetFeedServer.SmallSdk("10.0.401", "10.0.12", static tar =>
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "./sdk/link") { LinkName = "10.0.401" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "./dnx") { LinkName = "dotnet" });
        }));
        using LayerReader reader = LayerReader.Open(OciLayout.Create(folder["layout"]).OpenBlob(blob), "layer");
        var found = new List<string>();
        while (reader.ReadNext() is { } entry)
        {
            Assert.AreEqual((0, 0), (entry.Uid, entry.Gid));
            if (entry.Kind != EntryKind.Directory)
            {
                found.Add($"{entry.Path} {Convert.ToString(entry.Mode, 8)} {entry.LinkTarget}".Trim());
            }
        }

        CollectionAssert.AreEqual(
            new[]
            {
                "usr/local/bin/dotnet 777 /usr/share/dotnet/dotnet",
                "usr/share/dotnet/dnx 755", "usr/share/dotnet/dotnet 755", "usr/share/dotnet/host/fxr/10.0.12/libhostfxr.so 644",
                "usr/share/dotnet/sdk/10.0.401/dotnet.dll 644", "usr/share/dotnet/sdk/link 777 10.0.401",
            },
            found.Order(StringComparer.Ordinal).ToArray());
        CollectionAssert.AreEquivalent(
            new[] { "pkg:generic/dotnet-sdk@10.0.401", "pkg:generic/dotnet-hostfxr@10.0.12" }, content.Packages.Select(static package => package.Purl).ToArray());
    }

    [TestMethod]
    public void The_same_content_is_the_same_layer_however_it_was_packed()
    {
        using var folder = new TemporaryFolder();
        byte[] archive = DotNetFeedServer.SmallSdk("10.0.401", "10.0.12");
        byte[] other = DotNetFeedServer.SmallSdk("10.0.401", "10.0.12", static tar => tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "./empty")));
        Assert.AreEqual(Write(folder, archive).Blob.Digest, Write(folder, other).Blob.Digest);
    }

    [TestMethod]
    public void What_is_no_archive_of_dotnet_is_an_error()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = DotNetFeedServer.SmallSdk("10.0.401", "10.0.12");
        byte[][] bad =
        [
            [1, 2, 3], whole[..^20],
            DotNetFeedServer.SmallSdk("10.0.401", "10.0.12", static tar => tar.WriteEntry(new PaxTarEntry(TarEntryType.Fifo, "./pipe"))),
            DotNetFeedServer.SmallSdk("10.0.401", "10.0.12", static tar => tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "./passwords") { LinkName = "etc/passwd" })),
            DotNetFeedServer.SmallSdk("10.0.401", "10.0.12", static tar => DotNetFeedServer.Write(tar, "../escape", "x", UnixFileMode.UserRead)),
        ];
        foreach (byte[] archive in bad)
        {
            Errors.Expect(Codes.ArchiveWrong, () => Write(folder, archive));
        }

        Assert.IsFalse(File.Exists(folder["escape"]));
    }

    [TestMethod]
    [DataRow("PATH=/bin", "FOO=1", true, "")]
    [DataRow("FOO=1", "DOTNET_SDK_VERSION=10.0.200", false, "10.0.200")]
    public void What_an_image_without_an_sbom_has_is_told_by_its_variables(string one, string other, bool hasPath, string sdk)
    {
        using var image = new TestImage(new TestLayer().File("a", "1"));
        ImageManifest manifest = image.Layout.ReadManifest(image.Manifest);
        ImageConfig config = image.Layout.ReadConfig(manifest);
        Descriptor changed = image.Layout.AddBlob((config with { Config = config.Config with { Env = [one, other] } }).ToBytes(), manifest.Config.MediaType);
        Descriptor made = image.Layout.AddBlob((manifest with { Config = changed }).ToBytes(), manifest.MediaType);
        var facts = EnvironmentFacts.Of(new EnvironmentImage(SampleWorkspace.Amd64, made, null), image.Layout);
        Assert.AreEqual((hasPath, "glibc", sdk), (facts.HasPath, facts.Libc, string.Join(' ', facts.Sdks)));
    }

    [TestMethod]
    [DataRow("amd64", false, "linux-x64")]
    [DataRow("arm64", true, "linux-musl-arm64")]
    [DataRow("arm", false, "linux-arm")]
    public void A_platform_has_a_runtime_identifier(string architecture, bool isMusl, string rid) =>
        Assert.AreEqual(rid, ToolchainTier.RidOf(new Platform("linux", architecture), isMusl));

    [TestMethod]
    public void One_that_dotnet_is_not_published_for_is_an_error() =>
        Errors.Expect(Codes.ToolchainPlatformMissing, () => ToolchainTier.RidOf(new Platform("linux", "riscv64"), false));

    private static (Descriptor Blob, ArchiveContent Content) Write(TemporaryFolder folder, byte[] archive)
    {
        string path = folder["archive.tar.gz"];
        File.WriteAllBytes(path, archive);
        var layer = new ToolchainLayer(DotNetFeedTests.Sdk("10.0.401", RollForward.Patch), "10.0.401", "linux-x64", Convert.ToHexStringLower(SHA512.HashData(archive)));
        string staging = Directory.CreateDirectory(folder[Guid.NewGuid().ToString("N")]).FullName;
        ArchiveContent content = layer.Read(path, staging, CancellationToken.None);
        return (ToolchainLayer.Write(OciLayout.Create(folder["layout"]), content, CancellationToken.None).Layer, content);
    }
}
