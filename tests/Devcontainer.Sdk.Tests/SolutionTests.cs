using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>A solution with a dev container and an ordinary library, which must not notice each other.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class SolutionTests : EngineTests
{
    [TestMethod]
    [DataRow("all.sln")]
    [DataRow("all.slnx")]
    public async Task A_project_is_added_to_a_solution_and_built_with_it(string solution)
    {
        Workspace workspace = await WithSolutionAsync(solution);
        CommandResult first = (await workspace.BuildAsync("build", solution)).Succeeded();
        Assert.HasCount(1, first.Lines("(built: "), first.Report);
        Assert.IsTrue(File.Exists(workspace["lib/bin/Debug/net10.0/lib.dll"]));
        CommandResult second = (await workspace.BuildAsync("build", solution, "-m", "--no-restore")).Succeeded();
        Assert.HasCount(1, second.Lines("(local: unchanged)"), second.Report);

        (await workspace.BuildAsync("clean", solution)).Succeeded();
        Assert.IsFalse(Directory.Exists(workspace["dev/bin/devcontainer"]));
        Assert.IsFalse(File.Exists(workspace["lib/bin/Debug/net10.0/lib.dll"]));
    }

    [TestMethod]
    [DataRow("all.sln")]
    [DataRow("all.slnx")]
    public async Task Prebuild_of_a_whole_solution_leaves_ordinary_projects_alone(string solution)
    {
        Workspace workspace = await WithSolutionAsync(solution);
        workspace.Write("Directory.Solution.targets", """<Project><Import Project="Solution.targets" Sdk="Devcontainer.Sdk" /></Project>""");
        CommandResult first = (await workspace.BuildAsync("build", solution, "-t:Prebuild")).Succeeded();
        Assert.HasCount(1, first.Lines("(built: "), first.Report);
        Assert.IsFalse(Directory.Exists(workspace["lib/bin"]));
        CommandResult second = (await workspace.BuildAsync("build", solution, "-t:Prebuild")).Succeeded();
        Assert.HasCount(1, second.Lines("(local: unchanged)"), second.Report);
    }

    [TestMethod]
    public async Task Prebuild_of_a_solution_of_dev_containers_needs_no_more()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer(folder: "one", project: "one.proj").WithSmallDevcontainer(folder: "two", project: "two.proj");
        workspace.Write("all.slnx", "<Solution />");
        await SucceededAsync(workspace.DotnetAsync("sln", "all.slnx", "add", "one/one.proj", "two/two.proj"));
        CommandResult build = (await workspace.BuildAsync("build", "all.slnx", "-t:Prebuild", "-m")).Succeeded();
        Assert.HasCount(2, build.Lines("(built: "), build.Report);
    }

    [TestMethod]
    [DataRow("-graph")]
    [DataRow("-mt")]
    public async Task A_solution_builds_with(string argument)
    {
        Workspace workspace = await WithSolutionAsync("all.slnx");
        CommandResult build = (await workspace.BuildAsync("build", "all.slnx", argument)).Succeeded();
        Assert.HasCount(1, build.Lines("(built: "), build.Report);
        Assert.IsTrue(File.Exists(workspace["lib/bin/Debug/net10.0/lib.dll"]));
    }

    [TestMethod]
    [DataRow("all.sln")]
    [DataRow("all.slnx")]
    public async Task Restore_pack_and_test_of_a_solution_pass_the_dev_container_by(string solution)
    {
        Workspace workspace = await WithSolutionAsync(solution);
        (await workspace.BuildAsync("restore", solution)).Succeeded();
        (await workspace.BuildAsync("restore", solution, "-p:RestoreUseStaticGraphEvaluation=true", "--force")).Succeeded();
        (await workspace.BuildAsync("pack", solution, "-p:PrebuildOnBuild=false")).Succeeded();
        (await workspace.BuildAsync("test", solution, "-p:PrebuildOnBuild=false")).Succeeded();
        Assert.IsTrue(File.Exists(workspace["lib/bin/Release/lib.1.0.0.nupkg"]));
        Assert.IsFalse(Directory.Exists(workspace["dev/bin"]));
    }

    [TestMethod]
    public async Task Tests_of_a_solution_on_the_testing_platform_pass_the_dev_container_by()
    {
        Workspace workspace = await WithSolutionAsync("all.slnx");
        workspace.Write("global.json", SdkPackage.GlobalJsonOfTestingPlatform);
        CommandResult test = await workspace.DotnetAsync("test", "--solution", "all.slnx");
        Assert.IsEmpty(test.Messages, test.Report);
        Assert.IsFalse(Directory.Exists(workspace["dev/bin"]));
    }

    [TestMethod]
    public async Task An_ordinary_project_may_refer_to_the_dev_container()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer(folder: "dev").WithLibrary(
            "lib/lib.csproj", content: """<ItemGroup><ProjectReference Include="../dev/dev.proj" ReferenceOutputAssembly="false" /></ItemGroup>""");
        CommandResult build = (await workspace.BuildAsync("build", "lib")).Succeeded();
        Assert.HasCount(1, build.Lines("(built: "), build.Report);
        Assert.IsTrue(File.Exists(workspace["lib/bin/Debug/net10.0/lib.dll"]));
    }

    private async Task<Workspace> WithSolutionAsync(string solution)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer(folder: "dev").WithLibrary("lib/lib.csproj");
        workspace.Write(solution, solution.EndsWith('x') ? "<Solution />" : "Microsoft Visual Studio Solution File, Format Version 12.00\n");
        await SucceededAsync(workspace.DotnetAsync("sln", solution, "add", "dev/dev.proj", "lib/lib.csproj"));
        return workspace;
    }

    private static async Task SucceededAsync(Task<CommandResult> command) => (await command).Succeeded();
}
