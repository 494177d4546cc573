using System.Globalization;
using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Build caches on a real registry, and engines that begin with an empty cache.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class CacheTests : EngineTests
{
    private readonly string _repository = $"{Quickstart.Repository}/{Guid.NewGuid():N}";

    [TestMethod]
    [Long]
    [NeedsSecondEngine]
    [DataRow("registry")]
    [DataRow("local")]
    [DataRow("inline")]
    public async Task Of_caches_that_are_written_all_at_once_each_does_on_its_own(string type)
    {
        Workspace workspace = NewWorkspace();
        string cache = $"{TestEngine.Registry}/{_repository}:cache";
        string image = $"{TestEngine.Registry}/{_repository}:image";
        workspace.Write(
            "dev.proj",
            $"""
            <Project Sdk="Devcontainer.Sdk">
              <ItemGroup Condition="'$(From)' == ''">
                <DevcontainerCacheTo Include="type=registry,ref={cache},mode=max;type=local,dest=folder,mode=max;inline" />
              </ItemGroup>
              <ItemGroup>
                <DevcontainerCacheFrom Include="{cache}" Condition="'$(From)' == 'registry'" />
                <DevcontainerCacheFrom Include="type=local,src=folder" Condition="'$(From)' == 'local'" />
              </ItemGroup>
            </Project>
            """);
        WriteDevcontainer(workspace, "");
        string seconds = "sleep 1; cat /proc/sys/kernel/random/uuid >/id";
        workspace.Write(".devcontainer/Dockerfile", $"FROM debian:bookworm\nCOPY hello.txt /\nRUN {seconds}\n");
        workspace.Write(".devcontainer/hello.txt", $"{Guid.NewGuid()}\n");
        (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        Assert.HasCount(2, Read(workspace).GetProperty("transfers").EnumerateArray().Where(static t => t.GetProperty("kind").GetString() == "cache export"));
        await TestEngine.RunAsync("crane", "push", workspace["bin/devcontainer/image"], image);
        string id = await IdAsync(workspace);

        // The same on a machine that has nothing but the cache. An inline one is found in the image itself.
        await using SecondEngine engine = await SecondEngine.StartAsync();
        (await workspace.BuildAsync("clean")).Succeeded();
        workspace.Environment["DOCKER_HOST"] = engine.Host;
        if (type == "inline")
        {
            WriteDevcontainer(workspace, image);
        }

        CommandResult built = (await workspace.BuildAsync("build", "-t:Prebuild", "-p:From=" + type)).Succeeded();
        JsonElement steps = Read(workspace).GetProperty("steps");
        Assert.AreEqual((2, 2), (steps.GetProperty("total").GetInt32(), steps.GetProperty("cached").GetInt32()), built.Report + Read(workspace));
        Assert.AreEqual(id, await IdAsync(workspace));
        Assert.IsTrue(Read(workspace).GetProperty("transfers").EnumerateArray().Any(static t =>
            t.GetProperty("kind").GetString() == "cache import" && t.GetProperty("outcome").GetString() == "succeeded"));
    }

    /// <summary>R2.3: a slow Feature was built by CI; a developer adds a quick one on a machine that has built nothing.</summary>
    [TestMethod]
    [Long]
    [NeedsSecondEngine]
    public async Task What_a_push_has_built_a_developers_machine_need_not_build_again()
    {
        Workspace ci = NewWorkspace();
        WriteTeamProject(ci);
        await using SecondEngine first = await SecondEngine.StartAsync();
        ci.Environment["DOCKER_HOST"] = first.Host;
        (await ci.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        double uncached = Read(ci).GetProperty("seconds").GetDouble();

        Workspace developer = NewWorkspace();
        WriteTeamProject(developer);
        File.Copy(ci[".devcontainer/devcontainer-prebuild.lock.json"], developer[".devcontainer/devcontainer-prebuild.lock.json"]);
        developer.Write(
            ".devcontainer/devcontainer.json", """{ "image": "debian:bookworm", "features": { "./slow": {}, "./quick": {} }, "overrideFeatureInstallOrder": ["./slow"] }""");
        await using SecondEngine second = await SecondEngine.StartAsync();
        developer.Environment["DOCKER_HOST"] = second.Host;
        CommandResult built = (await developer.BuildAsync("build")).Succeeded();
        Assert.HasCount(1, built.Lines("Feature slow  cached"), built.Report);
        Assert.IsEmpty(built.Lines("Feature quick  cached"), built.Report);
        double cached = Read(developer).GetProperty("seconds").GetDouble();
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Built by CI in {uncached:0.0} s, by the developer in {cached:0.0} s: {uncached / cached:0.0} times as fast."));
    }

    [TestMethod]
    public async Task A_branch_has_a_cache_of_its_own_and_none_is_written_where_nothing_ran()
    {
        Workspace workspace = NewWorkspace();
        workspace.Write(
            "dev.proj",
            $"""
            <Project Sdk="Devcontainer.Sdk">
              <PropertyGroup>
                <DevcontainerRegistry>{TestEngine.Registry}</DevcontainerRegistry>
                <DevcontainerRepository>{_repository}</DevcontainerRepository>
                <DevcontainerDefaultBranch>main</DevcontainerDefaultBranch>
              </PropertyGroup>
              <ItemGroup>
                <DevcontainerLabel Include="build" Value="$(Build)" />
              </ItemGroup>
            </Project>
            """);
        WriteDevcontainer(workspace, "");
        string slow = $"FROM debian:bookworm\nRUN sleep 1 && echo {Guid.NewGuid()} >/slow\n";
        workspace.Write(".devcontainer/Dockerfile", slow);
        await TestEngine.RunAsync("git", "init", "--quiet", "--initial-branch", "main", workspace.Folder);
        CommandResult main = (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        Assert.HasCount(1, main.Lines("Wrote the build cache of linux/amd64"), main.Report);
        Assert.IsGreaterThan(0, Receipt(workspace).GetProperty("cacheExportSeconds").GetDouble());
        CollectionAssert.AreEqual(new[] { "cache-linux-amd64" }, await CacheTagsAsync());
        string everybodys = await TestEngine.RunAsync("crane", "digest", $"{TestEngine.Registry}/{_repository}:cache-linux-amd64");

        await TestEngine.RunAsync("git", "-C", workspace.Folder, "symbolic-ref", "HEAD", "refs/heads/feature/x");
        workspace.Write(".devcontainer/Dockerfile", slow + "RUN echo feature >/feature\n");
        CommandResult branch = (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        Assert.HasCount(1, branch.Lines("1 of 2 steps cached, which saved "), branch.Report);
        CollectionAssert.AreEqual(new[] { "cache-feature-x-linux-amd64", "cache-linux-amd64" }, await CacheTagsAsync());
        Assert.AreEqual(everybodys, await TestEngine.RunAsync("crane", "digest", $"{TestEngine.Registry}/{_repository}:cache-linux-amd64"));
        Assert.IsGreaterThanOrEqualTo(1, Read(workspace).GetProperty("savedSeconds").GetDouble());

        // Another image of instructions that all have run before.
        CommandResult label = (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true", "-p:Build=2")).Succeeded();
        Assert.HasCount(1, label.Lines("2 of 2 steps cached"), label.Report);
        Assert.IsEmpty(label.Lines("Wrote the build cache"), label.Report);
        Assert.IsFalse(Receipt(workspace).TryGetProperty("cacheExportSeconds", out _));
    }

    /// <summary>A registry that takes the image and refuses its cache cannot be had here: buildx is stood in for, and says what it would.</summary>
    [TestMethod]
    public async Task A_cache_that_is_refused_fails_no_build()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer().WithDocker(
            """
            if [ "$2" = bake ]; then
              definition=$(cat)
              case $definition in *cacheonly*) echo 'ERROR: denied: requested access to the resource is denied' >&2; exit 1;; esac
              printf %s "$definition" | "$docker" "$@"
              exit
            fi
            exec "$docker" "$@"
            """);
        CommandResult published = (await workspace.BuildAsync(
            "publish", "-p:PushDevcontainer=true", $"-p:DevcontainerRegistry={TestEngine.Registry}", $"-p:DevcontainerRepository={_repository}")).Succeeded();
        Assert.HasCount(1, published.Lines(" could not be written, which only makes later builds slower: "), published.Report);
        Assert.HasCount(1, published.Lines("requested access to the resource is denied"), published.Report);
        Assert.HasCount(1, published.Lines("Pushed "), published.Report);
        JsonElement job = Read(workspace).GetProperty("jobs").EnumerateArray().Single(static job => job.GetProperty("name").GetString() == "cache");
        Assert.AreEqual("failed", job.GetProperty("outcome").GetString());
        Assert.IsEmpty(await CacheTagsAsync());
    }

    private async Task<string[]> CacheTagsAsync() =>
    [
        .. (await TestEngine.RunAsync("crane", "ls", $"{TestEngine.Registry}/{_repository}"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static tag => tag.StartsWith("cache-", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    private void WriteTeamProject(Workspace workspace)
    {
        workspace.Write(
            "dev.proj",
            $"""
            <Project Sdk="Devcontainer.Sdk">
              <PropertyGroup>
                <DevcontainerRegistry>{TestEngine.Registry}</DevcontainerRegistry>
                <DevcontainerRepository>{_repository}</DevcontainerRepository>
              </PropertyGroup>
            </Project>
            """);
        workspace.Write(".devcontainer/devcontainer.json", """{ "image": "debian:bookworm", "features": { "./slow": {} } }""");

        // Stands for a slow download and its unpacking.
        WriteFeature(workspace, "slow", "sleep 45; head -c 20000000 /dev/urandom >/opt/slow");
        WriteFeature(workspace, "quick", "echo quick >/opt/quick");
    }

    private static void WriteFeature(Workspace workspace, string name, string script)
    {
        workspace.Write($".devcontainer/{name}/devcontainer-feature.json", $$"""{ "id": "{{name}}", "version": "1.0.0" }""");
        workspace.Write($".devcontainer/{name}/install.sh", $"#!/bin/sh\nset -e\n{script}\n");
    }

    private static void WriteDevcontainer(Workspace workspace, string cacheFrom) => workspace.Write(
        ".devcontainer/devcontainer.json",
        cacheFrom.Length == 0 ? """{ "build": { "dockerfile": "Dockerfile" } }""" : $$"""{ "build": { "dockerfile": "Dockerfile", "cacheFrom": "{{cacheFrom}}" } }""");

    /// <summary>The digest of what the last instruction has made: base images of the tests have no history, so the image's own digest tells more than that.</summary>
    private static async Task<string> IdAsync(Workspace workspace)
    {
        using JsonDocument receipt = JsonDocument.Parse(await File.ReadAllBytesAsync(workspace["bin/devcontainer/receipt.json"]));
        string digest = receipt.RootElement.GetProperty("platforms")[0].GetProperty("digest").GetString()!;
        using JsonDocument manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(workspace["bin/devcontainer/image/blobs/sha256/" + digest["sha256:".Length..]]));
        return manifest.RootElement.GetProperty("layers").EnumerateArray().Last().GetProperty("digest").GetString()!;
    }

    private static JsonElement Read(Workspace workspace) => Read(workspace["bin/devcontainer/metrics.json"]);

    private static JsonElement Receipt(Workspace workspace) => Read(workspace["bin/devcontainer/receipt.json"]);

    private static JsonElement Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }
}
