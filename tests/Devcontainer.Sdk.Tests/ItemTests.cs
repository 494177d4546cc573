using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>What a prebuild hands to the next step, and whether others read the same from the layout.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class ItemTests : EngineTests
{
    // Not of the item but of the machine, or what a hit and a build may differ in.
    private static readonly string[] Volatile = ["Source", "ModifiedTime", "CreatedTime", "AccessedTime"];

    [TestMethod]
    public async Task Items_are_the_same_on_a_hit_as_on_a_build()
    {
        Quickstart quickstart = await Quickstart.GetAsync();
        CommandResult hit = (await Quickstart.PrebuildAsync(quickstart.Workspace)).Succeeded();
        foreach (string item in Quickstart.Items)
        {
            CollectionAssert.AreEqual(Describe(quickstart.Built, item), Describe(hit, item), item);
        }

        Assert.AreEqual("built", quickstart.Built.Items("DevcontainerImage")[0]["Source"]);
        Assert.AreEqual("local", hit.Items("DevcontainerImage")[0]["Source"]);
        Assert.IsTrue(hit.Items("DevcontainerDigest").All(static digest => digest["Source"] == "local"));
    }

    [TestMethod]
    public async Task CycloneDX_is_beside_each_SBOM_where_that_is_asked_for()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        Assert.IsFalse(File.Exists(workspace["bin/devcontainer/sbom/linux-amd64.cdx.json"]) || File.Exists(workspace["bin/devcontainer/sbom/linux-arm64.cdx.json"]));
        CommandResult hit = (await workspace.BuildAsync("build", "-t:Prebuild", "-p:GenerateDevcontainerCycloneDx=true", "-getItem:DevcontainerSbom", "-getItem:DevcontainerCycloneDx")).Succeeded();
        IReadOnlyDictionary<string, string> converted = hit.Items("DevcontainerCycloneDx").Single();
        Assert.AreEqual(hit.Items("DevcontainerSbom").Single()["Subject"], converted["Subject"]);
        JsonElement bom = JsonElement.Parse(await File.ReadAllBytesAsync(converted["Identity"]));
        Assert.AreEqual("container", bom.GetProperty("metadata").GetProperty("component").GetProperty("type").GetString());
    }

    [TestMethod]
    public async Task Items_say_what_DESIGN_promises()
    {
        CommandResult built = (await Quickstart.GetAsync()).Built;
        IReadOnlyDictionary<string, string> image = built.Items("DevcontainerImage").Single();
        Assert.AreEqual($"{Quickstart.Repository}@{image["Digest"]}", image["Identity"]);
        Assert.AreEqual("first;second", image["Tags"]);
        Assert.AreEqual("linux/amd64;linux/arm64", image["Platforms"]);

        IReadOnlyList<IReadOnlyDictionary<string, string>> digests = built.Items("DevcontainerDigest");
        CollectionAssert.AreEqual(new[] { "linux/amd64", "linux/arm64" }, digests.Select(static digest => digest["Platform"]).ToArray());
        Assert.IsTrue(digests.All(static digest => digest["Reference"] == $"{Quickstart.Repository}@{digest["Identity"]}" && long.Parse(digest["Size"]) > 0));

        IReadOnlyList<IReadOnlyDictionary<string, string>> sboms = built.Items("DevcontainerSbom");
        CollectionAssert.AreEqual(
            digests.Select(static digest => digest["Identity"]).ToArray(), sboms.Select(static sbom => sbom["Subject"]).ToArray());
        Assert.IsTrue(sboms.All(static sbom => File.Exists(sbom["FullPath"]) && int.Parse(sbom["PackageCount"]) > 50));

        CollectionAssert.AreEqual(
            new[] { "./features/hello 1.0.0 1", "./features/toolbox 1.1.0 2" },
            built.Items("DevcontainerFeature").Select(static feature => $"{feature["Identity"]} {feature["Version"]} {feature["Order"]}").ToArray());

        IReadOnlyList<IReadOnlyDictionary<string, string>> keys = built.Items("DevcontainerCacheKey");
        Assert.AreEqual(image["Key"], keys.Single(static key => key["Tier"] == "index")["Identity"]);
        CollectionAssert.IsSubsetOf(
            new[] { "environment linux/amd64", "environment linux/arm64", "image linux/amd64", "image linux/arm64", "index " },
            keys.Select(static key => $"{key["Tier"]} {key["Platform"]}").ToArray());
    }

    [TestMethod]
    public async Task Targets_return_the_digests()
    {
        Quickstart quickstart = await Quickstart.GetAsync();
        CommandResult answer = (await quickstart.Workspace.BuildAsync(
            "build", "-t:Prebuild;Build", "-getTargetResult:Prebuild", "-getTargetResult:Build")).Succeeded();
        string[] expected = Identities(quickstart.Built.Items("DevcontainerDigest"));
        CollectionAssert.AreEqual(expected, Identities(answer.Returned("Prebuild")));
        CollectionAssert.AreEqual(expected, Identities(answer.Returned("Build")));
    }

    [TestMethod]
    public async Task Oras_reads_the_same_digests_from_the_layout()
    {
        Quickstart quickstart = await Quickstart.GetAsync();
        string image = quickstart.Built.Items("DevcontainerImage").Single()["Digest"];
        using JsonDocument root = JsonDocument.Parse(await TestEngine.RunAsync("oras", "manifest", "fetch", "--oci-layout", "--descriptor", $"{quickstart.Layout}:first"));
        Assert.AreEqual(image, root.RootElement.GetProperty("digest").GetString());
        foreach (IReadOnlyDictionary<string, string> digest in quickstart.Built.Items("DevcontainerDigest"))
        {
            using JsonDocument manifest = JsonDocument.Parse(await TestEngine.RunAsync(
                "oras", "manifest", "fetch", "--oci-layout", "--descriptor", "--platform", digest["Platform"], $"{quickstart.Layout}@{image}"));
            Assert.AreEqual(digest["Identity"], manifest.RootElement.GetProperty("digest").GetString());
        }
    }

    [TestMethod]
    public async Task Crane_pushes_the_layout_under_the_same_digest()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult built = (await Quickstart.PrebuildAsync(workspace)).Succeeded();
        string reference = $"{TestEngine.Registry}/{Quickstart.Repository}:crane";
        await TestEngine.RunAsync("crane", "push", "--index", workspace["bin/devcontainer/image"], reference);
        string platform = built.Items("DevcontainerDigest").Single()["Platform"];
        Assert.AreEqual(built.Items("DevcontainerDigest").Single()["Identity"], await TestEngine.RunAsync("crane", "digest", "--platform", platform, reference));
        await TestEngine.ValidateAsync(reference);
    }

    private static string[] Identities(IReadOnlyList<IReadOnlyDictionary<string, string>> items) => [.. items.Select(static item => item["Identity"])];

    private static string[] Describe(CommandResult result, string name) =>
    [
        .. result.Items(name).Select(static item => string.Join(
            '\n', item.Where(static m => !Volatile.Contains(m.Key)).OrderBy(static m => m.Key, StringComparer.Ordinal).Select(static m => $"{m.Key}={m.Value}"))),
    ];
}
