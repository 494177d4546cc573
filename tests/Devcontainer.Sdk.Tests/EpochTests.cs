using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>A raised epoch takes in what a RUN downloads, on the real engine: its cache gives nothing of the last epoch, and all of this one.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class EpochTests : EngineTests
{
    // Stands for a download: it is another one each time.
    private const string Download = "cat /proc/sys/kernel/random/uuid";

    [TestMethod]
    public async Task Each_epoch_has_downloads_of_its_own_and_the_engine_keeps_them()
    {
        Workspace workspace = WithDownloads();
        CommandResult zero = await BuildAsync(workspace);
        AssertSteps(zero, "COPY hello.txt /hello.txt", "RUN " + Download, "Feature download");

        // What a RUN makes is new; a COPY before it is found.
        CommandResult raised = (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock", "-p:DevcontainerRaiseEpoch=true")).Succeeded();
        Assert.HasCount(1, raised.Lines("Raised the epoch: 0 -> 1."), raised.Report);
        CommandResult one = await BuildAsync(workspace);
        AssertSteps(one, "RUN " + Download, "Feature download");
        Assert.AreNotEqual(CommandTests.Digest(zero), CommandTests.Digest(one));

        // Built again, each epoch is what it was.
        (await workspace.BuildAsync("clean")).Succeeded();
        CommandResult again = await BuildAsync(workspace);
        AssertSteps(again);
        Assert.AreEqual(CommandTests.Digest(one), CommandTests.Digest(again));
        SetEpoch(workspace, 1, 0);
        CommandResult back = await BuildAsync(workspace);
        AssertSteps(back);
        Assert.AreEqual(CommandTests.Digest(zero), CommandTests.Digest(back));
    }

    [TestMethod]
    public async Task An_epoch_leaves_no_trace_in_an_image_that_downloads_nothing()
    {
        Workspace workspace = WithDownloads();

        // A text of this run's own: the engine's cache outlives a run, and would have both epochs.
        string same = Guid.NewGuid().ToString("N");
        workspace.Write(".devcontainer/Dockerfile", $"FROM debian:bookworm\nRUN echo {same} >/same\n");
        workspace.Write(".devcontainer/download/install.sh", "#!/bin/sh\necho same >/too\n");
        CommandResult zero = await BuildAsync(workspace);
        SetEpoch(workspace, 0, 12);
        CommandResult twelve = await BuildAsync(workspace);
        AssertSteps(twelve, $"RUN echo {same} >/same", "Feature download");
        Assert.AreEqual(CommandTests.Digest(zero), CommandTests.Digest(twelve));
    }

    [TestMethod]
    public async Task A_hostname_that_the_project_sets_is_kept()
    {
        Workspace workspace = NewWorkspace();
        workspace.Write(
            "dev.proj",
            """<Project Sdk="Devcontainer.Sdk"><ItemGroup><DevcontainerBuildArg Include="BUILDKIT_SANDBOX_HOSTNAME" Value="mine" /></ItemGroup></Project>""");
        workspace.Write(".devcontainer/devcontainer.json", """{ "build": { "dockerfile": "Dockerfile" } }""");
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:bookworm AS one\nRUN test \"$(hostname)\" = mine && touch /mine\nFROM scratch\nCOPY --from=one /mine /mine\n");
        workspace.Write(".devcontainer/devcontainer-prebuild.lock.json", """{ "version": 1, "epoch": 3, "images": {} }""");
        await BuildAsync(workspace);
    }

    [TestMethod]
    [Long]
    [NeedsSecondEngine]
    public async Task An_engine_with_an_empty_cache_gets_an_epochs_downloads_from_a_build_cache()
    {
        await using SecondEngine second = await SecondEngine.StartAsync();
        string cache = $"type=registry,ref={TestEngine.Registry}/{Quickstart.Repository}/{Guid.NewGuid():N}:cache";
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write(
            "dev.proj",
            $"""
            <Project Sdk="Devcontainer.Sdk">
              <ItemGroup>
                <DevcontainerCacheTo Include="{cache},mode=max" Condition="'$(DOCKER_HOST)' != '{second.Host}'" />
                <DevcontainerCacheFrom Include="{cache}" />
              </ItemGroup>
            </Project>
            """);
        workspace.Write(".devcontainer/Dockerfile", $"FROM debian:bookworm AS one\nRUN --network=none {Download} >/one\nFROM scratch\nCOPY --from=one /one /one\n");
        workspace.Write(".devcontainer/devcontainer-prebuild.lock.json", """{ "version": 1, "epoch": 1, "images": {} }""");
        CommandResult here = await BuildAsync(workspace);

        // Another machine, without the output folder, and with an empty cache.
        (await workspace.BuildAsync("clean")).Succeeded();
        workspace.Environment["DOCKER_HOST"] = second.Host;
        CommandResult there = await BuildAsync(workspace);
        AssertSteps(there);
        Assert.AreEqual(CommandTests.Digest(here), CommandTests.Digest(there));
        SetEpoch(workspace, 1, 2);
        AssertSteps(await BuildAsync(workspace), "RUN --network=none", "COPY --from=one");
    }

    /// <summary>A Dockerfile and a Feature that download.</summary>
    private Workspace WithDownloads()
    {
        Workspace workspace = NewWorkspace();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk"><PropertyGroup><GenerateDevcontainerSbom>false</GenerateDevcontainerSbom></PropertyGroup></Project>""");
        workspace.Write(".devcontainer/devcontainer.json", """{ "build": { "dockerfile": "Dockerfile" }, "features": { "./download": {} } }""");
        workspace.Write(".devcontainer/Dockerfile", $"FROM debian:bookworm\nCOPY hello.txt /hello.txt\nRUN {Download} >/one\n");
        workspace.Write(".devcontainer/hello.txt", $"Hello {Guid.NewGuid()}\n");
        workspace.Write(".devcontainer/download/devcontainer-feature.json", """{ "id": "download", "version": "1.0.0" }""");
        workspace.Write(".devcontainer/download/install.sh", $"#!/bin/sh\n{Download} >/two\n");
        return workspace;
    }

    private static async Task<CommandResult> BuildAsync(Workspace workspace, params string[] arguments) =>
        (await workspace.BuildAsync("build", ["-t:Prebuild", .. arguments])).Succeeded();

    /// <summary>Exactly these steps have run; the others came from the engine's cache.</summary>
    private static void AssertSteps(CommandResult result, params string[] expected)
    {
        string[] ran = [.. result.Lines(" s").Where(static line => line.StartsWith("linux/", StringComparison.Ordinal)).Select(static line => line.Split("  ")[1])
            .Where(static step => !step.StartsWith("FROM ", StringComparison.Ordinal))];
        Assert.HasCount(expected.Length, ran, result.Report);
        foreach ((string step, string start) in ran.Zip(expected))
        {
            Assert.StartsWith(start, step, result.Report);
        }
    }

    private static void SetEpoch(Workspace workspace, int from, int to)
    {
        string path = workspace[".devcontainer/devcontainer-prebuild.lock.json"];
        string text = File.ReadAllText(path);
        Assert.Contains($"\"epoch\": {from}", text);
        File.WriteAllText(path, text.Replace($"\"epoch\": {from}", $"\"epoch\": {to}", StringComparison.Ordinal));
    }
}
