using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Several configurations in one repository (docs/configurations.md).</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class ConfigurationsTests : EngineTests
{
    private static readonly string[] Names = ["Web", "api", "default"];

    [TestMethod]
    public async Task One_project_builds_them_all_each_under_its_name()
    {
        Workspace workspace = Create(".devcontainer/devcontainer.json;.devcontainer/*/devcontainer.json");
        string repository = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        CommandResult built = (await Quickstart.PrebuildAsync(workspace, $"-p:DevcontainerRepository={repository}")).Succeeded();
        CollectionAssert.AreEqual(Names, Configurations(built, "DevcontainerImage"));
        foreach (string item in new[] { "DevcontainerDigest", "DevcontainerSbom", "DevcontainerCacheKey" })
        {
            CollectionAssert.AreEqual(Names, Configurations(built, item), item);
        }

        CollectionAssert.AreEqual(new[] { "Web" }, Configurations(built, "DevcontainerFeature"), "only one of them has a Feature");
        foreach ((string name, string suffix) in new[] { ("Web", "-web"), ("api", "-api"), ("default", "") })
        {
            IReadOnlyDictionary<string, string> image = built.Items("DevcontainerImage").Single(image => image["Configuration"] == name);
            Assert.AreEqual($"{repository}{suffix}@{image["Digest"]}", image["Identity"]);
            Assert.AreEqual("built", image["Source"]);
            Assert.AreEqual(workspace[$"bin/devcontainer/{name}/image"], image["Layout"]);
            Assert.IsTrue(File.Exists(workspace[$"bin/devcontainer/{name}/receipt.json"]));
        }

        // Pins are beside each, and there is nothing to do now: for all, and for each on its own.
        Assert.IsTrue(File.Exists(workspace[".devcontainer/Web/devcontainer-prebuild.lock.json"]));
        CommandResult again = (await Quickstart.PrebuildAsync(workspace, $"-p:DevcontainerRepository={repository}", "-p:DevcontainerLockedMode=true")).Succeeded();
        Assert.IsTrue(again.Items("DevcontainerImage").All(static image => image["Source"] == "local"));
        CommandResult one = (await Quickstart.PrebuildAsync(
            workspace, $"-p:DevcontainerRepository={repository}", "-p:DevcontainerConfigFile=.devcontainer/Web/devcontainer.json")).Succeeded();
        Assert.AreEqual("local", one.Items("DevcontainerImage").Single()["Source"]);
        CollectionAssert.AreEqual(new[] { "Web" }, Configurations(one, "DevcontainerImage"));

        CommandResult loaded = (await workspace.BuildAsync("build", "-t:LoadDevcontainer", $"-p:DevcontainerRepository={repository}", "-getTargetResult:LoadDevcontainer")).Succeeded();
        Assert.HasCount(3, loaded.Returned("LoadDevcontainer"));
        Assert.AreEqual("marked\nrepo /workspaces/repo", await TestEngine.RunAsync("docker", "run", "--rm", $"{repository}-web:latest", "sh", "-c", "cat /mark && printenv SEEN"));
        Assert.Contains("feature", await TestEngine.RunAsync("docker", "inspect", "--format", "{{json .Config.Labels}}", $"{repository}-web:latest"));
        await TestEngine.RunAsync("docker", "rmi", $"{repository}:latest", $"{repository}-web:latest", $"{repository}-api:latest");

        (await workspace.BuildAsync("clean")).Succeeded();
        Assert.IsEmpty(Directory.GetFiles(workspace["bin/devcontainer"], "receipt.json", SearchOption.AllDirectories));
    }

    [TestMethod]
    public async Task The_usual_commands_and_the_other_targets_are_about_all_of_them()
    {
        Workspace workspace = Create(".devcontainer/api/devcontainer.json,.devcontainer/devcontainer.json");
        CommandResult built = (await workspace.BuildAsync("build", "-getTargetResult:Build")).Succeeded();
        CollectionAssert.AreEqual(new[] { "api", "default" }, built.Returned("Build").Select(static item => item["Configuration"]).Order(StringComparer.Ordinal).ToArray());
        CommandResult resolved = (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-getItem:DevcontainerCacheKey")).Succeeded();
        CollectionAssert.AreEqual(new[] { "api", "default" }, Configurations(resolved, "DevcontainerCacheKey"));
        workspace.Write(".devcontainer/api/hello.txt", "Changed\n");
        CommandResult explained = (await workspace.BuildAsync("build", "-t:ExplainDevcontainer", "-getTargetResult:ExplainDevcontainer")).Succeeded();
        IReadOnlyDictionary<string, string> change = explained.Returned("ExplainDevcontainer").Single();
        Assert.AreEqual(("api", ".devcontainer/api/hello.txt"), (change["Configuration"], change["Identity"]));
        (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock")).Succeeded();
        (await workspace.BuildAsync("publish")).Succeeded();
        Assert.AreEqual(1, (await workspace.BuildAsync("build", "-t:RollbackDevcontainer")).ExitCode);
    }

    [TestMethod]
    [DataRow("-graph")]
    [DataRow("-mt")]
    [DataRow("-m:1")]
    public async Task However_MSBuild_runs_they_are_all_built(string option)
    {
        Workspace workspace = Create(".devcontainer/api/devcontainer.json,.devcontainer/devcontainer.json");
        CommandResult built = (await workspace.BuildAsync("build", option)).Succeeded();
        Assert.HasCount(2, built.Lines("(built: "), built.Report);
    }

    [TestMethod]
    public async Task Beside_an_application_they_are_built_once_whatever_the_frameworks()
    {
        Workspace workspace = Create("");
        File.Delete(workspace["dev.proj"]);
        workspace.WithLibrary(
            "app.csproj",
            "Sdk=\"Microsoft.NET.Sdk;Devcontainer.Sdk\"",
            """
            <PropertyGroup>
              <TargetFrameworks>net10.0;net10.0-haiku1.0</TargetFrameworks>
              <TargetPlatformSupported>true</TargetPlatformSupported>
              <NoWarn>CA1418</NoWarn>
              <PrebuildOnBuild>true</PrebuildOnBuild>
              <DevcontainerConfigFiles>.devcontainer/api/devcontainer.json;.devcontainer/devcontainer.json</DevcontainerConfigFiles>
            </PropertyGroup>
            <ItemGroup>
              <SdkSupportedTargetPlatformIdentifier Include="haiku" />
              <SdkSupportedTargetPlatformVersion Include="1.0" />
            </ItemGroup>
            """);
        CommandResult built = (await workspace.BuildAsync("build")).Succeeded();
        Assert.HasCount(2, built.Lines("(built: "), built.Report);
        Assert.IsTrue(File.Exists(workspace["bin/devcontainer/api/receipt.json"]));
        Assert.IsTrue(File.Exists(workspace["bin/devcontainer/default/receipt.json"]));
        (await workspace.BuildAsync("clean")).Succeeded();
        Assert.IsFalse(File.Exists(workspace["bin/devcontainer/api/receipt.json"]));
    }

    [TestMethod]
    [DataRow(".devcontainer/*/none.json", "DEVC1020", ".devcontainer/*/none.json")]
    [DataRow(".devcontainer/devcontainer.json;sub/.devcontainer/devcontainer.json", "DEVC1021", "'default'")]
    [DataRow(".devcontainer/none/devcontainer.json", "DEVC1001", "none/devcontainer.json")]
    public async Task What_cannot_be_told_apart_or_is_not_there_is_an_error(string files, string code, string says)
    {
        Workspace workspace = Create(files);
        string before = FolderSnapshot.Take(workspace.Folder);
        Assert.Contains(says, (await workspace.BuildAsync("build", "-t:Prebuild")).Failed(code).Text);
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }

    [TestMethod]
    public async Task Where_only_folders_have_one_a_build_says_which()
    {
        Workspace workspace = Create("");
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        File.Delete(workspace[".devcontainer/devcontainer.json"]);
        string text = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC1001").Text;
        Assert.Contains("'Web/devcontainer.json', 'api/devcontainer.json'", text);
        Assert.Contains("DevcontainerConfigFiles", text);
        CommandResult one = (await Quickstart.PrebuildAsync(workspace, "-p:DevcontainerConfigFile=.devcontainer/api/devcontainer.json")).Succeeded();
        Assert.AreEqual(workspace["bin/devcontainer/image"], one.Items("DevcontainerImage").Single()["Layout"], "with one alone, names are as they always are");
    }

    private static string[] Configurations(CommandResult result, string item) =>
        [.. result.Items(item).Select(static one => one["Configuration"]).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Three configurations: the usual one, one with a Dockerfile beside it, one with a Feature above it.</summary>
    private Workspace Create(string files)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write("dev.proj", $"""<Project Sdk="Devcontainer.Sdk"><PropertyGroup><DevcontainerConfigFiles>{files}</DevcontainerConfigFiles></PropertyGroup></Project>""");
        workspace.Write(".devcontainer/api/devcontainer.json", """{ "build": { "dockerfile": "Dockerfile" } }""");
        workspace.Write(".devcontainer/api/Dockerfile", "FROM scratch\nCOPY hello.txt /api.txt\n");
        workspace.Write(".devcontainer/api/hello.txt", Guid.NewGuid().ToString());
        workspace.Write(
            ".devcontainer/Web/devcontainer.json",
            """
            {
              "image": "debian:bookworm",
              "features": { "../features/mark": {} },
              "containerEnv": { "SEEN": "${localWorkspaceFolderBasename} ${containerWorkspaceFolder}" }
            }
            """);
        workspace.Write(".devcontainer/features/mark/devcontainer-feature.json", """{ "id": "mark", "version": "1.0.0", "customizations": { "feature": true } }""");
        workspace.Write(".devcontainer/features/mark/install.sh", "#!/bin/sh\necho marked >/mark\n");
        workspace.Write("sub/.devcontainer/devcontainer.json", """{ "image": "debian:bookworm" }""");
        workspace.Environment["DevcontainerRepository"] = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        return workspace;
    }
}
