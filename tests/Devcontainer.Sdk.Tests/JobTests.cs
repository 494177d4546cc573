using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>What a prebuild does in jobs, on the real engine: their figures, how long they may take, and what is tried again.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class JobTests : EngineTests
{
    private const string Metrics = "bin/devcontainer/metrics.json";

    [TestMethod]
    public async Task A_build_leaves_its_figures_and_a_hit_leaves_them_alone()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult built = (await workspace.BuildAsync("build", "-getItem:DevcontainerImage", "-getItem:DevcontainerDigest", "-t:Prebuild")).Succeeded();
        JsonElement metrics = Read(workspace);
        Assert.AreEqual(built.Items("DevcontainerImage").Single()["Key"], metrics.GetProperty("key").GetString());
        Assert.AreEqual(("built", "succeeded"), (metrics.GetProperty("source").GetString(), metrics.GetProperty("outcome").GetString()));
        CollectionAssert.AreEquivalent(
            new[] { "inputs", "builder", "plan", "build", "sbom" }, metrics.GetProperty("jobs").EnumerateArray().Select(static job => job.GetProperty("name").GetString()).ToArray());
        Assert.IsTrue(metrics.GetProperty("jobs").EnumerateArray().All(static job => job.GetProperty("outcome").GetString() == "succeeded" && job.GetProperty("attempts").GetInt32() == 1));
        Assert.AreEqual(1, metrics.GetProperty("steps").GetProperty("total").GetInt32());
        JsonElement image = metrics.GetProperty("images").EnumerateArray().Single();
        IReadOnlyDictionary<string, string> digest = built.Items("DevcontainerDigest").Single();
        Assert.AreEqual((digest["Identity"], digest["Size"]), (image.GetProperty("digest").GetString(), image.GetProperty("size").GetInt64().ToString(CultureInfo.InvariantCulture)));
        Assert.Contains("image export", metrics.GetProperty("transfers").EnumerateArray().Select(static transfer => transfer.GetProperty("kind").GetString()));

        // But for what it has hashed: the first build came too soon after the files were written to keep that.
        string before = FolderSnapshot.Take(workspace["bin/devcontainer"], except: "inputs.cache");
        (await workspace.BuildAsync("build")).Succeeded();
        Assert.AreEqual(before, FolderSnapshot.Take(workspace["bin/devcontainer"], except: "inputs.cache"));

        // A declared input that has changed needs no engine, and is still something that was done.
        string directoryProps = workspace.Write("Directory.Build.props", "<Project />");
        (await workspace.BuildAsync("build")).Succeeded();
        Assert.AreEqual("local", Read(workspace).GetProperty("source").GetString());
        Assert.AreEqual("inputs", Read(workspace).GetProperty("jobs").EnumerateArray().Single().GetProperty("name").GetString());
        Assert.IsFalse(Read(workspace).GetProperty("steps").TryGetProperty("hitRate", out _));

        File.Delete(directoryProps);
        (await workspace.BuildAsync("clean")).Succeeded();
        Assert.IsFalse(Directory.Exists(workspace["bin/devcontainer"]));
    }

    [TestMethod]
    public async Task A_build_that_fails_leaves_its_figures_too()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:bookworm\nCOPY hello.txt /hello.txt\nRUN exit 3\n");
        (await workspace.BuildAsync("build")).Failed("DEVC4010");
        JsonElement metrics = Read(workspace);
        Assert.AreEqual(("DEVC4010", "failed"), (metrics.GetProperty("code").GetString(), metrics.GetProperty("outcome").GetString()));
        JsonElement build = metrics.GetProperty("jobs").EnumerateArray().Single(static job => job.GetProperty("name").GetString() == "build");
        Assert.AreEqual(
            ("DEVC4010", "failed", 1), (build.GetProperty("code").GetString(), build.GetProperty("outcome").GetString(), build.GetProperty("attempts").GetInt32()));
        Assert.AreEqual(1, metrics.GetProperty("steps").GetProperty("total").GetInt32());
        Assert.AreEqual(0, metrics.GetProperty("images").GetArrayLength());
    }

    [TestMethod]
    public async Task A_build_that_takes_too_long_is_ended_and_leaves_nothing_behind()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string sleep = Sleep();
        workspace.Write(".devcontainer/Dockerfile", $"FROM debian:bookworm\nRUN {sleep}\n");
        BuildMessage error = (await workspace.BuildAsync("build", "-p:DevcontainerBuildTimeout=00:00:05")).Failed("DEVC4013");
        Assert.Contains("'build'", error.Text);
        Assert.Contains("DevcontainerBuildTimeout", error.Text);
        Assert.AreEqual("DEVC4013", Read(workspace).GetProperty("code").GetString());
        Assert.IsFalse(File.Exists(workspace["bin/devcontainer/receipt.json"]));
        Assert.IsEmpty(Directory.GetDirectories(workspace["bin/devcontainer"], ".build-*"));

        // Neither buildx nor, where it can be seen from here, what it had the engine run.
        await UntilAsync(() => !IsRunning(sleep));
        Assert.IsEmpty(Processes(pid => new DirectoryInfo($"/proc/{pid}/cwd").LinkTarget == workspace["bin/devcontainer"]));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task A_connection_that_breaks_once_costs_one_retry()
    {
        // The real command, but for the first build: that ends as buildx does when its connection breaks.
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string path = System.Environment.GetEnvironmentVariable("PATH")!;
        string docker = path.Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "docker")).First(File.Exists);
        workspace.WriteScript(
            "../tools/docker",
            $"""
            #!/bin/sh
            if [ "$1 $2" = "buildx bake" ] && mkdir '{workspace["../tools/broken"]}' 2>/dev/null; then
              cat >/dev/null
              echo 'ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF' >&2
              exit 1
            fi
            exec '{docker}' "$@"
            """);
        workspace.Environment["PATH"] = $"{workspace["../tools"]}{Path.PathSeparator}{path}";
        CommandResult built = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        Assert.HasCount(1, built.Lines("Trying again (1 of 1)."), built.Report);
        Assert.Contains("(built: ", CommandTests.Result(built));
    }

    [TestMethod]
    [Long]
    [NeedsSecondEngine]
    public async Task An_engine_that_goes_in_the_middle_of_a_build_and_comes_back_costs_one_retry()
    {
        await using SecondEngine engine = await SecondEngine.StartAsync();
        (Workspace workspace, string sleep) = WithStepThatWaitsOnce(engine);
        Task<CommandResult> building = workspace.BuildAsync("build", "-t:Prebuild");
        await UntilAsync(() => IsRunning(sleep));
        await engine.KillAsync();
        await engine.StartAgainAsync();
        CommandResult built = (await building).Succeeded();
        Assert.HasCount(1, built.Lines("Trying again (1 of 1)."), built.Report);
        JsonElement build = Read(workspace).GetProperty("jobs").EnumerateArray().Single(static job => job.GetProperty("name").GetString() == "build");
        Assert.AreEqual((2, "succeeded"), (build.GetProperty("attempts").GetInt32(), build.GetProperty("outcome").GetString()));
        Assert.IsEmpty(Directory.GetDirectories(workspace["bin/devcontainer"], ".build-*"));
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build")).Succeeded()));
    }

    [TestMethod]
    [Long]
    [NeedsSecondEngine]
    public async Task An_engine_that_goes_is_an_error_where_nothing_is_tried_again_and_the_last_image_stays()
    {
        await using SecondEngine engine = await SecondEngine.StartAsync();
        (Workspace workspace, string sleep) = WithStepThatWaitsOnce(engine);
        string dockerfile = await File.ReadAllTextAsync(workspace[".devcontainer/Dockerfile"]);
        workspace.Write(".devcontainer/Dockerfile", "FROM scratch\nCOPY hello.txt /\n");
        (await workspace.BuildAsync("build")).Succeeded();
        string image = FolderSnapshot.Take(workspace["bin/devcontainer/image"]);
        string receipt = await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]);
        workspace.Write(".devcontainer/Dockerfile", dockerfile);
        Task<CommandResult> building = workspace.BuildAsync("build", "-p:DevcontainerBuildRetries=0");
        await UntilAsync(() => IsRunning(sleep));
        await engine.KillAsync();
        BuildMessage error = (await building).Failed("DEVC4014");
        Assert.Contains("EOF", error.Text);
        Assert.AreEqual(image, FolderSnapshot.Take(workspace["bin/devcontainer/image"]));
        Assert.AreEqual(receipt, await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]));
        workspace.HasOnlyWholeOutput();

        // The same build, when the engine is back. Not a forced one: that has no cache mount either, and would wait again.
        await engine.StartAgainAsync();
        string digest = CommandTests.Digest((await workspace.BuildAsync("build")).Succeeded());
        Assert.AreEqual(digest, CommandTests.Digest((await workspace.BuildAsync("build")).Succeeded()));
        workspace.HasOnlyWholeOutput();
    }

    /// <summary>A step that never ends, until it is begun a second time.</summary>
    private (Workspace Workspace, string Sleep) WithStepThatWaitsOnce(SecondEngine engine)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string sleep = Sleep();
        workspace.Write(
            ".devcontainer/Dockerfile",
            $"FROM debian:bookworm AS one\nRUN --network=none --mount=type=cache,target=/m test -e /m/again || {{ touch /m/again; {sleep}; }}; touch /done\nFROM scratch\nCOPY --from=one /done /done\n");
        workspace.Environment["DOCKER_HOST"] = engine.Host;
        return (workspace, sleep);
    }

    // A command line that is no other's on the machine.
    private static string Sleep() => string.Create(CultureInfo.InvariantCulture, $"sleep 3600.{RandomNumberGenerator.GetInt32(int.MaxValue)}");

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            await Task.Delay(50, limit.Token);
        }
    }

    /// <summary>Whether a process of this machine has the text in its command line.</summary>
    private static bool IsRunning(string text) =>
        Processes(pid => File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').Contains(text, StringComparison.Ordinal)).Count > 0;

    /// <summary>The processes that can be seen from here and are like this: on Linux.</summary>
    private static List<string> Processes(Func<string, bool> isLike)
    {
        var found = new List<string>();
        if (!OperatingSystem.IsLinux())
        {
            return found;
        }

        foreach (string pid in Directory.EnumerateDirectories("/proc").Select(static folder => Path.GetFileName(folder)).Where(static name => name.All(char.IsAsciiDigit)))
        {
            try
            {
                if (isLike(pid))
                {
                    found.Add(pid);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone meanwhile, or another user's.
            }
        }

        return found;
    }

    private static JsonElement Read(Workspace workspace)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(workspace[Metrics]));
        return document.RootElement.Clone();
    }
}
