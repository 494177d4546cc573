using System.Text;
using System.Xml.Linq;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.SmokeTests;
using Devcontainer.Prebuild.Tests.Sboms;
using Devcontainer.Spec;
using PlannedTest = Devcontainer.Prebuild.SmokeTests.PlannedTest;

namespace Devcontainer.Prebuild.Tests.SmokeTests;

/// <summary>What a test comes to, what it is given, and what is told of it.</summary>
[TestClass]
public sealed class SmokeTestTests
{
    private static readonly ContainerEnd Well = new(0, "version 1.2.3\nready\n", []);

    [TestMethod]
    [DataRow(0, "version 1.2", true)]
    [DataRow(0, @"^version \d+\.\d+\.\d+$", true)]
    [DataRow(0, "^ready$", true)]
    [DataRow(0, "Ready", false)]
    [DataRow(0, "version (", false)]
    [DataRow(0, null, true)]
    [DataRow(3, null, false)]
    public void Exit_code_and_output_decide(int exitCode, string? output, bool passes)
    {
        var test = new PlannedTest(new SmokeTest("a", "b") { ExitCode = exitCode, Output = output });
        Assert.AreEqual(passes ? SmokeTestOutcome.Passed : SmokeTestOutcome.Failed, test.Judge(Well).Outcome);
    }

    [TestMethod]
    public void What_could_not_run_to_its_end_has_failed_whatever_its_exit_code()
    {
        var test = new PlannedTest(new SmokeTest("a", "b") { ExitCode = 137, Timeout = TimeSpan.FromSeconds(5) }) { Skip = (77, "nothing") };
        ContainerEnd end = Well with { ExitCode = 137 };
        Assert.AreEqual(SmokeTestOutcome.Passed, test.Judge(end).Outcome);
        Assert.AreEqual((SmokeTestOutcome.Failed, "it was not done in 5 s"), test.Judge(end with { TimedOut = true }));
        Assert.AreEqual(SmokeTestOutcome.Failed, test.Judge(end with { IsOutOfMemory = true }).Outcome);
        Assert.AreEqual((SmokeTestOutcome.Failed, "no such user"), test.Judge(end with { StartError = "no such user" }));
        Assert.AreEqual((SmokeTestOutcome.Skipped, "nothing"), test.Judge(end with { ExitCode = 77 }));
    }

    [TestMethod]
    public void A_text_that_takes_a_regular_expression_for_ever_ends()
    {
        var test = new PlannedTest(new SmokeTest("a", "b") { Output = "^(a+)+$" });
        Assert.AreEqual(SmokeTestOutcome.Failed, test.Judge(Well with { Output = new string('a', 40) + "!" }).Outcome);
    }

    [TestMethod]
    public void A_container_has_bounds_and_nothing_that_the_image_wishes_for()
    {
        TestedPlatform platform = Labelled(
            """
            [{ "privileged": true, "init": true, "capAdd": ["ALL"], "securityOpt": ["seccomp=unconfined"], "mounts": ["source=/,target=/host,type=bind"],
               "entrypoint": "/start", "runArgs": ["--privileged"], "containerUser": "one", "containerEnv": { "A": "1", "HOME": "${localEnv:HOME}" } },
             { "remoteUser": "two" }]
            """);
        var containers = new TestContainers(new DockerCommand(new ProcessRunner(), "/docker", "/", new Dictionary<string, string>()), new SmokeTestSettings(), "/out");
        string[] arguments = containers.CreateArguments("name", "sha256:1", platform, new PlannedTest(new SmokeTest("a", "b; c")) { Arguments = ["d"] });
        foreach (string option in (string[])["--privileged", "--cap-add", "--mount", "--volume", "--device", "--init", "seccomp=unconfined", "/start"])
        {
            Assert.DoesNotContain(option, arguments);
        }

        string line = string.Join(' ', arguments);
        Assert.Contains("--network none --cap-drop ALL --security-opt no-new-privileges --memory 2g --memory-swap 2g --pids-limit 1024", line);
        Assert.Contains("--user two --env A=1 --entrypoint /bin/sh sha256:1 -c b; c sh d", line);
    }

    [TestMethod]
    public void Lifecycle_commands_are_one_script_in_the_order_of_the_specification()
    {
        TestedPlatform platform = Labelled(
            """
            [{ "id": "feature", "onCreateCommand": "one", "postStartCommand": "never" },
             { "onCreateCommand": ["two", "it's"], "postCreateCommand": { "a": "cd ${containerWorkspaceFolder}", "b": ["four"] }, "updateContentCommand": "three" }]
            """);
        string[] lines = LifecycleScript.Write(platform.Metadata, "/workspaces/app")!.TrimEnd().Split('\n');
        CollectionAssert.AreEqual(
            new[] { "'/bin/sh' '-c' 'one'", "'two' 'it'\\''s'", "'/bin/sh' '-c' 'three'", "'/bin/sh' '-c' 'cd /workspaces/app'", "'four'" },
            lines.Select(static line => line[..line.IndexOf(" <", StringComparison.Ordinal)]).ToArray());
        Assert.Contains("postCreateCommand ended with exit code", lines[^1]);
        Assert.IsNull(LifecycleScript.Write(Labelled("""{ "postStartCommand": "never" }""").Metadata, "/workspaces/app"));
    }

