using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Two builds of the real engine, each from nothing.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class ReproducibleTests : EngineTests
{
    [TestMethod]
    public async Task An_image_without_times_is_reproducible_and_the_last_image_stays_as_it_is()
    {
        Workspace workspace = WithDockerfile("RUN --mount=type=cache,target=/tmp/cache echo same > /same && mkdir /empty");
        (await workspace.BuildAsync("build")).Succeeded();
        string before = Snapshot();
        CommandResult verified = (await VerifyAsync(workspace)).Succeeded();
        Assert.HasCount(1, verified.Lines("linux/amd64: reproducible, both builds are sha256:"), verified.Report);
        Assert.AreEqual(before, Snapshot());
        workspace.HasOnlyWholeOutput();

        string Snapshot() => FolderSnapshot.Take(workspace["bin/devcontainer/image"]) + File.ReadAllText(workspace["bin/devcontainer/receipt.json"]);
    }

    [TestMethod]
    public async Task What_takes_the_time_is_named_with_its_instruction_and_what_mends_it()
    {
        Workspace workspace = WithDockerfile("RUN date +%s.%N > /stamp && echo installed > /var/log/dpkg.log && date +%N >> /var/log/dpkg.log\nRUN echo same > /same");
        BuildMessage error = (await VerifyAsync(workspace)).Failed("DEVC6031");
        Assert.Contains("linux/amd64", error.Text);
        Assert.Contains("RUN date +%s.%N > /stamp", error.Text);
        Assert.Contains("/stamp: content", error.Text);
        Assert.Contains("/var/log/dpkg.log: content", error.Text);
        Assert.Contains("rm -rf /var/log/apt", error.Text);
        Assert.DoesNotContain("/same:", error.Text);
        Assert.IsEmpty(Directory.GetDirectories(workspace["bin/devcontainer"], ".build-*"));
    }

    [TestMethod]
    public async Task Packages_are_put_on_both_builds_of_each_platform_and_of_each_configuration()
    {
        PackageFeed feed = new PackageFeed().Add("One", "1.0.0", 1000);
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write(
            "dev.proj",
            """
            <Project Sdk="Devcontainer.Sdk">
              <PropertyGroup><DevcontainerPlatforms>linux/amd64;linux/arm64</DevcontainerPlatforms></PropertyGroup>
              <ItemGroup><DevcontainerRestore Include="src/App.csproj" /></ItemGroup>
            </Project>
            """);
        workspace.Write("src/nuget.config", feed.NuGetConfig);
        workspace.Write(
            "src/App.csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageReference Include="{feed.Prefix}.One" Version="1.0.0" /></ItemGroup>
            </Project>
            """);
        workspace.Write(".devcontainer/web/devcontainer.json", """{ "build": { "dockerfile": "../Dockerfile" } }""");
        workspace.Write(".devcontainer/web/hello.txt", "Hello\n");
        CommandResult verified = (await workspace.BuildAsync(
            "build", "-t:VerifyDevcontainerReproducible", "-p:DevcontainerConfigFiles=.devcontainer/devcontainer.json%3B.devcontainer/web/devcontainer.json")).Succeeded();
        Assert.HasCount(2, verified.Lines("linux/amd64: reproducible"), verified.Report);
        Assert.HasCount(2, verified.Lines("linux/arm64: reproducible"), verified.Report);
    }

    [TestMethod]
    [Long]
    [DataRow("quickstart")]
    [DataRow("dockerfile")]
    public async Task A_sample_is_reproducible(string sample)
    {
        Workspace workspace = NewWorkspace(sample);
        string folder = Repository.At("samples/" + sample);
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(static file => !file.Contains("/bin/", StringComparison.Ordinal)))
        {
            workspace.Write(Path.GetRelativePath(folder, file), await File.ReadAllTextAsync(file));
        }

        File.Delete(workspace[".devcontainer/devcontainer-prebuild.lock.json"]);
        (await VerifyAsync(workspace)).Succeeded();
    }

    private Workspace WithDockerfile(string instructions)
    {
        Workspace workspace = NewWorkspace();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk"><PropertyGroup><DevcontainerPlatforms>linux/amd64</DevcontainerPlatforms></PropertyGroup></Project>""");
        workspace.Write(".devcontainer/devcontainer.json", """{ "build": { "dockerfile": "Dockerfile" }, "features": { "./tool": {} } }""");
        workspace.Write(".devcontainer/Dockerfile", $"FROM debian:bookworm\nCOPY hello.txt /hello.txt\n{instructions}\n");
        workspace.Write(".devcontainer/hello.txt", "Hello\n");
        workspace.Write(".devcontainer/tool/devcontainer-feature.json", """{ "id": "tool", "version": "1.0.0" }""");
        workspace.Write(".devcontainer/tool/install.sh", "#!/bin/sh\necho tool > /usr/local/bin/tool\n");
        return workspace;
    }

    private static Task<CommandResult> VerifyAsync(Workspace workspace) => workspace.BuildAsync("build", "-t:VerifyDevcontainerReproducible");
}
