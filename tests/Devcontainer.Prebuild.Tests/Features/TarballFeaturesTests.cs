using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Tests.Features;

/// <summary>Features that are files on a web server: found, pinned, kept, vendored, moved on.</summary>
[TestClass]
public sealed class TarballFeaturesTests
{
    [TestMethod]
    public async Task One_is_fetched_once_and_pinned_as_the_reference_pins_it()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        using var server = new TarballServer();
        string id = server.Publish("tool", "1.2.0");
        var digest = Digest.Sha256(server.Files["devcontainer-feature-tool.tgz"]);
        registry.Use(id);
        PrebuildResult built = await registry.BuildAsync();
        ReceiptFeature feature = built.Receipt.Features.Single();
        Assert.AreEqual((id, "tarball", "1.2.0", id, digest.Value), (feature.Id, feature.Source, feature.Version, feature.Resolved, feature.Digest));
        Assert.AreEqual(
            $$"""
            {
              "features": {
                "{{id}}": {
                  "version": "1.2.0",
                  "resolved": "{{id}}",
                  "integrity": "{{digest}}"
                }
              }
            }

            """.ReplaceLineEndings("\n"),
            await File.ReadAllTextAsync(registry.LockFile));
        Assert.HasCount(1, server.Asked, "what was fetched to be pinned is not fetched again");

        server.Files.Clear();
        Assert.AreEqual("local", (await registry.BuildAsync()).Source);
        registry.DeleteOutput();
        Assert.AreEqual(built.Receipt.IndexKey, (await registry.BuildAsync(registry.Request with { LockedMode = true })).Receipt.IndexKey);
        Assert.HasCount(1, server.Asked);

