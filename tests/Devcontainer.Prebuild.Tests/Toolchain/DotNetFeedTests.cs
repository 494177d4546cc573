using System.Security.Cryptography;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Toolchain;

namespace Devcontainer.Prebuild.Tests.Toolchain;

/// <summary>What a feed has, and its archives in the user's cache.</summary>
[TestClass]
public sealed class DotNetFeedTests
{
    private static readonly byte[] Archive = DotNetFeedServer.SmallSdk("10.0.401", "10.0.12");

    [TestMethod]
    public async Task The_version_that_will_do_is_found_with_the_hashes_of_all_linuxes()
    {
        using DotNetFeedServer server = new DotNetFeedServer()
            .AddSdk("9.0.100", ("linux-x64", Archive)).AddSdk("10.0.400", ("linux-x64", Archive))
            .AddSdk("10.0.401", ("linux-x64", Archive), ("linux-musl-x64", [1]));
        using var feed = new DotNetFeed(server.Address, isOffline: false);
        PinnedToolchain pin = await feed.ResolveAsync(Sdk("10.0.400", RollForward.LatestPatch), CancellationToken.None);
        Assert.AreEqual("10.0.401", pin.Version);
        CollectionAssert.AreEquivalent(new[] { "linux-x64", "linux-musl-x64" }, pin.Sha512.Keys.ToArray());
        Assert.AreEqual(Convert.ToHexStringLower(SHA512.HashData(Archive)), pin.Sha512["linux-x64"]);
        Assert.AreEqual("9.0.100", (await feed.ResolveAsync(Sdk("8.0.100", RollForward.Major), CancellationToken.None)).Version, "the nearest");
        Assert.AreEqual("10.0.401", (await feed.ResolveAsync(Sdk("8.0.100", RollForward.LatestMajor), CancellationToken.None)).Version);
        Assert.HasCount(3, server.Asked, "each list is fetched once");
        Diagnostic none = await Errors.ExpectAsync(Codes.ToolchainNotFound, () => feed.ResolveAsync(Sdk("10.0.402", RollForward.Patch), CancellationToken.None));
        Assert.Contains("10.0.402", none.Message);
    }

    [TestMethod]
    public async Task A_feed_that_fails_for_a_moment_is_asked_again_and_one_that_has_nothing_is_not()
    {
        using DotNetFeedServer server = new DotNetFeedServer().AddSdk("10.0.401", ("linux-x64", Archive));
        using var feed = new DotNetFeed(server.Address, isOffline: false);
        server.Failures.Enqueue(503);
        Assert.AreEqual("10.0.401", (await feed.ResolveAsync(Sdk("10.0.401", RollForward.Patch), CancellationToken.None)).Version);
        server.Asked.Clear();
        using var nothing = new DotNetFeed(new Uri(server.Address, "nowhere"), isOffline: false);
        Diagnostic error = await Errors.ExpectAsync(Codes.FeedUnreachable, () => nothing.ResolveAsync(Sdk("10.0.401", RollForward.Patch), CancellationToken.None));
        Assert.Contains("404", error.Message);
        CollectionAssert.AreEqual(new[] { "/nowhere/release-metadata/releases-index.json" }, server.Asked.ToArray());
    }

    [TestMethod]
    [DataRow("[]")]
    [DataRow("{}")]
    [DataRow("""{ "releases-index": [ {} ] }""")]
    [DataRow("""{ "releases-index": [ { "channel-version": "ten" } ] }""")]
    [DataRow("<html>")]
    public async Task What_is_no_list_of_releases_is_an_error(string list)
    {
        using var server = new DotNetFeedServer { ["release-metadata/releases-index.json"] = Encoding.UTF8.GetBytes(list) };
        using var feed = new DotNetFeed(server.Address, isOffline: false);
        await Errors.ExpectAsync(Codes.FeedInvalid, () => feed.ResolveAsync(Sdk("10.0.401", RollForward.Patch), CancellationToken.None));
    }

    [TestMethod]
    public async Task An_archive_is_fetched_once_and_offline_comes_from_the_cache()
    {
        using var folder = new TemporaryFolder();
        using DotNetFeedServer server = new DotNetFeedServer().AddSdk("10.0.401", ("linux-x64", Archive));
        string sha512 = Convert.ToHexStringLower(SHA512.HashData(Archive));
        using var feed = new DotNetFeed(server.Address, isOffline: false);
        using var offline = new DotNetFeed(server.Address, isOffline: true);
        ToolchainPart part = Sdk("10.0.401", RollForward.Patch);
        await Errors.ExpectAsync(Codes.ToolchainOffline, () => new ArchiveStore(folder["cache"], offline).GetAsync(part, "10.0.401", "linux-x64", sha512, CancellationToken.None));
        await Errors.ExpectAsync(Codes.ToolchainOffline, () => offline.ResolveAsync(part, CancellationToken.None));
        string path = await new ArchiveStore(folder["cache"], feed).GetAsync(part, "10.0.401", "linux-x64", sha512, CancellationToken.None);
        CollectionAssert.AreEqual(Archive, await File.ReadAllBytesAsync(path));
        Assert.AreEqual(path, await new ArchiveStore(folder["cache"], offline).GetAsync(part, "10.0.401", "linux-x64", sha512, CancellationToken.None));
        CollectionAssert.AreEqual(new[] { "/Sdk/10.0.401/dotnet-sdk-10.0.401-linux-x64.tar.gz" }, server.Asked.ToArray());

        // One that was damaged on the disk is not believed.
        await File.WriteAllBytesAsync(path, [1, 2, 3]);
        await new ArchiveStore(folder["cache"], feed).GetAsync(part, "10.0.401", "linux-x64", sha512, CancellationToken.None);
        CollectionAssert.AreEqual(Archive, await File.ReadAllBytesAsync(path));
    }

    [TestMethod]
    public async Task Another_archive_than_the_pinned_one_is_an_error_and_nothing_is_kept()
    {
        using var folder = new TemporaryFolder();
        using DotNetFeedServer server = new DotNetFeedServer().AddSdk("10.0.401", ("linux-x64", Archive));
        using var feed = new DotNetFeed(server.Address, isOffline: false);
        Diagnostic error = await Errors.ExpectAsync(
            Codes.ArchiveWrong,
            () => new ArchiveStore(folder["cache"], feed).GetAsync(Sdk("10.0.401", RollForward.Patch), "10.0.401", "linux-x64", new string('a', 128), CancellationToken.None));
        Assert.Contains("SHA-512", error.Message);
        Assert.IsEmpty(Directory.GetFiles(folder["cache"]));
        folder.Write("file", "x");
        await Errors.ExpectAsync(
            Codes.ToolchainCacheNotWritable,
            () => new ArchiveStore(folder["file"], feed).GetAsync(Sdk("10.0.401", RollForward.Patch), "10.0.401", "linux-x64", new string('a', 128), CancellationToken.None));
    }

    internal static ToolchainPart Sdk(string version, RollForward policy)
    {
        Assert.IsTrue(SdkVersion.TryParse(version, out SdkVersion? parsed));
        return new ToolchainPart(DotNetProduct.Sdk, new SdkSelection(parsed, policy, AllowPrerelease: true), $"Microsoft.NET.Sdk {version}");
    }
}
