using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.Inputs;
using Devcontainer.Prebuild.Tests.Receipts;
using Devcontainer.Prebuild.Toolchain;

namespace Devcontainer.Prebuild.Tests.Toolchain;

/// <summary>Pins of the SDK in the lock file, and what of them is in a key.</summary>
[TestClass]
public sealed class ToolchainPinTests
{
    private static readonly byte[] Archive = DotNetFeedServer.SmallSdk("10.0.401", "10.0.12");

    [TestMethod]
    public async Task A_build_writes_a_pin_that_is_missing_and_moves_none()
    {
        using DotNetFeedServer server = new DotNetFeedServer().AddSdk("10.0.400", Both()).AddRuntime("9.0.4", Both());
        using SampleWorkspace workspace = New(server, "10.0.400", new RuntimeRequest("Microsoft.NETCore.App", "9.0.x"));
        var reporter = new RecordingReporter();
        IReadOnlyList<CacheKey> keys = await ResolveAsync(workspace, reporter);
        Assert.Contains("Pinned Microsoft.NET.Sdk 10.0.400 latestPatch to 10.0.400.", reporter.Text);
        Assert.Contains("Pinned Microsoft.NETCore.App 9.0.x to 9.0.4.", reporter.Text);
        string text = await File.ReadAllTextAsync(LockFile.PathFor(workspace.Request.ConfigFile));
        Assert.Contains("\"version\": 2,", text);
        Assert.AreEqual(text, Encoding.UTF8.GetString(LockFile.Read(workspace.Request.ConfigFile).ToBytes()), "what is written is read");

        server.AddSdk("10.0.401", Both());
        server.Asked.Clear();
        CollectionAssert.AreEqual(keys.ToArray(), (await ResolveAsync(workspace, reporter)).ToArray());
        Assert.IsEmpty(server.Asked);
        Assert.AreEqual(text, await File.ReadAllTextAsync(LockFile.PathFor(workspace.Request.ConfigFile)));

        // An update moves it, and forgets what nothing asks for.
        workspace.Request = workspace.Request with { Toolchain = workspace.Request.Toolchain! with { Runtimes = [] } };
        IReadOnlyList<LockChange> changes = await UpdateAsync(workspace, "Microsoft.NET.Sdk 10.0.400 latestPatch");
        Assert.AreEqual(new LockChange(LockChangeKind.Moved, "Microsoft.NET.Sdk 10.0.400 latestPatch", "10.0.400", "10.0.401"), changes.Single());
        LockFile file = LockFile.Read(workspace.Request.ConfigFile);
        CollectionAssert.AreEquivalent(new[] { "Microsoft.NET.Sdk 10.0.400 latestPatch", "Microsoft.NETCore.App 9.0.x" }, file.Toolchain.Keys.ToArray());
    }

    [TestMethod]
    public async Task Locked_mode_and_offline_write_none()
    {
        using DotNetFeedServer server = new DotNetFeedServer().AddSdk("10.0.400", Both());
        using SampleWorkspace workspace = New(server, "10.0.400");
        PrebuildRequest request = workspace.Request;
        workspace.Request = request with { LockedMode = true };
        Diagnostic error = await Errors.ExpectAsync(Codes.ToolchainPinMissing, () => ResolveAsync(workspace, new RecordingReporter()));
        Assert.Contains("Microsoft.NET.Sdk 10.0.400 latestPatch", error.Message);
        workspace.Request = request with { Registries = request.Registries with { Offline = true } };
        await Errors.ExpectAsync(Codes.ToolchainOffline, () => ResolveAsync(workspace, new RecordingReporter()));
        Assert.IsEmpty(server.Asked);
    }

    [TestMethod]
    public async Task Only_the_toolchain_key_and_those_above_it_follow_the_version()
    {
        using DotNetFeedServer server = new DotNetFeedServer().AddSdk("10.0.400", Both()).AddSdk("10.0.401", Both());
        using SampleWorkspace workspace = New(server, "10.0.400");
        IReadOnlyList<CacheKey> before = await ResolveAsync(workspace, new RecordingReporter());
        workspace.Edit("global.json", "10.0.400", "10.0.401");
        IReadOnlyList<CacheKey> after = await ResolveAsync(workspace, new RecordingReporter());
        CollectionAssert.AreEqual(before.Select(static key => key.Tier).ToArray(), after.Select(static key => key.Tier).ToArray());
        foreach ((CacheKey one, CacheKey other) in before.Zip(after))
        {
            bool follows = one.Tier is KeyTier.Toolchain or KeyTier.Image or KeyTier.Index;
            Assert.AreEqual(follows, one.Value != other.Value, $"{one.Tier} of {one.Platform}");
        }
    }

