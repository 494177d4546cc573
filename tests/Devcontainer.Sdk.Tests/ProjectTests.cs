using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>What is asked of a project that is a dev container and nothing else, where no engine is needed.</summary>
[TestClass]
public sealed class ProjectTests : SdkTests
{
    [TestMethod]
    [DataRow("restore")]
    [DataRow("pack")]
    [DataRow("test")]
    [DataRow("clean")]
    public async Task Nothing_happens_on(string verb)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string before = FolderSnapshot.Take(workspace.Folder);
        (await workspace.BuildAsync(verb)).Succeeded();
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }

    [TestMethod]
    public async Task Tests_on_the_testing_platform_pass_it_by()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write("global.json", SdkPackage.GlobalJsonOfTestingPlatform);
        CommandResult test = await workspace.DotnetAsync("test", "--project", "dev.proj");
        Assert.IsEmpty(test.Messages, test.Report);
        Assert.IsFalse(Directory.Exists(workspace["bin"]));
    }

    // What an editor asks for: Roslyn's build host, the project systems of Visual Studio and of the C# extension.
    [TestMethod]
    [DataRow("Compile;CoreCompile")]
    [DataRow("Build")]
    [DataRow(
        "ResolveAssemblyReferencesDesignTime;ResolveProjectReferencesDesignTime;ResolveProjectReferencesDesignTime2;ResolveComReferencesDesignTime;"
        + "CollectPackageReferences;CollectResolvedSDKReferencesDesignTime;CollectUpToDateCheckInputDesignTime;CollectUpToDateCheckOutputDesignTime;"
        + "CollectUpToDateCheckBuiltDesignTime;CollectCopyToOutputDirectoryItemDesignTime;CollectFrameworkReferences;CollectAnalyzersDesignTime;"
        + "GenerateSupportedTargetFrameworkAlias;BuiltProjectOutputGroup;CompileDesignTime")]
    public async Task A_design_time_build_starts_nothing(string targets)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string before = FolderSnapshot.Take(workspace.Folder);
        string[] properties = ["DesignTimeBuild=true", "BuildingProject=false", "SkipCompilerExecution=true", "ProvideCommandLineArgs=true"];
        (await workspace.BuildAsync("build", [.. targets.Split(';').Select(static t => "-t:" + t), .. properties.Select(static p => "-p:" + p)])).Succeeded();
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }

    [TestMethod]
    public async Task Properties_have_their_defaults()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer("My.Dev.proj");
        var expected = new Dictionary<string, string>
        {
            ["DevcontainerConfigFile"] = workspace[".devcontainer/devcontainer.json"],
            ["DevcontainerImageTags"] = "latest",
            ["DevcontainerLockedMode"] = "",
            ["DevcontainerOutputPath"] = workspace["bin/devcontainer"] + Path.DirectorySeparatorChar,
            ["DevcontainerRegistry"] = "",
            ["DevcontainerRepository"] = "my.dev",
            ["GenerateDevcontainerSbom"] = "true",
            ["PrebuildOnBuild"] = "true",
            ["UsingDevcontainerSdk"] = "true",
        };
        CommandResult answer = (await workspace.BuildAsync("build", "-getProperty:" + string.Join(',', expected.Keys))).Succeeded();
        foreach (JsonProperty property in answer.Json.GetProperty("Properties").EnumerateObject())
        {
            Assert.AreEqual(expected[property.Name], property.Value.GetString(), property.Name);
        }
    }

    [TestMethod]
    [DataRow("ContainerRegistry=registry.example", "DevcontainerRegistry", "registry.example")]
    [DataRow("ContainerRepository=team/app", "DevcontainerRepository", "team/app")]
    [DataRow("CI=true", "DevcontainerLockedMode", "true")]
    [DataRow("GITHUB_ACTIONS=true", "DevcontainerLockedMode", "true")]
    [DataRow("TF_BUILD=True", "DevcontainerLockedMode", "true")]
    [DataRow("GITLAB_CI=true", "DevcontainerLockedMode", "true")]
    [DataRow("ContinuousIntegrationBuild=true", "DevcontainerLockedMode", "true")]
    [DataRow("DevcontainerLockedMode=false", "DevcontainerLockedMode", "false")]
    public async Task A_default_follows_the_environment(string variable, string property, string expected)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string[] pair = variable.Split('=');
        workspace.Environment[pair[0]] = pair[1];
        Assert.AreEqual(expected, (await workspace.BuildAsync("build", "-getProperty:" + property)).Succeeded().Output.Trim());
    }

    [TestMethod]
    [DataRow(".devcontainer/devcontainer.json", "dev.proj")]
    [DataRow(".devcontainer.json", "dev.proj")]
    [DataRow(".devcontainer/devcontainer.json", ".devcontainer/dev.proj")]
    [DataRow(".devcontainer/devcontainer.json", "eng/deep/dev.proj")]
    [DataRow(".devcontainer.json", "eng/deep/dev.proj")]
    [DataRow("eng/deep/.devcontainer/devcontainer.json", "eng/deep/dev.proj")]
    public async Task The_configuration_is_found(string configuration, string project)
    {
        Workspace workspace = NewWorkspace();
        workspace.Write(configuration, """{ "image": "debian" }""");
        workspace.Write(project, """<Project Sdk="Devcontainer.Sdk" />""");
        CommandResult answer = await workspace.BuildAsync("build", project, "-getProperty:DevcontainerConfigFile");
        Assert.AreEqual(workspace[configuration], answer.Succeeded().Output.Trim());
    }

    [TestMethod]
    public async Task Directory_Build_files_are_imported_as_by_every_project()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer(folder: "src/dev");
        workspace.Write("Directory.Build.props", "<Project><PropertyGroup><DevcontainerRepository>from-props</DevcontainerRepository></PropertyGroup></Project>");
        workspace.Write("Directory.Build.targets", "<Project><PropertyGroup><FromTargets>$(DevcontainerRepository)!</FromTargets></PropertyGroup></Project>");
        CommandResult answer = await workspace.BuildAsync("build", "src/dev", "-getProperty:FromTargets");
        Assert.AreEqual("from-props!", answer.Succeeded().Output.Trim());
    }

    [TestMethod]
    public async Task Resolving_plans_without_an_engine()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Environment["PATH"] = workspace[".."];
        CommandResult first = (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-getTargetResult:ResolveDevcontainer")).Succeeded();
        using JsonDocument plan = JsonDocument.Parse(await File.ReadAllTextAsync(workspace["bin/devcontainer/plan/plan.json"]));
        string[] expected = [.. plan.RootElement.GetProperty("keys").EnumerateArray().Select(static key => key.GetProperty("key").GetString()!)];
        CollectionAssert.AreEqual(expected, first.Returned("ResolveDevcontainer").Select(static key => key["Identity"]).ToArray());
        Assert.IsGreaterThan(1, expected.Length);
        Assert.IsFalse(File.Exists(workspace["bin/devcontainer/receipt.json"]));
    }
}
