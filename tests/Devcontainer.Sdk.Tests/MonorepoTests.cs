using System.Runtime.InteropServices;
using Devcontainer.Prebuild.Tests.Toolchain;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>samples/monorepo: several projects, central package management, over 200 packages in the image.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class MonorepoTests : EngineTests
{
    private const string OldSdk = "10.0.100";

    // Thirty-two of packages, and one of tools.
    private const int PackageLayers = 33;

    private static readonly string Runtime = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";

    /// <summary>What a team does in a week, and what each of it costs.</summary>
    [TestMethod]
    [Long]
    public async Task Only_what_an_engine_is_needed_for_is_built_and_the_container_restores_offline()
    {
        // Its SDK is a layer here, from a feed on this machine: first a stand-in of an older version, then the machine's own.
        string sdk = (await TestEngine.RunAsync("dotnet", "--version")).Trim();
        using DotNetFeedServer feed = new DotNetFeedServer().AddSdk(OldSdk, (Runtime, DotNetFeedServer.SmallSdk(OldSdk, "10.0.0")));
        Workspace workspace = NewMonorepo(feed);
        CommandResult built = await PrebuildAsync(workspace);
        Assert.Contains("(built: ", CommandTests.Result(built));
        Assert.HasCount(1, built.Lines($" of {PackageLayers} layers new ("), built.Report);

        // A package's new version is a layer; its dependencies did not change.
        workspace.Environment["PATH"] = SharingTests.WithoutDocker(workspace);
        string versions = await File.ReadAllTextAsync(workspace["Directory.Packages.props"]);
        workspace.Write("Directory.Packages.props", versions.Replace("\"Dapper\" Version=\"2.1.86\"", "\"Dapper\" Version=\"2.1.66\"", StringComparison.Ordinal));
        CommandResult bumped = await PrebuildAsync(workspace);
        Assert.Contains("(appended: ", CommandTests.Result(bumped));
        Assert.HasCount(1, bumped.Lines($"Packages: 1 of {PackageLayers} layers new ("), bumped.Report);
        Assert.HasCount(1, bumped.Lines("The image is out of date: Directory.Packages.props: Dapper 2.1.86 → 2.1.66."), bumped.Report);

        // A comment is nothing to do.
        workspace.Write("Directory.Packages.props", (await File.ReadAllTextAsync(workspace["Directory.Packages.props"])).Replace("<ItemGroup>", "<!-- All of them. -->\n<ItemGroup>", StringComparison.Ordinal));
        CommandResult commented = await PrebuildAsync(workspace);
        Assert.Contains("(local: unchanged)", CommandTests.Result(commented));
        Assert.IsEmpty(commented.Lines("The image is out of date"), commented.Report);

        // Another SDK is another layer, below the packages, which are as they were.
        feed.AddSdk(sdk, (Runtime, MachineSdk.PackCSharp(sdk)));
        workspace.Write("global.json", GlobalJson(sdk));
        CommandResult updated = await PrebuildAsync(workspace);
        Assert.Contains("(appended: ", CommandTests.Result(updated));
        Assert.HasCount(1, updated.Lines($"Packages: 0 of {PackageLayers} layers new ("), updated.Report);
        Assert.HasCount(
            1, updated.Lines($"The image is out of date: Microsoft.NET.Sdk: {OldSdk} → {sdk}; global.json: sdk.version {OldSdk} → {sdk}."), updated.Report);

        // The Dockerfile is what the engine is for, and only for that: the package layers are as they were.
        workspace.Environment.Remove("PATH");
        workspace.Write(".devcontainer/Dockerfile", await File.ReadAllTextAsync(workspace[".devcontainer/Dockerfile"]) + "RUN touch /changed\n");
        CommandResult rebuilt = await PrebuildAsync(workspace);
        Assert.Contains("(built: ", CommandTests.Result(rebuilt));
        Assert.HasCount(1, rebuilt.Lines($"Packages: 0 of {PackageLayers} layers new ("), rebuilt.Report);
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
                        "mkdir /tmp/work && cd /src && cp -r .config Directory.* global.json monorepo.slnx src tests /tmp/work && cd /tmp/work && dotnet restore monorepo.slnx && dotnet build --no-restore -v:q -nologo monorepo.slnx"
                        + " && dotnet tool restore --configfile /usr/local/share/nuget/tools/nuget.config && dotnet reportgenerator -help"]);
                Assert.DoesNotContain("error", output, string.Join(' ', user));
                Assert.Contains("Restored /tmp/work/src/Api/Api.csproj", output);
                Assert.Contains("Build succeeded.", output);
                Assert.Contains("Tool 'dotnet-reportgenerator-globaltool' (version '5.6.0') was restored.", output);
                Assert.Contains("ReportGenerator 5.6.0", output);
            }
        }
        finally
        {
            await Command.RunAsync("docker", ["volume", "rm", volume], workspace.Folder);
            await Command.RunAsync("docker", ["rmi", image], workspace.Folder);
        }
    }

    // Its packages are those of the machine's own sources; only the SDK under test comes from elsewhere.
    private Workspace NewMonorepo(DotNetFeedServer feed)
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
        workspace.Write("global.json", GlobalJson(OldSdk));
        string dockerfile = File.ReadAllText(workspace[".devcontainer/Dockerfile"]);
        workspace.Write(
            ".devcontainer/Dockerfile",
            dockerfile.Replace("FROM mcr.microsoft.com/devcontainers/dotnet:10.0\n", "FROM mcr.microsoft.com/devcontainers/base:bookworm\nENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1\n", StringComparison.Ordinal));
        workspace.Environment["DevcontainerInstallSdk"] = "true";
        workspace.Environment["DevcontainerDotNetFeed"] = feed.Address.AbsoluteUri;
        workspace.Environment["XDG_CACHE_HOME"] = workspace["cache"];
        workspace.Environment["DevcontainerRepository"] = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        return workspace;
    }

    // The newest of the feed that it allows: the dotnet of this machine takes it too.
    private static string GlobalJson(string sdk) => SdkPackage.GlobalJson.Replace("10.0.400", sdk, StringComparison.Ordinal);

    private static async Task<CommandResult> PrebuildAsync(Workspace workspace) =>
        (await workspace.BuildAsync("build", ".devcontainer/monorepo.proj", "-t:Prebuild")).Succeeded();
}
