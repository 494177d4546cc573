using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Tests.Inputs;

/// <summary>What an update does to the lock file. The registry is a fake; UpdateLockTests asks a real one.</summary>
[TestClass]
public sealed class LockUpdateTests
{
    private const string Debian = SampleWorkspace.BaseName;
    private const string Tools = "docker.io/library/tools:1";
    private static readonly (string, char)[] Both = [("linux/amd64", 'a'), ("linux/arm64", 'b')];

    private readonly RecordingReporter _reporter = new();

    [TestMethod]
    public async Task A_pin_that_is_current_stays_and_nothing_is_written()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        FakeCatalog catalog = new FakeCatalog().With(Debian, '0', Both);
        DateTime written = Touch(workspace);
        Assert.IsEmpty(await UpdateAsync(workspace, catalog));
        Assert.AreEqual("Every pin is current.", _reporter.Text);
        Assert.AreEqual(written, File.GetLastWriteTimeUtc(LockOf(workspace).Path));
    }

    [TestMethod]
    public async Task A_pin_moves_to_what_its_reference_points_at_now()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        IReadOnlyList<LockChange> changes = await UpdateAsync(workspace, new FakeCatalog().With(Debian, '1', ("linux/amd64", 'c'), ("linux/arm64", 'd')));
        Assert.AreEqual(
            new LockChange(LockChangeKind.Moved, Debian, SampleWorkspace.DigestOf('0').Value, SampleWorkspace.DigestOf('1').Value), changes.Single());
        Assert.AreEqual($"Moved {Debian}: sha256:000000000000… -> sha256:111111111111….", _reporter.Text);
        PinnedImage pin = LockOf(workspace).Images.Single().Value;
        Assert.AreEqual(SampleWorkspace.DigestOf('1'), pin.Digest);
        Assert.AreEqual(SampleWorkspace.DigestOf('c').Value, pin.Platforms["linux/amd64"]);
        Assert.AreEqual(SampleWorkspace.DigestOf('d').Value, pin.Platforms["linux/arm64"]);
    }

    [TestMethod]
    public async Task What_has_no_pin_gets_one_and_what_nothing_names_loses_its_own()
    {
        using SampleWorkspace workspace = WithTwoImages();
        workspace.Pin(name: "docker.io/library/old:1");
        IReadOnlyList<LockChange> changes = await UpdateAsync(workspace, new FakeCatalog().With(Debian, '1', Both).With(Tools, '2', Both));
        CollectionAssert.AreEqual(
            new[] { (LockChangeKind.Pinned, Debian), (LockChangeKind.Pinned, Tools), (LockChangeKind.Removed, "docker.io/library/old:1") },
            changes.Select(static change => (change.Kind, change.Name)).ToArray());
        CollectionAssert.AreEqual(new[] { Debian, Tools }, LockOf(workspace).Images.Keys.Order(StringComparer.Ordinal).ToArray());
    }

    [TestMethod]
    public async Task Only_what_is_named_is_asked_about_and_nothing_else_changes()
    {
        using SampleWorkspace workspace = WithTwoImages();
        workspace.Pin(name: "docker.io/library/old:1");
        FakeCatalog catalog = new FakeCatalog().With(Debian, '1', Both).With(Tools, '2', Both);
        IReadOnlyList<LockChange> changes = await UpdateAsync(workspace, catalog, only: ["tools:1", "library/tools:1"]);
        Assert.AreEqual(Tools, changes.Single().Name);
        CollectionAssert.AreEqual(new[] { Tools }, catalog.Asked);
        CollectionAssert.AreEqual(new[] { "docker.io/library/old:1", Tools }, LockOf(workspace).Images.Keys.Order(StringComparer.Ordinal).ToArray());

        Assert.IsEmpty(await UpdateAsync(workspace, catalog, only: ["tools:1"]));
        Assert.AreEqual($"Current: {Tools}.", _reporter.Statuses.Last());
    }

    [TestMethod]
    [DataRow("tools:2")]
    [DataRow("docker.io/library/old:1")]
    [DataRow("debian@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task To_name_an_image_that_needs_no_pin_is_an_error_that_lists_those_that_do(string name)
    {
        using SampleWorkspace workspace = WithTwoImages();
        workspace.Pin(name: "docker.io/library/old:1");
        var catalog = new FakeCatalog();
        Diagnostic error = await Errors.ExpectAsync(Codes.PinNotNeeded, () => UpdateAsync(workspace, catalog, only: [name]));
        Assert.Contains(name, error.Message);
        Assert.Contains($"{Debian}, {Tools}", error.Message);
        Assert.IsEmpty(catalog.Asked);
    }

    [TestMethod]
    public async Task A_reference_with_a_digest_of_its_own_is_not_asked_about()
    {
        using var workspace = new SampleWorkspace($$"""{ "image": "debian:12@{{SampleWorkspace.DigestOf('7')}}" }""");
        var catalog = new FakeCatalog();
        IReadOnlyList<LockChange> changes = await UpdateAsync(workspace, catalog);
        Assert.AreEqual((LockChangeKind.Removed, Debian), (changes.Single().Kind, changes.Single().Name));
        Assert.IsEmpty(catalog.Asked);
        Assert.IsEmpty(LockOf(workspace).Images);
    }

    [TestMethod]
    public async Task Platforms_that_are_asked_for_now_are_added_and_those_of_others_stay()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        FakeCatalog catalog = new FakeCatalog().With(Debian, '0', [.. Both, ("linux/riscv64", 'c')]);
        workspace.Request = workspace.Request with { Platforms = [new("linux", "riscv64")] };
        IReadOnlyList<LockChange> changes = await UpdateAsync(workspace, catalog);
        Assert.AreEqual(LockChangeKind.Completed, changes.Single().Kind);
        CollectionAssert.AreEqual(
            new[] { "linux/amd64", "linux/arm64", "linux/riscv64" }, LockOf(workspace).Images.Single().Value.Platforms.Keys.Order(StringComparer.Ordinal).ToArray());
    }

    [TestMethod]
    public async Task A_platform_that_the_image_has_lost_is_an_error_only_where_it_is_asked_for()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        FakeCatalog catalog = new FakeCatalog().With(Debian, '1', ("linux/amd64", 'c'));
        await Errors.ExpectAsync(Codes.BaseImagePlatformMissing, () => UpdateAsync(workspace, catalog));
        Assert.AreEqual(SampleWorkspace.DigestOf('0'), LockOf(workspace).Images.Single().Value.Digest);

        workspace.Request = workspace.Request with { Platforms = [SampleWorkspace.Amd64] };
        await UpdateAsync(workspace, catalog);
        Assert.AreEqual("linux/amd64", LockOf(workspace).Images.Single().Value.Platforms.Keys.Single());
    }

    [TestMethod]
    public async Task What_another_platform_needs_is_no_pin_that_nothing_names()
    {
        using var workspace = new SampleWorkspace("""{ "build": { "dockerfile": "Dockerfile" } }""");
        workspace.Write(".devcontainer/Dockerfile", "FROM tools-$TARGETARCH:1\n");
        workspace.Pin(name: "docker.io/library/tools-arm64:1");
        workspace.Request = workspace.Request with { Platforms = [SampleWorkspace.Amd64] };
        FakeCatalog catalog = new FakeCatalog().With("docker.io/library/tools-amd64:1", '1', Both).With("docker.io/library/tools-arm64:1", '0', Both);
        Assert.AreEqual(("docker.io/library/tools-amd64:1", LockChangeKind.Pinned), (await UpdateAsync(workspace, catalog)).Select(static c => (c.Name, c.Kind)).Single());
    }

    [TestMethod]
    public async Task Raising_the_epoch_counts_up_by_one()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        workspace.Pin(epoch: 4);
        IReadOnlyList<LockChange> changes = await UpdateAsync(workspace, new FakeCatalog().With(Debian, '0', Both), raiseEpoch: true);
        Assert.AreEqual(new LockChange(LockChangeKind.Raised, "epoch", "4", "5"), changes.Single());
        Assert.AreEqual("Raised the epoch: 4 -> 5.", _reporter.Text);
        Assert.AreEqual(5, LockOf(workspace).Epoch);
        Assert.HasCount(1, LockOf(workspace).Images);
    }

    [TestMethod]
    public async Task The_last_epoch_cannot_be_raised()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        workspace.Pin(epoch: int.MaxValue);
        await Errors.ExpectAsync(Codes.LockFileInvalid, () => UpdateAsync(workspace, new FakeCatalog().With(Debian, '0', Both), raiseEpoch: true));
        Assert.AreEqual(int.MaxValue, LockOf(workspace).Epoch);
    }

    [TestMethod]
    public async Task A_dry_run_says_what_would_change_and_writes_nothing()
    {
        using SampleWorkspace workspace = WithTwoImages();
        byte[] before = await File.ReadAllBytesAsync(LockOf(workspace).Path);
        workspace.Request = workspace.Request with { DryRun = true };
        await UpdateAsync(workspace, new FakeCatalog().With(Debian, '1', Both).With(Tools, '2', Both), raiseEpoch: true);
        CollectionAssert.AreEqual(before, await File.ReadAllBytesAsync(LockOf(workspace).Path));
        CollectionAssert.AreEqual(
            new[]
            {
                $"Would move {Debian}: sha256:000000000000… -> sha256:111111111111….",
                $"Would pin {Tools} to {SampleWorkspace.DigestOf('2')}.",
                "Would raise the epoch: 0 -> 1.",
            },
            _reporter.Statuses.ToArray());
    }

    [TestMethod]
    public async Task Locked_mode_does_not_refuse_what_is_asked_for_by_name()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        workspace.Request = workspace.Request with { LockedMode = true };
        Assert.HasCount(1, await UpdateAsync(workspace, new FakeCatalog().With(Debian, '1', Both)));
    }

    [TestMethod]
    public async Task Offline_there_is_nobody_to_ask()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        PrebuildRequest offline = workspace.Request with { Registries = workspace.Request.Registries with { Offline = true } };
        await Errors.ExpectAsync(Codes.OfflineImage, () => new LockUpdate(_reporter).RunAsync(offline, [], raiseEpoch: true, vendorFeatures: false, CancellationToken.None));
        Assert.AreEqual(0, LockOf(workspace).Epoch);
    }

    [TestMethod]
    public async Task Where_one_image_is_gone_no_pin_moves()
    {
        using SampleWorkspace workspace = WithTwoImages();
        Diagnostic error = await Errors.ExpectAsync(Codes.BaseImageNotFound, () => UpdateAsync(workspace, new FakeCatalog().With(Debian, '1', Both)));
        Assert.AreEqual(workspace[".devcontainer/Dockerfile"], error.Location!.File);
        Assert.AreEqual(SampleWorkspace.DigestOf('0'), LockOf(workspace).Images.Single().Value.Digest);
    }

    private static SampleWorkspace WithTwoImages()
    {
        var workspace = new SampleWorkspace("""{ "build": { "dockerfile": "Dockerfile" } }""");
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:12\nCOPY --from=tools:1 /a /a\nCOPY --from=docker.io/library/tools:1 /b /b\n");
        return workspace;
    }

    private Task<IReadOnlyList<LockChange>> UpdateAsync(SampleWorkspace workspace, FakeCatalog catalog, string[]? only = null, bool raiseEpoch = false) =>
        new LockUpdate(catalog, _reporter).RunAsync(workspace.Request, only ?? [], raiseEpoch, vendorFeatures: false, CancellationToken.None);

    private static LockFile LockOf(SampleWorkspace workspace) => LockFile.Read(workspace.Request.ConfigFile);

    private static DateTime Touch(SampleWorkspace workspace)
    {
        var longAgo = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(LockOf(workspace).Path, longAgo);
        return longAgo;
    }
}
