using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Tests that run in images of the real engine, and what is left of them there: nothing.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class SmokeTestTests : EngineTests
{
    private const string Label = "devcontainer-sdk.smoke-tests";

    // A container that its image wishes to be as mighty as the machine.
    private const string Wishes =
        """
        {
          "image": "mcr.microsoft.com/devcontainers/base:bookworm",
          "remoteUser": "vscode",
          "containerEnv": { "WISHED": "yes" },
          "privileged": true,
          "capAdd": ["SYS_ADMIN"],
          "securityOpt": ["seccomp=unconfined"],
          "mounts": ["source=/etc,target=/host-etc,type=bind"]
        }
        """;

    [TestMethod]
    public async Task Tests_run_on_each_platform_by_digest_with_no_right_that_the_image_wishes_for()
    {
        Workspace workspace = WithTests(
            Wishes,
            """
            <DevcontainerTest Include="amd64" Command="uname -m" ExpectedOutput="x86_64" Platforms="linux/amd64" />
            <DevcontainerTest Include="arm64" Command="uname -m" ExpectedOutput="^aarch64$" Platforms="linux/arm64" />
            <DevcontainerTest Include="exit code" Command="exit 3" ExitCode="3" />
            <DevcontainerTest Include="its user" Command="id -un" ExpectedOutput="^vscode$" />
            <DevcontainerTest Include="variable" Command="echo $WISHED" ExpectedOutput="yes" />
            <DevcontainerTest Include="no rights" Command="test ! -e /host-etc; grep -E '^(Cap...|NoNewPrivs|Seccomp):' /proc/self/status" ExpectedOutput="CapEff:\s+0{16}\nCapBnd:\s+0{16}\n(.*\n)*NoNewPrivs:\s+1\nSeccomp:\s+2" User="root" />
            <DevcontainerTest Include="no network" Command="ls /sys/class/net" ExpectedOutput="^lo$" />
            <DevcontainerTest Include="network" Command="ls /sys/class/net" ExpectedOutput="^eth0$" Network="true" />
            <DevcontainerTest Include="limits" Command="cat /sys/fs/cgroup/memory.max || cat /sys/fs/cgroup/memory/memory.limit_in_bytes" ExpectedOutput="^268435456$" Platforms="linux/amd64" />
            """,
            "<DevcontainerPlatforms>linux/amd64;linux/arm64</DevcontainerPlatforms><DevcontainerRequiredCommands>ls;sed</DevcontainerRequiredCommands>"
            + "<DevcontainerHealthCheck>health.sh</DevcontainerHealthCheck><DevcontainerTestMemory>256m</DevcontainerTestMemory><DevcontainerStartTest>true</DevcontainerStartTest>");
        workspace.Write("health.sh", "#!/bin/bash\r\n[[ $(id -un) == vscode ]]\r\n");
        CommandResult tested = (await workspace.BuildAsync("build", "-t:TestDevcontainer", "-getItem:DevcontainerTestResult", "-getItem:DevcontainerDigest")).EndedWell();
        IReadOnlyList<IReadOnlyDictionary<string, string>> results = tested.Items("DevcontainerTestResult");
        Assert.IsEmpty(results.Where(static one => one["Outcome"] == "Failed"), tested.Report);

        string[] starts = [.. results.Where(static one => one["Identity"] == "start").OrderBy(static one => one["Platform"], StringComparer.Ordinal).Select(static one => one["Reason"])];
        Assert.HasCount(2, starts);
        Assert.MatchesRegex(@"^cold \d+\.\d\d s, warm \d+\.\d\d s$", starts[0]);
        Assert.MatchesRegex(@"^cold \d+\.\d\d s, warm \d+\.\d\d s, emulated$", starts[1]);

        // The image has no dotnet, so there is no SDK to be as global.json says.
        Assert.AreEqual("Skipped", results.First(static one => one["Identity"] == "sdk of global.json")["Outcome"]);
        XElement report = XElement.Load(workspace["bin/devcontainer/verify/tests.junit.xml"]);
        Assert.AreEqual(results.Count, report.Descendants("testcase").Count());
        CollectionAssert.AreEqual(new[] { "linux/amd64", "linux/arm64" }, report.Elements("testsuite").Select(static suite => suite.Attribute("name")!.Value).ToArray());
        await AssertNothingLeftAsync(workspace);
        (await workspace.BuildAsync("build", "-t:CleanDevcontainer")).Succeeded();
        Assert.IsFalse(Directory.Exists(workspace["bin/devcontainer"]));
    }

    [TestMethod]
    public async Task Each_test_that_fails_is_an_error_with_its_last_lines()
    {
        Workspace workspace = WithTests(
            """{ "image": "debian:bookworm" }""",
            """
            <DevcontainerTest Include="exits" Command="echo one; echo two &gt;&amp;2; exit 7" />
            <DevcontainerTest Include="says nothing" Command="true" ExpectedOutput="something" />
            <DevcontainerTest Include="hangs" Command="echo begun; sleep 1000" Timeout="2" />
            <DevcontainerTest Include="is greedy" Command="a=aaaaaaaaaaaaaaaa; while true; do a=$a$a; done" />
            <DevcontainerTest Include="has no user" Command="true" User="nobody-knows" />
            """,
            "<DevcontainerRequiredCommands>no-such-command</DevcontainerRequiredCommands><DevcontainerTestMemory>64m</DevcontainerTestMemory><DevcontainerMaxStartTime>0</DevcontainerMaxStartTime>");
        CommandResult tested = await workspace.BuildAsync("build", "-t:TestDevcontainer");
        Assert.AreNotEqual(0, tested.ExitCode, tested.Report);
        Assert.IsTrue(tested.Messages.All(static message => message is { Kind: BuildMessage.Error, Code: "DEVC6041" }), tested.Report);
        string[] errors = [.. tested.Messages.Select(static message => message.Text)];
        (string Test, string[] Texts)[] expected =
        [
            ("'start'", ["cold ", "warm ", "DevcontainerMaxStartTime allows 0 s"]),
            ("'user'", ["root"]),
            ("'command no-such-command'", ["There is no command no-such-command"]),
            ("'exits'", ["exit code 7, not 0", "    one", "    two"]),
            ("'says nothing'", ["'something' is not in its output"]),
            ("'hangs'", ["not done in 2 s", "    begun"]),
            ("'is greedy'", ["DevcontainerTestMemory"]),
            ("'has no user'", ["nobody-knows"]),
        ];
        Assert.HasCount(expected.Length, errors, tested.Report);
        foreach ((string test, string[] texts) in expected)
        {
            string error = errors.Single(error => error.Contains($"test {test} failed on linux/amd64", StringComparison.Ordinal));
            Assert.IsTrue(texts.All(text => error.Contains(text, StringComparison.Ordinal)), error);
        }

        Assert.AreEqual("8", XElement.Load(workspace["bin/devcontainer/verify/tests.junit.xml"]).Attribute("failures")!.Value);
        await AssertNothingLeftAsync(workspace);

        (await workspace.BuildAsync("build", "-t:TestDevcontainer", "-p:DevcontainerTestMemory=much")).Failed("DEVC9001");
        (await workspace.BuildAsync("build", "-t:TestDevcontainer", "-p:DevcontainerHealthCheck=none.sh")).Failed("DEVC9001");
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk"><ItemGroup><DevcontainerTest Include="empty" /></ItemGroup></Project>""");
        Assert.Contains("Command", (await workspace.BuildAsync("build", "-t:TestDevcontainer")).Failed("DEVC9005").Text);
    }

    [TestMethod]
    public async Task Lifecycle_commands_run_first_in_the_workspace_and_tests_see_what_they_made()
    {
        Workspace workspace = WithTests(
            """
            {
              "image": "mcr.microsoft.com/devcontainers/base:bookworm",
              "remoteUser": "vscode",
              "features": { "./tool": {} },
              "onCreateCommand": "echo $(cat ~/feature) config > ~/created",
              "updateContentCommand": ["sh", "-c", "cp ${containerWorkspaceFolder}/greeting.txt ~/updated"],
              "postCreateCommand": { "script": "./create.sh 'a b'" }
            }
            """,
            """
            <DevcontainerTest Include="created" Command="cat ~/created" ExpectedOutput="^feature config$" />
            <DevcontainerTest Include="updated" Command="cat ~/updated" ExpectedOutput="Hello" />
            <DevcontainerTest Include="in the workspace" Command="cat made; stat -c %U made create.sh" ExpectedOutput="^a b\nvscode\nvscode$" />
            """,
            "<DevcontainerTestLifecycle>true</DevcontainerTestLifecycle>");
        workspace.Write(".devcontainer/tool/devcontainer-feature.json", """{ "id": "tool", "version": "1.0.0", "onCreateCommand": "echo feature > ~/feature" }""");
        workspace.Write(".devcontainer/tool/install.sh", "#!/bin/sh\n");
        workspace.Write("greeting.txt", "Hello\n");
        workspace.WriteScript("create.sh", "#!/bin/sh\necho \"$1\" > made\n");
        (await workspace.BuildAsync("build", "-t:TestDevcontainer")).Succeeded();
        await AssertNothingLeftAsync(workspace);

        workspace.WriteScript("create.sh", "#!/bin/sh\necho no >&2\nexit 4\n");
        CommandResult failed = await workspace.BuildAsync("build", "-t:TestDevcontainer");
        BuildMessage error = failed.Failed("DEVC6041");
        Assert.Contains("'lifecycle commands'", error.Text);
        Assert.Contains("postCreateCommand ended with exit code 4", error.Text);
        Assert.HasCount(1, failed.Lines("skipped  created"), failed.Report);
        await AssertNothingLeftAsync(workspace);
    }

    [TestMethod]
    public async Task Verifying_runs_the_tests_that_a_project_asks_for_in_the_image_of_the_registry()
    {
        Workspace workspace = WithTests(
            """{ "image": "mcr.microsoft.com/devcontainers/base:bookworm", "remoteUser": "vscode" }""",
            """<DevcontainerTest Include="marked" Command="true" Condition="'$(WithTest)' != ''" /><DevcontainerTest Include="failing" Command="exit 5" Condition="'$(Failing)' == 'true'" />""",
            $"<DevcontainerRegistry>{TestEngine.Registry}</DevcontainerRegistry><DevcontainerRepository>devcontainer-sdk-test/{Guid.NewGuid():N}</DevcontainerRepository>");
        CommandResult published = (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true", "-getItem:DevcontainerImage")).EndedWell();
        string image = published.Items("DevcontainerImage").Single()["Identity"];

        // The first needs no engine, since no test is asked for.
        workspace.Environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
        (await workspace.BuildAsync("build", "-t:VerifyDevcontainer", "-p:DevcontainerVerifyGates=user")).Succeeded();
        workspace.Environment.Remove("DOCKER_HOST");
        CommandResult passed = (await workspace.BuildAsync("build", "-t:VerifyDevcontainer", "-p:DevcontainerVerifyGates=tests", "-p:WithTest=true")).Succeeded();
        Assert.HasCount(1, passed.Lines("linux/amd64  passed   marked"), passed.Report);
        (await workspace.BuildAsync("build", "-t:VerifyDevcontainer", "-p:DevcontainerVerifyGates=user%3Btests", "-p:Failing=true")).Failed("DEVC6041");
        Assert.Contains(image, await File.ReadAllTextAsync(workspace["bin/devcontainer/verify/tests.junit.xml"]));

        // A named image, in a workspace that has built nothing.
        (await workspace.BuildAsync("clean")).Succeeded();
        (await workspace.BuildAsync("build", "-t:TestDevcontainer", "-p:DevcontainerVerifyImage=" + image)).Succeeded();
        Assert.IsFalse(File.Exists(workspace["bin/devcontainer/receipt.json"]));
        await AssertNothingLeftAsync(workspace);
    }

    [TestMethod]
    [Long]
    public async Task Projects_are_restored_without_network_and_the_SDK_is_as_global_json_says()
    {
        PackageFeed feed = new PackageFeed().Add("One", "1.0.0", 1000);
        Workspace workspace = WithTests(
            """{ "image": "mcr.microsoft.com/devcontainers/dotnet:10.0", "remoteUser": "vscode" }""", """<DevcontainerRestore Include="src/App.csproj" />""", string.Empty);
        workspace.Write("src/nuget.config", feed.NuGetConfig);
        workspace.Write(
            "src/App.csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageReference Include="{feed.Prefix}.One" Version="1.0.0" /></ItemGroup>
            </Project>
            """);
        CommandResult tested = (await workspace.BuildAsync("build", "-t:TestDevcontainer", "-p:DevcontainerPlatforms=linux/amd64")).Succeeded();
        Assert.HasCount(1, tested.Lines("passed   sdk of global.json"), tested.Report);
        Assert.HasCount(1, tested.Lines("passed   offline restore of src/App.csproj"), tested.Report);
        await AssertNothingLeftAsync(workspace);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task A_cancelled_run_leaves_nothing_and_what_a_killed_one_left_goes_with_the_next()
    {
        string time = string.Create(CultureInfo.InvariantCulture, $"1000.{Random.Shared.Next()}");
        string sleeping = "sleep\0" + time;
        Workspace workspace = WithTests(
            """{ "image": "debian:bookworm" }""",
            $"""<DevcontainerTest Include="waits" Command="exec sleep {time}" Timeout="300" Condition="'$(GO)' != 'go'" />""",
            "<DevcontainerUserTest>false</DevcontainerUserTest>");
        (await workspace.BuildAsync("build")).Succeeded();
        await using (RunningCommand cancelled = workspace.StartBuild("build", "-t:TestDevcontainer"))
        {
            await Eventually.TrueAsync(() => ProcessTree.HasArgument(sleeping), "the test runs");
            cancelled.Signal(PosixSignalNumber.Interrupt, group: true);
            Assert.AreNotEqual(0, (await cancelled.Completion).ExitCode);
        }

        await Eventually.TrueAsync(() => !ProcessTree.HasArgument(sleeping), "the test is gone");
        await AssertNothingLeftAsync(workspace);
        await using (RunningCommand killed = workspace.StartBuild("build", "-t:TestDevcontainer"))
        {
            await Eventually.TrueAsync(() => ProcessTree.HasArgument(sleeping), "the test runs");
            killed.Signal(PosixSignalNumber.Kill, group: true);
            await killed.Completion;
        }

        Assert.IsTrue(ProcessTree.HasArgument(sleeping));
        await Assert.ThrowsAsync<AssertFailedException>(() => AssertNothingLeftAsync(workspace));
        workspace.Environment["GO"] = "go";
        (await workspace.BuildAsync("build", "-t:TestDevcontainer")).Succeeded();
        Assert.IsFalse(ProcessTree.HasArgument(sleeping));
        await AssertNothingLeftAsync(workspace);
    }

    private Workspace WithTests(string configuration, string items, string properties)
    {
        Workspace workspace = NewWorkspace();
        workspace.Write(
            "dev.proj",
            $"""
            <Project Sdk="Devcontainer.Sdk">
              <PropertyGroup><DevcontainerPlatforms>linux/amd64</DevcontainerPlatforms><GenerateDevcontainerSbom>false</GenerateDevcontainerSbom>{properties}</PropertyGroup>
              <ItemGroup>{items}</ItemGroup>
            </Project>
            """);
        workspace.Write(".devcontainer/devcontainer.json", configuration);
        return workspace;
    }

    // Other tests have containers too: those of an output folder have a mark that is made of its path.
    private static async Task AssertNothingLeftAsync(Workspace workspace)
    {
        byte[] folder = Encoding.UTF8.GetBytes($"{System.Environment.MachineName}\n{workspace["bin/devcontainer"]}");
        string mark = Convert.ToHexStringLower(SHA256.HashData(folder))[..16];
        Assert.AreEqual(string.Empty, await TestEngine.RunAsync("docker", "ps", "--all", "--quiet", "--filter", $"label={Label}={mark}"));
        Assert.AreEqual(string.Empty, await TestEngine.RunAsync("docker", "image", "ls", "--quiet", "--filter", $"reference=devcontainer-sdk-smoke-tests/{mark}"));
    }
}