        // Damaged in the cache, it is unpacked anew, from where it was.
        server.Publish("tool", "1.2.0");
        await File.AppendAllTextAsync(Path.Combine(registry.Cached.Single(), "content", "install.sh"), "evil");
        Assert.AreEqual(built.Receipt.IndexKey, (await registry.BuildAsync()).Receipt.IndexKey);
        Assert.HasCount(2, server.Asked);
    }

    [TestMethod]
    public async Task What_is_not_what_its_pin_says_is_an_error_until_an_update_takes_it()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        using var server = new TarballServer();
        string id = server.Publish("tool", "1.2.0");
        registry.Use(id);
        Diagnostic missing = await Errors.ExpectAsync(Codes.FeatureLockDiffers, () => registry.BuildAsync(registry.Request with { LockedMode = true }));
        Assert.Contains($"'{id}' is not in it", missing.Message);
        Assert.IsEmpty(server.Asked);
        PrebuildResult built = await registry.BuildAsync();
        var old = Digest.Sha256(server.Files["devcontainer-feature-tool.tgz"]);

        server.Publish("tool", "1.3.0");
        var moved = Digest.Sha256(server.Files["devcontainer-feature-tool.tgz"]);
        Assert.AreEqual("local", (await registry.BuildAsync()).Source, "a build moves no pin");
        registry.DeleteCache();
        foreach (bool isLocked in new[] { false, true })
        {
            Diagnostic error = await Errors.ExpectAsync(Codes.FeatureContentInvalid, () => registry.BuildAsync(registry.Request with { LockedMode = isLocked }));
            Assert.Contains($"{id} cannot be used", error.Message);
            Assert.Contains(old.Value, error.Message);
            Assert.Contains(moved.Value, error.Message);
            Assert.EndsWith("devcontainer.json", error.Location!.File!);
        }

        var reporter = new RecordingReporter();
        LockChange change = (await UpdateAsync(registry, reporter)).Single();
        Assert.AreEqual((LockChangeKind.Moved, id, old.Value, moved.Value), (change.Kind, change.Name, change.From, change.To));
        Assert.Contains("1.2.0", reporter.Text);
        Assert.AreNotEqual(built.Receipt.IndexKey, (await registry.BuildAsync(registry.Request with { LockedMode = true })).Receipt.IndexKey);

        string text = await File.ReadAllTextAsync(registry.LockFile);
        await File.WriteAllTextAsync(registry.LockFile, text.Replace($"\"resolved\": \"{id}", "\"resolved\": \"https://evil.example/a.tgz", StringComparison.Ordinal));
        Assert.Contains(id, (await Errors.ExpectAsync(Codes.FeaturePinInvalid, () => registry.BuildAsync())).Message);
    }

    [TestMethod]
    public async Task Offline_takes_what_is_here_or_vendored_and_nothing_else()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        using var server = new TarballServer();
        await registry.PublishAsync("base", "1.0.0");
        string id = server.Publish("tool", "1.2.0", $$""", "dependsOn": { "{{registry.Id("base:1")}}": {} }""");
        registry.Use(id);
        PrebuildRequest offline = registry.Request with { Registries = registry.Request.Registries with { Offline = true } };
        Assert.Contains("no pin", (await Errors.ExpectAsync(Codes.FeatureOffline, () => registry.BuildAsync(offline))).Message);
        PrebuildResult built = await registry.BuildAsync();
        CollectionAssert.AreEqual(new[] { registry.Id("base:1"), id }, built.Receipt.Features.Select(static feature => feature.Id).ToArray());
        CollectionAssert.AreEqual(new[] { registry.Id("base:1") }, FeatureLockfile.Load(registry.LockFile)!.Find(id)!.DependsOn.ToArray());
        registry.DeleteOutput();
        Assert.AreEqual(built.Receipt.IndexKey, (await registry.BuildAsync(offline)).Receipt.IndexKey, "the cache has it");
        registry.DeleteOutput();
        registry.DeleteCache();
        await Errors.ExpectAsync(Codes.FeatureOffline, () => registry.BuildAsync(offline));

        var reporter = new RecordingReporter();
        await UpdateAsync(registry, reporter, vendor: true);
        Assert.Contains("Vendored 2 Features in ", reporter.Text);
        string archive = Path.Combine(registry.Vendored, Digest.Sha256(server.Files["devcontainer-feature-tool.tgz"]).Hex + ".tgz");
        Assert.IsTrue(File.Exists(archive));
        Assert.IsFalse(File.Exists(Path.ChangeExtension(archive, ".json")), "it has no manifest");
        Assert.HasCount(3, Directory.GetFiles(registry.Vendored));
        registry.DeleteCache();
        server.Files.Clear();
        await registry.StopAsync();
        PrebuildResult vendored = await registry.BuildAsync(offline with { LockedMode = true });
        CollectionAssert.AreEqual(built.Receipt.Features.ToArray(), vendored.Receipt.Features.ToArray());

        registry.DeleteCache();
        registry.DeleteOutput();
        await File.AppendAllTextAsync(archive, " ");
        Assert.Contains(archive, (await Errors.ExpectAsync(Codes.FeatureContentInvalid, () => registry.BuildAsync(offline))).Message);
    }

    [TestMethod]
    public async Task By_HTTPS_the_authority_has_to_be_trusted_for_that_host()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        using var authority = new TestAuthority();
        using var server = new TarballServer(authority.Issue());
        string id = server.Publish("tool", "1.2.0");
        registry.Use(id);
        Diagnostic error = await Errors.ExpectAsync(Codes.FeatureUnreachable, () => registry.BuildAsync());
        Assert.Contains("certificate", error.Message);
        Assert.IsEmpty(server.Asked);

        Trust(registry, server, authority);
        Assert.AreEqual("1.2.0", (await registry.BuildAsync()).Receipt.Features.Single().Version);
    }

    [TestMethod]
    public async Task A_redirect_is_followed_but_not_from_HTTPS_to_plain_HTTP()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        using var authority = new TestAuthority();
        using var secure = new TarballServer(authority.Issue());
        using var plain = new TarballServer();
        Trust(registry, secure, authority);
        plain.Publish("tool", "1.2.0");
        plain.Redirects["devcontainer-feature-near.tgz"] = "/devcontainer-feature-tool.tgz";
        plain.Redirects["devcontainer-feature-far.tgz"] = "http://example.org/devcontainer-feature-tool.tgz";
        plain.Redirects["devcontainer-feature-round.tgz"] = "devcontainer-feature-round.tgz";
        secure.Redirects["devcontainer-feature-down.tgz"] = plain.Id("tool");

        registry.Use(plain.Id("near"));
        ReceiptFeature feature = (await registry.BuildAsync()).Receipt.Features.Single();
        Assert.AreEqual((plain.Id("near"), "1.2.0"), (feature.Resolved, feature.Version), "the pin is about what is written");
        foreach (string id in new[] { plain.Id("far"), plain.Id("round"), secure.Id("down") })
        {
            registry.Use(id);
            Diagnostic error = await Errors.ExpectAsync(Codes.FeatureUnreachable, () => registry.BuildAsync());
            Assert.Contains(id, error.Message);
            Assert.Contains("302", error.Message);
        }
    }

    [TestMethod]
    public async Task What_is_not_there_or_no_Feature_is_an_error_at_its_line_and_leaves_nothing()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        using var server = new TarballServer();
        server.Files["devcontainer-feature-page.tgz"] = "<html>not found</html>"u8.ToArray();
        server.Files["devcontainer-feature-lazy.tgz"] = FeatureTar.Of(("devcontainer-feature.json", """{ "id": "lazy", "version": "1.0.0" }"""));
        foreach ((string name, string code) in new[]
        {
            ("none", Codes.FeatureUnreachable), ("page", Codes.FeatureContentInvalid), ("lazy", Codes.FeatureInstallScriptMissing),
        })
        {
            registry.Use(server.Id(name));
            Diagnostic error = await Errors.ExpectAsync(code, () => registry.BuildAsync());
            Assert.Contains(server.Id(name), error.Message);
            Assert.AreEqual(1, error.Location!.Line);
            Assert.EndsWith("devcontainer.json", error.Location.File!);
            Assert.IsFalse(File.Exists(registry.LockFile));
        }
    }

    private static void Trust(FeatureRegistry registry, TarballServer server, TestAuthority authority)
    {
        string folder = Path.Combine(registry.DockerConfig, "certs.d", server.Host);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "ca.crt"), authority.Pem);
    }

    private static Task<IReadOnlyList<LockChange>> UpdateAsync(FeatureRegistry registry, RecordingReporter reporter, bool vendor = false) =>
        new LockUpdate(new NoImages(), reporter).RunAsync(registry.Request, [], raiseEpoch: false, vendor, CancellationToken.None);
}
