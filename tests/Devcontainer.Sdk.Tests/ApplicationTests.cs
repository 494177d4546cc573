using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>The SDK beside Microsoft.NET.Sdk in an ordinary project: it adds targets and takes nothing over.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class ApplicationTests : EngineTests
{
    private const string Listed = "listed";
    private const string Element = "element";
    private const string First = "first";

    [TestMethod]
    [DataRow(Listed)]
    [DataRow(Element)]
    [DataRow(First)]
    public async Task A_build_is_what_it_was_without_the_SDK(string form)
    {
        const string Questions = "-getProperty:BuildDependsOn,CoreBuildDependsOn,CleanDependsOn,RebuildDependsOn,PublishDependsOn,PackDependsOn,RestoreProjectStyle"
            + ",Configuration,Platform,OutputPath,IntermediateOutputPath,OutputType,AssemblyName,DefaultProjectTypeGuid,ContainerRepository,FromProps";
        Workspace workspace = WithApplication(form);
        workspace.Write("Directory.Build.props", "<Project><PropertyGroup><FromProps>$(FromProps)once</FromProps></PropertyGroup></Project>");
        workspace.WithLibrary("plain/app.csproj");
        JsonElement with = (await workspace.BuildAsync("build", "app", Questions)).Succeeded().Json;
        JsonElement without = (await workspace.BuildAsync("build", "plain", Questions)).Succeeded().Json;
        Assert.IsTrue(JsonElement.DeepEquals(without, with), $"{without}\n{with}");

        (await workspace.BuildAsync("build", "app")).Succeeded();
        Assert.IsTrue(File.Exists(workspace["app/bin/Debug/net10.0/app.dll"]));
        Assert.IsFalse(Directory.Exists(workspace["app/bin/devcontainer"]));
    }

    [TestMethod]
    [DataRow(Listed)]
    [DataRow(Element)]
    [DataRow(First)]
    public async Task Prebuild_makes_the_image_and_compiles_nothing(string form)
    {
        Workspace workspace = WithApplication(form);
        CommandResult build = (await workspace.BuildAsync("build", "app", "-t:Prebuild")).Succeeded();
        Assert.Contains("app -> app-devcontainer@sha256:", CommandTests.Result(build));
        Assert.IsTrue(File.Exists(workspace["app/bin/devcontainer/receipt.json"]));
        Assert.IsFalse(Directory.Exists(workspace["app/bin/Debug"]));

        (await workspace.BuildAsync("clean", "app")).Succeeded();
        Assert.IsFalse(Directory.Exists(workspace["app/bin/devcontainer"]));
    }

    [TestMethod]
    [DataRow(Listed)]
    [DataRow(Element)]
    public async Task The_alias_yields_to_a_PreBuild_of_the_project(string form)
    {
        Workspace workspace = WithApplication(
            form, """<Target Name="PreBuild" BeforeTargets="PreBuildEvent"><Message Importance="high" Text="my own step" /></Target>""");
        CommandResult build = (await workspace.BuildAsync("build", "app")).Succeeded();
        Assert.HasCount(1, build.Lines("my own step"), build.Report);
        CommandResult own = (await workspace.BuildAsync("build", "app", "-t:PreBuild")).Succeeded();
        Assert.HasCount(1, own.Lines("my own step"), own.Report);
        Assert.IsFalse(Directory.Exists(workspace["app/bin/devcontainer"]));

        CommandResult prebuild = (await workspace.BuildAsync("build", "app", "-t:PrebuildDevcontainer")).Succeeded();
        Assert.Contains("(built: ", CommandTests.Result(prebuild));
        Assert.IsEmpty(prebuild.Lines("my own step"), prebuild.Report);
    }

    [TestMethod]
    public async Task With_PrebuildOnBuild_it_is_part_of_the_build_once()
    {
        Workspace workspace = WithApplication(
            Listed,
            """
            <PropertyGroup>
              <TargetFrameworks>net10.0;net10.0-haiku1.0</TargetFrameworks>
              <PrebuildOnBuild>true</PrebuildOnBuild>
              <TargetPlatformSupported>true</TargetPlatformSupported>
              <NoWarn>CA1418</NoWarn>
            </PropertyGroup>
            <ItemGroup>
              <SdkSupportedTargetPlatformIdentifier Include="haiku" />
              <SdkSupportedTargetPlatformVersion Include="1.0" />
            </ItemGroup>
            """);
        CommandResult build = (await workspace.BuildAsync("build", "app")).Succeeded();
        Assert.HasCount(1, build.Lines("app-devcontainer@sha256:"), build.Report);
        Assert.IsTrue(File.Exists(workspace["app/bin/Debug/net10.0/app.dll"]), build.Report);
        Assert.IsTrue(File.Exists(workspace["app/bin/Debug/net10.0-haiku1.0/app.dll"]), build.Report);

        CommandResult direct = (await workspace.BuildAsync("build", "app", "-t:Prebuild")).Succeeded();
        Assert.Contains("(local: unchanged)", CommandTests.Result(direct));
    }

    [TestMethod]
    public async Task A_publish_pushes_only_when_told_and_after_the_projects_own()
    {
        Workspace workspace = WithApplication(Element);
        workspace.Environment["PATH"] = workspace[".."];
        (await workspace.BuildAsync("publish", "app")).Succeeded();
        Directory.Delete(workspace["app/bin/Release"], recursive: true);
        workspace.Environment.Remove("PATH");
        (await workspace.BuildAsync("publish", "app", "-p:PushDevcontainer=true")).Failed("DEVC5041");
        Assert.IsTrue(File.Exists(workspace["app/bin/Release/net10.0/publish/app.dll"]));
    }

    [TestMethod]
    public async Task Without_an_engine_a_build_warns_and_Prebuild_fails()
    {
        Workspace workspace = WithApplication(Element);
        workspace.Environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
        BuildMessage warning = (await workspace.BuildAsync("build", "app", "-p:PrebuildOnBuild=true")).SucceededWithWarning("DEVC4030");
        Assert.Contains("/nowhere/docker.sock", warning.Text);
        Assert.IsTrue(File.Exists(workspace["app/bin/Debug/net10.0/app.dll"]));
        (await workspace.BuildAsync("build", "app", "-t:Prebuild", "-p:PrebuildOnBuild=true")).Failed("DEVC4002");
    }

    private Workspace WithApplication(string form, string content = "")
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        File.Delete(workspace["dev.proj"]);
        return form switch
        {
            Listed => workspace.WithLibrary("app/app.csproj", "Sdk=\"Microsoft.NET.Sdk;Devcontainer.Sdk\"", content),
            First => workspace.WithLibrary("app/app.csproj", "Sdk=\"Devcontainer.Sdk;Microsoft.NET.Sdk\"", content),
            _ => workspace.WithLibrary("app/app.csproj", content: """<Sdk Name="Devcontainer.Sdk" />""" + content),
        };
    }
}
