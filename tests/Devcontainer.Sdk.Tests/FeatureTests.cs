using System.Formats.Tar;
using System.Text;
using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Tests.Features;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Features of a registry, installed by the real engine.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class FeatureTests : EngineTests
{
    [TestMethod]
    public async Task Features_of_a_registry_are_pinned_installed_and_moved_on_by_an_update()
    {
        string collection = $"{TestEngine.Registry}/devcontainer-sdk-test/{Guid.NewGuid():N}";
        await PublishAsync(collection, "base", "1.0.0", "#!/bin/sh\necho base >/base\n");
        Digest first = await PublishAsync(
            collection,
            "tool",
            "2.0.0",
            "#!/bin/sh\nset -e\ncat /base >/tool\necho \"$GREETING\" >>/tool\ncat data/value >>/tool\n",
            $$""", "dependsOn": { "{{collection}}/base:1": {} }, "options": { "greeting": { "type": "string", "default": "hi" } }""");
        Workspace workspace = NewWorkspace();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        workspace.Write(".devcontainer/devcontainer.json", $$"""{ "image": "debian:bookworm", "features": { "{{collection}}/tool:2": { "greeting": "hello" } } }""");
        workspace.Environment["XDG_CACHE_HOME"] = workspace["../cache"];
        workspace.Environment["DevcontainerRepository"] = $"devcontainer-sdk-test/{Guid.NewGuid():N}";

        (await workspace.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerLockedMode=true")).Failed("DEVC2015");
        CommandResult built = await workspace.BuildAsync("build", "-t:LoadDevcontainer");
        Assert.HasCount(1, built.Succeeded().Lines($"Pinned {collection}/tool:2 to 2.0.0 ({first})."), built.Report);
        string image = workspace.Environment["DevcontainerRepository"]! + ":latest";
        Assert.AreEqual("base\nhello\nvalue", await TestEngine.RunAsync("docker", "run", "--rm", image, "cat", "/tool"));
        CommandResult items = (await Quickstart.PrebuildAsync(workspace, "-p:DevcontainerLockedMode=true", "-p:DevcontainerOffline=true")).Succeeded();
        Assert.AreEqual("local", items.Items("DevcontainerImage").Single()["Source"]);
        CollectionAssert.AreEqual(
            new[] { ("1", $"{collection}/base:1", "1.0.0"), ("2", $"{collection}/tool:2", "2.0.0") },
            items.Items("DevcontainerFeature").Select(static feature => (feature["Order"], feature["Identity"], feature["Version"])).ToArray());
        Assert.AreEqual((first.Value, $"{collection}/tool@{first}"), (items.Items("DevcontainerFeature")[1]["Digest"], items.Items("DevcontainerFeature")[1]["Resolved"]));

        // A new version under the same tag is nothing to a build, until an update takes it; then it is explained.
        Digest second = await PublishAsync(collection, "tool", "2.1.0", "#!/bin/sh\necho newer >/tool\n", """, "options": { "greeting": { "type": "string" } }""");
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded()));
        CommandResult updated = (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock", $"-p:DevcontainerUpdateOnly={collection}/tool:2")).Succeeded();
        Assert.HasCount(1, updated.Lines($"Moved {collection}/tool:2: 2.0.0 ({first.Value[..19]}…) -> 2.1.0 ({second.Value[..19]}…)."), updated.Report);
        Assert.HasCount(1, updated.Lines($"Removed {collection}/base:1, which nothing names."), updated.Report);
        CommandResult explained = (await workspace.BuildAsync("build", "-t:ExplainDevcontainer")).Succeeded();
        Assert.HasCount(1, explained.Lines($"~ Feature {collection}/tool:2: 2.0.0 → 2.1.0 [environment]"), explained.Report);
        Assert.HasCount(1, explained.Lines($"~ content of Feature {collection}/tool:2: {first} → {second} [environment]"), explained.Report);

        // Checked in, it needs no registry.
        (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock", "-p:DevcontainerVendorFeatures=true")).Succeeded();
        Directory.Delete(workspace["../cache"], recursive: true);
        (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-p:DevcontainerLockedMode=true")).Succeeded();
        Directory.Delete(workspace["../cache"], recursive: true);
        Directory.Delete(workspace[".devcontainer/features.vendor"], recursive: true);
        (await workspace.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerOffline=true")).Failed("DEVC2018");
        await TestEngine.RunAsync("docker", "rmi", image);
    }

    [TestMethod]
    public async Task A_Feature_at_an_https_address_is_pinned_installed_moved_on_and_vendored()
    {
        using var authority = new TestAuthority();
        using var server = new TarballServer(authority.Issue());
        const string Options = """, "options": { "greeting": { "type": "string", "default": "hi" } }""";
        string id = server.Publish("tool", "1.0.0", Options, "#!/bin/sh\necho \"$GREETING\" >/tool\n");
        Workspace workspace = NewWorkspace();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        workspace.Write(".devcontainer/devcontainer.json", $$"""{ "image": "debian:bookworm", "features": { "{{id}}": { "greeting": "hello" } } }""");
        workspace.Environment["XDG_CACHE_HOME"] = workspace["../cache"];
        workspace.Environment["DOCKER_CONFIG"] = workspace["../docker"];
        workspace.Environment["DevcontainerRepository"] = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        Assert.Contains("certificate", (await workspace.BuildAsync("build", "-t:ResolveDevcontainer")).Failed("DEVC2021").Text);
        workspace.Write($"../docker/certs.d/{server.Host}/ca.crt", authority.Pem);

        Assert.Contains(id, (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-p:DevcontainerLockedMode=true")).Failed("DEVC2015").Text);
        (await workspace.BuildAsync("build", "-t:LoadDevcontainer")).Succeeded();
        string image = workspace.Environment["DevcontainerRepository"]! + ":latest";
        Assert.AreEqual("hello", await TestEngine.RunAsync("docker", "run", "--rm", image, "cat", "/tool"));
        await TestEngine.RunAsync("docker", "rmi", image);

        // Another file under the same URL is nothing to this machine, an error on another one, and taken by an update.
        server.Publish("tool", "1.1.0", Options, "#!/bin/sh\necho newer >/tool\n");
        (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-p:DevcontainerLockedMode=true")).Succeeded();
        Directory.Delete(workspace["../cache"], recursive: true);
        Assert.Contains(id, (await workspace.BuildAsync("build", "-t:ResolveDevcontainer")).Failed("DEVC2017").Text);
        CommandResult updated = (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock", $"-p:DevcontainerUpdateOnly={id}", "-p:DevcontainerVendorFeatures=true")).Succeeded();
        Assert.HasCount(1, updated.Lines($"Moved {id}: 1.0.0 ("), updated.Report);

        // Vendored, it needs no server.
        Directory.Delete(workspace["../cache"], recursive: true);
        server.Files.Clear();
        (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-p:DevcontainerLockedMode=true")).Succeeded();
    }

    private static async Task<Digest> PublishAsync(string collection, string name, string version, string script, string more = "")
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach ((string path, string content) in new[]
            {
                ("devcontainer-feature.json", $$"""{ "id": "{{name}}", "version": "{{version}}"{{more}} }"""), ("install.sh", script), ("data/value", "value\n"),
            })
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
            }
        }

        using var client = new RegistryClient();
        var repository = ImageReference.Parse($"{collection}/{name}:{version[..1]}");
        Descriptor layer = await client.PushBlobAsync(repository, stream.ToArray(), "application/vnd.devcontainers.layer.v1+tar");
        Descriptor config = await client.PushBlobAsync(repository, "{}"u8.ToArray(), "application/vnd.devcontainers");
        return (await client.PutManifestAsync(repository, new ImageManifest { Config = config, Layers = [layer] }.ToBytes(), MediaTypes.ImageManifest)).Digest;
    }
}
