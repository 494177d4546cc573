using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>samples/monorepo: several projects, central package management, over 200 packages in the image.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class MonorepoTests : EngineTests
{
    /// <summary>What a team does in a week, and what each of it costs.</summary>
    [TestMethod]
    [Long]
    public async Task Only_what_an_engine_is_needed_for_is_built_and_the_container_restores_offline()
    {
        Workspace workspace = NewMonorepo();
        CommandResult built = await PrebuildAsync(workspace);
        Assert.Contains("(built: ", CommandTests.Result(built));
        Assert.HasCount(1, built.Lines(" of 32 layers new ("), built.Report);

        // A package's new version is a layer; its dependencies did not change.
        workspace.Environment["PATH"] = SharingTests.WithoutDocker(workspace);
        string versions = await File.ReadAllTextAsync(workspace["Directory.Packages.props"]);
        workspace.Write("Directory.Packages.props", versions.Replace("\"Dapper\" Version=\"2.1.86\"", "\"Dapper\" Version=\"2.1.66\"", StringComparison.Ordinal));
        CommandResult bumped = await PrebuildAsync(workspace);
        Assert.Contains("(appended: ", CommandTests.Result(bumped));
        Assert.HasCount(1, bumped.Lines("Packages: 1 of 32 layers new ("), bumped.Report);
        Assert.HasCount(1, bumped.Lines("The image is out of date: Directory.Packages.props: Dapper 2.1.86 → 2.1.66."), bumped.Report);

        // A comment is nothing to do.
        workspace.Write("Directory.Packages.props", (await File.ReadAllTextAsync(workspace["Directory.Packages.props"])).Replace("<ItemGroup>", "<!-- All of them. -->\n<ItemGroup>", StringComparison.Ordinal));
        CommandResult commented = await PrebuildAsync(workspace);
        Assert.Contains("(local: unchanged)", CommandTests.Result(commented));
        Assert.IsEmpty(commented.Lines("The image is out of date"), commented.Report);

        // The Dockerfile is what the engine is for, and only for that: the package layers are as they were.
        workspace.Environment.Remove("PATH");
        workspace.Write(".devcontainer/Dockerfile", await File.ReadAllTextAsync(workspace[".devcontainer/Dockerfile"]) + "RUN touch /changed\n");
        CommandResult rebuilt = await PrebuildAsync(workspace);
        Assert.Contains("(built: ", CommandTests.Result(rebuilt));
        Assert.HasCount(1, rebuilt.Lines("Packages: 0 of 32 layers new ("), rebuilt.Report);
        Assert.HasCount(1, rebuilt.Lines("The image is out of date: .devcontainer/Dockerfile: changed ("), rebuilt.Report);

        await RestoresOfflineAsync(workspace);
    }

    // As root and as the container's user, and as that one with a volume where NuGet's own folder is; warnings are errors there, and NuGet audits.
    private static async Task RestoresOfflineAsync(Workspace workspace)
    {
        string image = workspace.Environment["DevcontainerRepository"]! + ":latest";
        string volume = $"devcontainer-sdk-test-{Guid.NewGuid():N}";
        (await workspace.BuildAsync("build", ".devcontainer/monorepo.proj", "-t:LoadDevcontainer")).Succeeded();
        try
        {
            await TestEngine.RunAsync("docker", "run", "--rm", "--network", "none", "-u", "root", "-v", $"{volume}:/volume", image, "chown", "vscode", "/volume");
            foreach (string[] user in (string[][])[["-u", "root"], ["-u", "vscode"], ["-u", "vscode", "-v", $"{volume}:/home/vscode/.nuget"]])
            {
                string output = await TestEngine.RunAsync(
                    "docker",
                    ["run", "--rm", "--network", "none", .. user, "-v", $"{workspace.Folder}:/src:ro", image, "sh", "-c",
                        "mkdir /tmp/work && cd /src && cp -r Directory.* monorepo.slnx src tests /tmp/work && cd /tmp/work && dotnet restore monorepo.slnx && dotnet build --no-restore -v:q -nologo monorepo.slnx"]);
                Assert.DoesNotContain("error", output, string.Join(' ', user));
                Assert.Contains("Restored /tmp/work/src/Api/Api.csproj", output);
                Assert.Contains("Build succeeded.", output);
            }
        }
        finally
        {
            await Command.RunAsync("docker", ["volume", "rm", volume], workspace.Folder);
            await Command.RunAsync("docker", ["rmi", image], workspace.Folder);
        }
    }

    // Its packages are those of the machine's own sources; only the SDK under test comes from elsewhere.
    private Workspace NewMonorepo()
    {
        Workspace workspace = NewWorkspace("monorepo");
        string sample = Repository.At("samples/monorepo");
        foreach (string file in Directory.EnumerateFiles(sample, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(sample, file);
            if (!relative.Split(Path.DirectorySeparatorChar).Any(static part => part is "bin" or "obj" or "artifacts" or "devcontainer-prebuild.lock.json"))
            {
                workspace.Write(relative, File.ReadAllText(file));
            }
        }

        File.Move(workspace["nuget.config"], workspace[".devcontainer/nuget.config"]);
        workspace.Environment["DevcontainerRepository"] = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        return workspace;
    }

    private static async Task<CommandResult> PrebuildAsync(Workspace workspace) =>
        (await workspace.BuildAsync("build", ".devcontainer/monorepo.proj", "-t:Prebuild")).Succeeded();
}