    [TestMethod]
    public void The_report_is_xml_whatever_an_image_writes()
    {
        SmokeTestResult[] results =
        [
            new("one", "linux/amd64", SmokeTestOutcome.Passed, "", TimeSpan.FromSeconds(1.5), ["\u001b[31m<red>\u0000 \ud800"]),
            new("two & three", "linux/amd64", SmokeTestOutcome.Failed, "exit \u0007", TimeSpan.FromSeconds(1), []),
            new("four", "linux/arm64", SmokeTestOutcome.Skipped, "nothing", TimeSpan.Zero, []),
        ];
        XElement report = XElement.Parse(Encoding.UTF8.GetString(JUnitReport.ToBytes(new SmokeTestReport("image@sha256:1", results))));
        Assert.AreEqual("3 1 1 2.500", string.Join(' ', report.Attributes().Select(static attribute => attribute.Value)));
        XElement[] tests = [.. report.Descendants("testcase")];
        Assert.Contains("<red>", tests[0].Element("system-out")!.Value);
        Assert.AreEqual(Codes.SmokeTestFailed, tests[1].Element("failure")!.Attribute("type")!.Value);
        Assert.AreEqual("nothing", tests[2].Element("skipped")!.Attribute("message")!.Value);
        Assert.AreEqual("image@sha256:1", report.Descendants("property").First().Attribute("value")!.Value);
    }

    [TestMethod]
    public void What_an_image_writes_begins_no_line_of_the_log()
    {
        string message = new SmokeTestResult("one", "linux/amd64", SmokeTestOutcome.Failed, "why", TimeSpan.Zero, ["::set-output a\r::error", "two"]).Error.Message;
        Assert.IsTrue(message.Split('\n').Skip(1).All(static line => line.StartsWith("    ", StringComparison.Ordinal)), message);
        Assert.DoesNotContain("\r", message);
    }

    [TestMethod]
    public async Task A_platform_that_the_engine_cannot_run_is_told_once()
    {
        using var image = new TestImage(new TestLayer().File("bin/sh", "of another machine"));
        using var folder = new TemporaryFolder();
        string path = folder["bin/docker"];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var tested = new TestedImage("image@sha256:1", image.Layout, [new TestedPlatform(new Platform("linux", "riscv64"), image.Manifest, ImageMetadata.Empty)]);
        var settings = new RegistrySettings { WorkspaceFolder = folder["repo"], Environment = new Dictionary<string, string> { ["PATH"] = folder["bin"] } };
        var docker = new ForeignEngine();
        var reporter = new RecordingReporter();
        using OutputFolder output = await OutputFolder.AcquireAsync(folder["out"], TimeSpan.FromSeconds(1), reporter, default);
        DevcontainerException e = await Assert.ThrowsExactlyAsync<DevcontainerException>(
            () => new ImageSmokeTest(docker, reporter).RunAsync(output, tested, new SmokeTestSettings(), settings, default));
        Assert.AreEqual(Codes.TestsCannotRun, e.Diagnostic.Code);
        Assert.Contains("linux/riscv64", e.Message);

        // Its container went all the same.
        string created = docker.Commands.Single(static command => command[0] == "create")[6];
        Assert.IsTrue(docker.Commands.Any(command => command[0] == "rm" && command[^1] == created));
    }

    private static TestedPlatform Labelled(string label) =>
        new(new Platform("linux", "amd64"), Descriptor.EmptyJson, ImageMetadata.Parse(label, "image", []));

    /// <summary>An engine without an emulator.</summary>
    private sealed class ForeignEngine : IProcessRunner
    {
        internal List<IReadOnlyList<string>> Commands { get; } = [];

        public Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken)
        {
            Commands.Add(request.Arguments);
            switch (request.Arguments[0])
            {
                case "start":
                    request.OnError!("exec /bin/sh: exec format error");
                    return Task.FromResult(new ProcessResult(255, TimedOut: false));
                case "inspect":
                    request.OnOutput!("""{"ExitCode":255,"OOMKilled":false,"Error":""}""");
                    break;
            }

            return Task.FromResult(new ProcessResult(0, TimedOut: false));
        }
    }
}
