using System.Formats.Tar;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Tests.Features;

/// <summary>Features of a real registry: found, pinned, kept, vendored, moved on.</summary>
[TestClass]
public sealed class RegistryFeaturesTests
{
    [TestMethod]
    public async Task One_is_found_and_pinned_and_from_then_on_no_registry_is_asked()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        Digest digest = await registry.PublishAsync("node", "1.6.0");
        registry.Use("node:1");
        PrebuildResult built = await registry.BuildAsync();
        ReceiptFeature feature = built.Receipt.Features.Single();
        Assert.AreEqual((registry.Id("node:1"), "oci", "1.6.0", digest.Value), (feature.Id, feature.Source, feature.Version, feature.Digest));
        Assert.AreEqual($"{registry.Id("node")}@{digest}", feature.Resolved);
        Assert.AreEqual(
            $$"""
            {
              "features": {
                "{{registry.Id("node:1")}}": {
                  "version": "1.6.0",
                  "resolved": "{{registry.Id("node")}}@{{digest}}",
                  "integrity": "{{digest}}"
                }
              }
            }

            """.ReplaceLineEndings("\n"),
            await File.ReadAllTextAsync(registry.LockFile));

        await registry.StopAsync();
        Assert.AreEqual("local", (await registry.BuildAsync()).Source);
        registry.DeleteOutput();
        PrebuildResult again = await registry.BuildAsync(registry.Request with { LockedMode = true, Registries = registry.Request.Registries with { Offline = false } });
        Assert.AreEqual(built.Receipt.IndexKey, again.Receipt.IndexKey);
    }

    [TestMethod]
    public async Task A_version_that_has_moved_is_taken_by_an_update_alone_which_says_so()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        Digest old = await registry.PublishAsync("node", "1.5.0");
        await registry.PublishAsync("go", "2.0.0");
        registry.Use("node:1", "go:2");
        PrebuildResult built = await registry.BuildAsync();
        Digest moved = await registry.PublishAsync("node", "1.6.0", "#!/bin/sh\n# newer\n");
        registry.DeleteCache();
        Assert.AreEqual(built.Receipt.IndexKey, (await registry.BuildAsync()).Receipt.IndexKey, "a build moves no pin");

        var reporter = new RecordingReporter();
        IReadOnlyList<LockChange> changes = await UpdateAsync(registry, reporter, only: [registry.Id("go:2")]);
        Assert.IsEmpty(changes, reporter.Text);
        changes = await UpdateAsync(registry, reporter);
        LockChange change = changes.Single();
        Assert.AreEqual((LockChangeKind.Moved, registry.Id("node:1"), old.Value, moved.Value), (change.Kind, change.Name, change.From, change.To));
        Assert.Contains($"Moved {registry.Id("node:1")}: 1.5.0 ({old.Value[..19]}…) -> 1.6.0 ({moved.Value[..19]}…).", reporter.Text);
        PrebuildResult newer = await registry.BuildAsync(registry.Request with { LockedMode = true });
        Assert.AreNotEqual(built.Receipt.IndexKey, newer.Receipt.IndexKey);
        Assert.AreEqual(moved.Value, newer.Receipt.Features.Single(static feature => feature.Version == "1.6.0").Digest);

        // What is not used any more is removed, and a dry run only says so.
        registry.Use("node:1");
        string text = await File.ReadAllTextAsync(registry.LockFile);
        Diagnostic error = await Errors.ExpectAsync(Codes.FeatureLockDiffers, () => registry.BuildAsync(registry.Request with { LockedMode = true }));
        Assert.Contains($"'{registry.Id("go:2")}' is in it and not used", error.Message);
        registry.Request = registry.Request with { DryRun = true };
        Assert.AreEqual(LockChangeKind.Removed, (await UpdateAsync(registry, reporter)).Single().Kind);
        Assert.AreEqual(text, await File.ReadAllTextAsync(registry.LockFile));
        registry.Request = registry.Request with { DryRun = false };
        await UpdateAsync(registry, reporter);
        Assert.DoesNotContain("go:2", await File.ReadAllTextAsync(registry.LockFile));
    }

    [TestMethod]
    public async Task What_a_Feature_depends_on_is_found_pinned_and_installed_before_it()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        await registry.PublishAsync("base", "1.0.0");
        await registry.PublishAsync("tool", "3.1.0", more: $$""", "dependsOn": { "{{registry.Id("base:1")}}": {} }""");
        registry.Use("tool:3");
        PrebuildResult built = await registry.BuildAsync();
        CollectionAssert.AreEqual(
            new[] { registry.Id("base:1"), registry.Id("tool:3") }, built.Receipt.Features.Select(static feature => feature.Id).ToArray());
        FeatureLockfile pins = FeatureLockfile.Load(registry.LockFile)!;
        CollectionAssert.AreEqual(new[] { registry.Id("base:1") }, pins.Find(registry.Id("tool:3"))!.DependsOn.ToArray());
        Assert.IsNotNull(pins.Find(registry.Id("base:1")));
    }

    [TestMethod]
    public async Task By_digest_the_same_content_has_the_same_files_in_the_key()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        Digest digest = await registry.PublishAsync("node", "1.6.0");
        registry.Use($"node@{digest}");
        PrebuildResult built = await registry.BuildAsync();
        Assert.AreEqual(digest.Value, built.Receipt.Features.Single().Digest);
        ReceiptInput content = built.Receipt.Inputs.Single(static input => input.Path.StartsWith("<content of Feature ", StringComparison.Ordinal));
        Assert.AreEqual(digest.Value, content.Value);
        Assert.DoesNotContain("cache", string.Concat(built.Receipt.Inputs.Select(static input => input.Path)), "no path of this machine");
    }

    [TestMethod]
    public async Task A_missing_pin_is_an_error_in_locked_mode_and_one_that_is_wrong_always()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        Digest digest = await registry.PublishAsync("node", "1.6.0");
        registry.Use("node:1");
        Diagnostic error = await Errors.ExpectAsync(Codes.FeatureLockDiffers, () => registry.BuildAsync(registry.Request with { LockedMode = true }));
        Assert.Contains($"'{registry.Id("node:1")}' is not in it", error.Message);
        Assert.AreEqual(1, error.Location!.Line);
        Assert.IsFalse(File.Exists(registry.LockFile));

        await registry.BuildAsync();
        string text = await File.ReadAllTextAsync(registry.LockFile);
        foreach (string wrong in new[]
        {
            text.Replace($"\"integrity\": \"{digest}\"", $"\"integrity\": \"sha256:{new string('0', 64)}\"", StringComparison.Ordinal),
            text.Replace(digest.Value, "sha256:12", StringComparison.Ordinal),
            text.Replace("features/node@", "features/evil@", StringComparison.Ordinal),
        })
        {
            await File.WriteAllTextAsync(registry.LockFile, wrong);
            Assert.AreEqual(registry.LockFile, (await Errors.ExpectAsync(Codes.FeaturePinInvalid, () => registry.BuildAsync())).Location!.File);
        }
    }

    [TestMethod]
    public async Task Offline_takes_what_is_here_or_vendored_and_nothing_else()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        await registry.PublishAsync("base", "1.0.0");
        await registry.PublishAsync("node", "1.6.0", more: $$""", "dependsOn": { "{{registry.Id("base:1")}}": {} }""");
        registry.Use("node:1");
        PrebuildRequest offline = registry.Request with { Registries = registry.Request.Registries with { Offline = true } };
        Assert.Contains("no pin", (await Errors.ExpectAsync(Codes.FeatureOffline, () => registry.BuildAsync(offline))).Message);
        PrebuildResult built = await registry.BuildAsync();
        registry.DeleteOutput();
        Assert.AreEqual(built.Receipt.IndexKey, (await registry.BuildAsync(offline)).Receipt.IndexKey, "the cache has it");
        registry.DeleteOutput();
        registry.DeleteCache();
        await Errors.ExpectAsync(Codes.FeatureOffline, () => registry.BuildAsync(offline));

        var reporter = new RecordingReporter();
        await UpdateAsync(registry, reporter, vendor: true);
        Assert.Contains("Vendored 2 Features in ", reporter.Text);
        Assert.HasCount(4, Directory.GetFiles(registry.Vendored));
        registry.DeleteCache();
        await registry.StopAsync();
        PrebuildResult vendored = await registry.BuildAsync(offline with { LockedMode = true });
        CollectionAssert.AreEqual(built.Receipt.Features.ToArray(), vendored.Receipt.Features.ToArray());
    }

    [TestMethod]
    public async Task An_update_keeps_what_is_vendored_with_the_pins()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        Digest old = await registry.PublishAsync("node", "1.5.0");
        registry.Use("node:1");
        await UpdateAsync(registry, new RecordingReporter(), vendor: true);
        Assert.IsTrue(File.Exists(Path.Combine(registry.Vendored, old.Hex + ".json")));
        Digest moved = await registry.PublishAsync("node", "1.6.0", "#!/bin/sh\n# newer\n");
        await UpdateAsync(registry, new RecordingReporter());
        CollectionAssert.AreEquivalent(
            new[] { moved.Hex + ".json", moved.Hex + ".tgz" }, Directory.GetFiles(registry.Vendored).Select(Path.GetFileName).ToArray());

        // Again, and nothing is written.
        var reporter = new RecordingReporter();
        await UpdateAsync(registry, reporter, vendor: true);
        Assert.DoesNotContain("Vendored", reporter.Text);
    }

    [TestMethod]
    [DataRow(".json")]
    [DataRow(".tgz")]
    public async Task A_vendored_file_that_was_changed_or_lost_is_an_error(string ending)
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        await registry.PublishAsync("node", "1.5.0");
        registry.Use("node:1");
        await UpdateAsync(registry, new RecordingReporter(), vendor: true);
        registry.DeleteCache();
        string file = Directory.GetFiles(registry.Vendored).Single(name => name.EndsWith(ending, StringComparison.Ordinal));
        await File.AppendAllTextAsync(file, " ");
        Assert.Contains(file, (await Errors.ExpectAsync(Codes.FeatureContentInvalid, () => registry.BuildAsync())).Message);
        if (ending == ".tgz")
        {
            File.Delete(file);
            await Errors.ExpectAsync(Codes.FeatureContentInvalid, () => registry.BuildAsync());
        }
    }

    [TestMethod]
    public async Task What_was_changed_in_the_cache_is_unpacked_anew()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        await registry.PublishAsync("node", "1.5.0");
        registry.Use("node:1");
        PrebuildResult built = await registry.BuildAsync();
        string script = Path.Combine(registry.Cached.Single(), "content", "install.sh");
        foreach (Action damage in new Action[]
        {
            () => File.AppendAllText(script, "evil"),
            () => File.Delete(script),
            () => File.WriteAllText(Path.Combine(Path.GetDirectoryName(script)!, "more"), ""),
            () => File.Delete(Path.Combine(registry.Cached.Single(), "tree")),
        })
        {
            damage();
            Assert.AreEqual(built.Receipt.IndexKey, (await registry.BuildAsync()).Receipt.IndexKey);
            Assert.AreEqual("#!/bin/sh\n", await File.ReadAllTextAsync(script));
        }
    }

    [TestMethod]
    public async Task Builds_that_fetch_one_at_once_all_have_it()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        await registry.PublishAsync("node", "1.5.0");
        registry.Use("node:1");
        PrebuildResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(() => registry.BuildAsync(registry.Request with { OutputPath = $"{registry.Request.OutputPath}-{number}" }))));
        Assert.HasCount(1, results.Select(static result => result.Receipt.IndexKey).Distinct());
        Assert.HasCount(1, registry.Cached, "and nothing unfinished stays");
    }

    [TestMethod]
    public async Task A_Feature_or_version_that_is_not_there_is_an_error_at_its_line()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        Digest digest = await registry.PublishAsync("node", "1.5.0");
        foreach (string id in new[] { "none:1", "node:2", $"none@{digest}" })
        {
            registry.Use(id);
            Diagnostic error = await Errors.ExpectAsync(Codes.FeatureNotFound, () => registry.BuildAsync());
            Assert.Contains(registry.Id(id), error.Message);
            Assert.AreEqual(1, error.Location!.Line);
            Assert.EndsWith("devcontainer.json", error.Location.File!);
        }

        await registry.StopAsync();
        registry.Use("node:1");
        Diagnostic silent = await Errors.ExpectAsync(Codes.RegistryUnreachable, () => registry.BuildAsync());
        Assert.EndsWith("devcontainer.json", silent.Location!.File!);
    }

    [TestMethod]
    [DataRow("outside")]
    [DataRow("below a link")]
    [DataRow("a pipe")]
    [DataRow("an absolute path")]
    [DataRow("a hard link to nothing")]
    [DataRow("cut off")]
    [DataRow("no archive")]
    public async Task An_archive_that_has_what_no_Feature_has_is_an_error_and_leaves_nothing(string what)
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        await registry.PublishAsync("bad", ["1"], Archive(what));
        registry.Use("bad:1");
        Diagnostic error = await Errors.ExpectAsync(Codes.FeatureContentInvalid, () => registry.BuildAsync());
        Assert.EndsWith("devcontainer.json", error.Location!.File!);
        Assert.IsEmpty(registry.Cached);
        Assert.IsFalse(File.Exists(registry.LockFile));
    }

    [TestMethod]
    public async Task What_is_no_Feature_is_an_error()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        await registry.PublishAsync("image", ["1"], FeatureTar.Of(("a", "b")), MediaTypes.ImageConfig, MediaTypes.Layer);
        registry.Use("image:1");
        Assert.Contains(MediaTypes.ImageConfig, (await Errors.ExpectAsync(Codes.FeatureContentInvalid, () => registry.BuildAsync())).Message);
        await registry.PublishAsync("empty", ["1"], FeatureTar.Of(("install.sh", "")));
        registry.Use("empty:1");
        await Errors.ExpectAsync(Codes.FeatureMetadataMissing, () => registry.BuildAsync());
        await registry.PublishAsync("lazy", ["1"], FeatureTar.Of(("devcontainer-feature.json", """{ "id": "lazy", "version": "1.0.0" }""")));
        registry.Use("lazy:1");
        await Errors.ExpectAsync(Codes.FeatureInstallScriptMissing, () => registry.BuildAsync());
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task A_cache_that_cannot_be_written_is_an_error_that_says_where()
    {
        await using FeatureRegistry registry = await FeatureRegistry.StartAsync();
        await registry.PublishAsync("node", "1.5.0");
        registry.Use("node:1");
        string file = registry.Write("file", "");
        PrebuildRequest request = registry.Request with { Environment = new Dictionary<string, string>(registry.Request.Environment) { ["XDG_CACHE_HOME"] = file } };
        Assert.Contains(file, (await Errors.ExpectAsync(Codes.FeatureCacheNotWritable, () => registry.BuildAsync(request))).Message);
    }

    private static Task<IReadOnlyList<LockChange>> UpdateAsync(FeatureRegistry registry, RecordingReporter reporter, string[]? only = null, bool vendor = false) =>
        new LockUpdate(new NoImages(), reporter).RunAsync(registry.Request, only ?? [], raiseEpoch: false, vendor, CancellationToken.None);

    private static byte[] Archive(string what)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            UstarTarEntry[] entries = what switch
            {
                "outside" => [File("../evil")],
                "below a link" => [new UstarTarEntry(TarEntryType.SymbolicLink, "a") { LinkName = "/tmp" }, File("a/evil")],
                "a pipe" => [new UstarTarEntry(TarEntryType.Fifo, "a")],
                "an absolute path" => [File("/evil")],
                "a hard link to nothing" => [new UstarTarEntry(TarEntryType.HardLink, "a") { LinkName = "b" }],
                _ => [File("install.sh")],
            };
            foreach (UstarTarEntry entry in entries)
            {
                writer.WriteEntry(entry);
            }
        }

        byte[] bytes = stream.ToArray();
        return what switch
        {
            "cut off" => bytes[..600],
            "no archive" => Encoding.UTF8.GetBytes(new string('x', 2000)),
            _ => bytes,
        };

        static UstarTarEntry File(string path) => new(TarEntryType.RegularFile, path) { DataStream = new MemoryStream("evil"u8.ToArray()) };
    }
}
