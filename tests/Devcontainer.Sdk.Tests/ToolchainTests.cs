using System.Runtime.InteropServices;
using Devcontainer.Prebuild.Tests.Toolchain;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>The SDK that global.json asks for, as a layer: another version needs no engine.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class ToolchainTests : EngineTests
{
    private static readonly string Architecture = RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64";

    [TestMethod]
    public async Task A_new_sdk_is_a_layer_and_no_build()
    {
        using DotNetFeedServer feed = Small("10.0.100");
        Workspace workspace = NewWorkspace(feed).WithSmallDevcontainer();
        Project(workspace, string.Empty);
        GlobalJson(workspace, "10.0.100");
        CommandResult built = (await Quickstart.PrebuildAsync(workspace)).Succeeded();
        Assert.AreEqual("built", Image(built)["Source"]);
        Assert.Contains("\"pkg:generic/dotnet-sdk@10.0.100\"", await SbomAsync(built));

        // From here on there is no engine.
        workspace.Environment["PATH"] = SharingTests.WithoutDocker(workspace);
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded()));
        Add(feed, "10.0.101");
        GlobalJson(workspace, "10.0.101");
        CommandResult resolved = (await workspace.BuildAsync("build", "-t:ResolveDevcontainer")).Succeeded();
        Assert.HasCount(1, resolved.Lines("Pinned Microsoft.NET.Sdk 10.0.101 latestMajor to 10.0.101."), resolved.Report);
        CommandResult explained = (await workspace.BuildAsync("build", "-t:ExplainDevcontainer")).Succeeded();
        Assert.HasCount(1, explained.Lines("~ global.json: sdk.version 10.0.100 → 10.0.101 [toolchain]"), explained.Report);
        Assert.HasCount(1, explained.Lines("No build and no engine: the .NET SDK is put on the environment image of "), explained.Report);
        CommandResult appended = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        Assert.Contains("(appended: layers were put on the environment image, without an engine)", CommandTests.Result(appended));
        Assert.HasCount(1, appended.Lines("The image is out of date: Microsoft.NET.Sdk: 10.0.100 → 10.0.101; global.json: sdk.version 10.0.100 → 10.0.101."), appended.Report);
        CommandResult items = (await Quickstart.PrebuildAsync(workspace)).Succeeded();
        Assert.Contains("\"pkg:generic/dotnet-sdk@10.0.101\"", await SbomAsync(items));
        Assert.DoesNotContain("\"pkg:generic/dotnet-sdk@10.0.100\"", await SbomAsync(items));
        Assert.AreEqual(Key(built, "environment"), Key(items, "environment"));
        Assert.AreNotEqual(Key(built, "toolchain"), Key(items, "toolchain"));

        // As it was is byte for byte the image that it was, and what was fetched is not fetched again.
        GlobalJson(workspace, "10.0.100");
        feed.Asked.Clear();
        Assert.AreEqual(Image(built)["Digest"], Image((await Quickstart.PrebuildAsync(workspace)).Succeeded())["Digest"]);
        Assert.IsEmpty(feed.Asked);
    }

    [TestMethod]
    public async Task A_base_image_that_has_the_sdk_gets_no_other()
    {
        using DotNetFeedServer feed = Small("10.0.401");
        Workspace workspace = NewWorkspace(feed).WithSmallDevcontainer();
        workspace.Write(".devcontainer/Dockerfile", "FROM scratch\nENV DOTNET_SDK_VERSION=10.0.405\nCOPY hello.txt /hello.txt\n");
        Project(workspace, string.Empty);
        GlobalJson(workspace, "10.0.401");
        CommandResult built = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        Assert.HasCount(1, built.Lines("The base image of "), built.Report);
        Assert.DoesNotContain(static path => path.EndsWith(".tar.gz", StringComparison.Ordinal), feed.Asked);
    }

    [TestMethod]
    [DataRow("10.0", "DEVC3090")]
    [DataRow("10.0.100", "DEVC3092")]
    public async Task An_sdk_that_there_is_not_is_one_error(string version, string code)
    {
        using DotNetFeedServer feed = Small("9.0.100");
        Workspace workspace = NewWorkspace(feed).WithSmallDevcontainer();
        Project(workspace, string.Empty);
        GlobalJson(workspace, version);
        Assert.Contains(version, (await workspace.BuildAsync("build", "-t:Prebuild")).Failed(code).Text);
    }

    /// <summary>The SDK of this machine, in a container whose base image has none.</summary>
    [TestMethod]
    [Long]
    public async Task Every_user_and_every_shell_has_the_sdk()
    {
        string version = (await TestEngine.RunAsync("dotnet", "--version")).Trim();
        using DotNetFeedServer feed = new DotNetFeedServer().AddSdk(version, ($"linux-{Architecture}", MachineSdk.PackHost(version)));
        Workspace workspace = NewWorkspace(feed);
        string name = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        workspace.Write(".devcontainer/devcontainer.json", """{ "image": "mcr.microsoft.com/devcontainers/base:bookworm", "remoteUser": "vscode" }""");
        Project(workspace, $"<DevcontainerRepository>{name}</DevcontainerRepository>");
        GlobalJson(workspace, version);
        try
        {
            (await workspace.BuildAsync("build", "-t:LoadDevcontainer")).Succeeded();
            foreach (string user in (string[])["root", "vscode"])
            {
                foreach (string shell in (string[])["-c", "-lc"])
                {
                    Assert.AreEqual(
                        $"{version} /usr/share/dotnet",
                        await TestEngine.RunAsync("docker", "run", "--rm", "--user", user, name + ":latest", "bash", shell, "cd /tmp && echo $(dotnet --version) $DOTNET_ROOT"),
                        $"{user} {shell}");
                }
            }
        }
        finally
        {
            await Command.RunAsync("docker", ["rmi", "--force", name + ":latest"], Path.GetTempPath());
        }
    }

    private static DotNetFeedServer Small(params string[] versions)
    {
        var feed = new DotNetFeedServer();
        foreach (string version in versions)
        {
            Add(feed, version);
        }

        return feed;
    }

    private static void Add(DotNetFeedServer feed, string version) =>
        feed.AddSdk(version, ($"linux-{Architecture}", DotNetFeedServer.SmallSdk(version, "10.0.12")));

    private Workspace NewWorkspace(DotNetFeedServer feed)
    {
        Workspace workspace = NewWorkspace();
        workspace.Environment["DevcontainerDotNetFeed"] = feed.Address.AbsoluteUri;
        workspace.Environment["XDG_CACHE_HOME"] = workspace["cache"];
        return workspace;
    }

    private static void Project(Workspace workspace, string properties) => workspace.Write(
        "dev.proj", $"""<Project Sdk="Devcontainer.Sdk"><PropertyGroup><DevcontainerInstallSdk>true</DevcontainerInstallSdk>{properties}</PropertyGroup></Project>""");

    // One that the dotnet of the tests takes too, for it reads the same file.
    private static void GlobalJson(Workspace workspace, string version) =>
        workspace.Write("global.json", SdkPackage.GlobalJson.Replace("10.0.400", version, StringComparison.Ordinal).Replace("latestFeature", "latestMajor", StringComparison.Ordinal));

    private static IReadOnlyDictionary<string, string> Image(CommandResult items) => items.Items("DevcontainerImage").Single();

    private static string Key(CommandResult items, string tier) => items.Items("DevcontainerCacheKey").First(key => key["Tier"] == tier)["Identity"];

    private static Task<string> SbomAsync(CommandResult items) => File.ReadAllTextAsync(items.Items("DevcontainerSbom")[0]["Identity"]);
}
