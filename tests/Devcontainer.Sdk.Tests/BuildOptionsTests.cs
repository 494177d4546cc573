using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>What <c>build.options</c> says, in the image that the real engine builds (docs/build-options.md).</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class BuildOptionsTests : EngineTests
{
    private const string Dockerfile = """
        FROM debian:bookworm AS dev
        ARG NAME
        RUN --mount=type=secret,id=token --mount=type=secret,id=file { \
              grep feed.local /etc/hosts; echo "$NAME"; ulimit -n; df -m /dev/shm | tail -n 1; \
              sha256sum </run/secrets/token; cat /run/secrets/file; ls /sys/class/net; } >/seen
        FROM dev AS other
        RUN touch /other

        """;

    [TestMethod]
    public async Task Options_reach_the_build_and_are_in_the_key()
    {
        Workspace workspace = Create("""
            "--add-host=feed.local:10.1.2.3", "--add-host=feed.local:10.1.2.4", "--shm-size", "48m", "--ulimit=nofile=1234:1234", "--network=none",
            "--build-arg=NAME=named", "--label", "team=tools", "--target=dev", "--secret=id=token,env=TOKEN", "--secret=id=file,src=secret.txt", "--pull", "--no-cache-filter=dev"
            """);
        (await workspace.BuildAsync("build", "-t:LoadDevcontainer")).Succeeded();
        string image = workspace.Environment["DevcontainerRepository"]! + ":latest";
        string seen = await TestEngine.RunAsync("docker", "run", "--rm", image, "cat", "/seen");
        foreach (string expected in new[] { "10.1.2.3", "10.1.2.4", "named", "1234", " 48 ", "from a file" })
        {
            Assert.Contains(expected, seen);
        }

        Assert.EndsWith("lo", seen, "no network but loopback");
        Assert.Contains("\"team\":\"tools\"", await TestEngine.RunAsync("docker", "inspect", "--format", "{{json .Config.Labels}}", image));
        Assert.AreEqual("", await TestEngine.RunAsync("docker", "run", "--rm", image, "sh", "-c", "ls /other 2>/dev/null || true"));
        Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]));

        // With nothing changed there is nothing to do, also where every build would be from the start; a value that changes is explained.
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded()));
        workspace.Write(".devcontainer/devcontainer.json", (await File.ReadAllTextAsync(workspace[".devcontainer/devcontainer.json"])).Replace("48m", "49m", StringComparison.Ordinal));
        CommandResult explained = (await workspace.BuildAsync("build", "-t:ExplainDevcontainer")).Succeeded();
        Assert.HasCount(1, explained.Lines("~ build option --shm-size: 48m → 49m [environment]"), explained.Report);
        await TestEngine.RunAsync("docker", "rmi", image);
    }

    [TestMethod]
    public async Task The_hosts_network_is_allowed_where_it_is_asked_for()
    {
        Workspace workspace = Create("\"--network=host\", \"--target=dev\", \"--secret=id=token,env=TOKEN\", \"--secret=id=file,src=secret.txt\", \"--add-host=feed.local:10.1.2.3\"");
        (await workspace.BuildAsync("build", "-t:LoadDevcontainer")).Succeeded();
        string image = workspace.Environment["DevcontainerRepository"]! + ":latest";
        string seen = await TestEngine.RunAsync("docker", "run", "--rm", image, "cat", "/seen");
        string own = await TestEngine.RunAsync("docker", "run", "--rm", "--network=host", image, "ls", "/sys/class/net");

        // Those of containers come and go.
        string[] host = [.. own.Split('\n').Where(static name => !name.StartsWith("veth", StringComparison.Ordinal))];
        Assert.IsGreaterThan(1, host.Length, own);
        CollectionAssert.IsSubsetOf(host, seen.Split('\n'));
        await TestEngine.RunAsync("docker", "rmi", image);
    }

    [TestMethod]
    public async Task Platforms_are_said_by_the_project()
    {
        Workspace workspace = Create("\"--pull\", \"--platform=linux/arm64\"");
        BuildMessage error = (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-p:DevcontainerPlatforms=linux/amd64")).Failed("DEVC1019");
        Assert.Contains("DevcontainerPlatforms", error.Text);
        Assert.AreEqual(1, error.Line);
        (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-p:DevcontainerPlatforms=linux/arm64")).Succeeded();
    }

    private Workspace Create(string options)
    {
        Workspace workspace = NewWorkspace();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        workspace.Write(".devcontainer/devcontainer.json", $$"""{ "build": { "dockerfile": "Dockerfile", "options": [{{options}}] } }""");
        workspace.Write(".devcontainer/Dockerfile", Dockerfile);
        workspace.Write("secret.txt", "from a file\n");
        workspace.Environment["TOKEN"] = "hunter2";
        workspace.Environment["DevcontainerRepository"] = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        return workspace;
    }
}