    [TestMethod]
    public async Task Whatever_else_of_it_counts_is_in_the_key()
    {
        using DotNetFeedServer server = new DotNetFeedServer().AddSdk("10.0.400", Both()).AddRuntime("9.0.4", Both());
        using SampleWorkspace workspace = New(server, "10.0.400");
        PrebuildRequest request = workspace.Request;
        var keys = new HashSet<string> { await KeyAsync(request) };
        Assert.IsTrue(keys.Add(await KeyAsync(request with { Toolchain = request.Toolchain! with { Libc = "musl" } })), "the C library");
        Assert.IsTrue(keys.Add(await KeyAsync(request with { GenerateSbom = true })), "how the image is known");
        Assert.IsTrue(keys.Add(await KeyAsync(request with { Toolchain = request.Toolchain! with { Runtimes = [new RuntimeRequest("Microsoft.NETCore.App", "9.0")] } })), "runtimes");
        Assert.IsFalse(keys.Add(await KeyAsync(request with { Toolchain = request.Toolchain! with { Feed = new Uri("https://dotnet.example/copy") } })), "not where it comes from");

        async Task<string> KeyAsync(PrebuildRequest changed)
        {
            workspace.Request = changed;
            return (await ResolveAsync(workspace, new RecordingReporter())).First(static key => key.Tier == KeyTier.Toolchain).Value;
        }
    }

    [TestMethod]
    [DataRow("\"10.0.400\"", "\"ten\"", "no version of .NET")]
    [DataRow("\"linux-x64\": \"", "\"linux-x64\": \"x", "no SHA-512")]
    [DataRow("\"sha512\"", "\"sha256\"", "no 'sha512'")]
    public async Task A_damaged_pin_is_an_error(string old, string @new, string says)
    {
        using DotNetFeedServer server = new DotNetFeedServer().AddSdk("10.0.400", Both());
        using SampleWorkspace workspace = New(server, "10.0.400");
        await ResolveAsync(workspace, new RecordingReporter());
        workspace.Edit(".devcontainer/devcontainer-prebuild.lock.json", old, @new);
        Assert.Contains(says, Errors.Expect(Codes.LockFileInvalid, () => LockFile.Read(workspace.Request.ConfigFile)).Message);
    }

    [TestMethod]
    [DataRow("Microsoft.NETCore.App", "9.0", true)]
    [DataRow("Microsoft.AspNetCore.App", "9.0.x", true)]
    [DataRow("Microsoft.NETCore.App", "10.0.0-rc.1.2", true)]
    [DataRow("Microsoft.NETCore.App", "9", false)]
    [DataRow("Microsoft.NETCore.App", "9.x", false)]
    [DataRow("Microsoft.NETCore.App", "", false)]
    [DataRow("Microsoft.WindowsDesktop.App", "9.0", false)]
    public void A_runtime_is_one_that_there_is_in_a_version_or_channel(string name, string version, bool isGood) =>
        Assert.AreEqual(isGood, RuntimeRequest.Refuse(name, version) is null);

    [TestMethod]
    public async Task What_changed_is_told_as_global_json_says_it()
    {
        using DotNetFeedServer server = new DotNetFeedServer().AddSdk("10.0.400", Both());
        using SampleWorkspace workspace = New(server, "10.0.400");
        await ResolveAsync(workspace, new RecordingReporter());
        IReadOnlyList<ReceiptInput> before = InputList.Of(await workspace.ReadAsync());
        server.AddSdk("10.0.401", Both());
        workspace.Edit("global.json", "10.0.400", "10.0.401");
        await ResolveAsync(workspace, new RecordingReporter());
        IReadOnlyList<ReceiptInput> after = InputList.Of(await workspace.ReadAsync());
        Receipt receipt = ReceiptSample.Create() with { Inputs = before };
        string[] words = [.. InputComparison.Compare(receipt, receipt.Platforms.Select(static one => one.Platform), after).Select(static change => $"{change.Text} [{change.Tier}]")];
        Assert.AreEqual("Microsoft.NET.Sdk: 10.0.400 → 10.0.401 [toolchain]; global.json: sdk.version 10.0.400 → 10.0.401 [toolchain]", string.Join("; ", words));
    }

    private static async Task<IReadOnlyList<CacheKey>> ResolveAsync(SampleWorkspace workspace, RecordingReporter reporter) =>
        (await new PrebuildPipeline(new ProcessRunner(), new FakeCatalog(), reporter).ResolveAsync(workspace.Request, CancellationToken.None)).Keys;

    private static Task<IReadOnlyList<LockChange>> UpdateAsync(SampleWorkspace workspace, params string[] only) =>
        new LockUpdate(new FakeCatalog(), new RecordingReporter()).RunAsync(workspace.Request, only, raiseEpoch: false, vendorFeatures: false, CancellationToken.None);

    private static (string, byte[])[] Both() => [("linux-x64", Archive), ("linux-arm64", Archive)];

    private static SampleWorkspace New(DotNetFeedServer server, string version, params RuntimeRequest[] runtimes)
    {
        var workspace = new SampleWorkspace("""{ "build": { "dockerfile": "Dockerfile" } }""");
        workspace.Write(".devcontainer/Dockerfile", "FROM scratch\n");
        workspace.Write("global.json", $$"""{ "sdk": { "version": "{{version}}", "rollForward": "latestPatch" } }""");
        workspace.Request = workspace.Request with
        {
            Inputs = [new DeclaredInput(workspace["global.json"], "toolchain", "json:/sdk")],
            Toolchain = new ToolchainRequest(server.Address, runtimes, null),
        };
        return workspace;
    }
}
