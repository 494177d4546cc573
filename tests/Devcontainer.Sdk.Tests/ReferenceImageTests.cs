using System.Text.RegularExpressions;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>The image of a configuration, built by the reference CLI and by us: the same configuration of the image, and the same files.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed partial class ReferenceImageTests : EngineTests
{
    private const string Debian = "debian:bookworm";
    private const string Base = "devcontainers/base:bookworm";

    // What the CLI leaves of its own making (docs/divergences.md, "In the image").
    private const string LeftBehind = "tmp/dev-container-features";

    // How Compose finds the images of its projects (docs/divergences.md, "In the image").
    private const string OfCompose = "Label com.docker.compose.";

    // What the engine puts into every container.
    private static readonly string[] OfTheEngine = ["dev/", "etc/hostname", "etc/hosts", "etc/resolv.conf", "etc/mtab", ".dockerenv"];

    private static readonly Dictionary<string, ReferenceCase> Cases = ReferenceCase.All(Debian, Base).ToDictionary(static one => one.Name);

    public static IEnumerable<object[]> Sample => Names.Take(3);

    public static IEnumerable<object[]> Rest => Names.Skip(3);

    private static IEnumerable<object[]> Names => Cases.Keys.Select(static name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Sample))]
    public Task Both_tools_make_one_image(string name) => CompareAsync(Cases[name]);

    [TestMethod]
    [Long]
    [DynamicData(nameof(Rest))]
    public Task Both_tools_make_one_image_of_the_others(string name) => CompareAsync(Cases[name]);

    /// <summary>DevcontainerReferenceCompatible: what the engine has run for one tool it need not run for the other, whoever comes first; and the files are the same, all of them.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public Task Layers_of_either_tool_serve_the_other(bool theirsFirst) => ShareLayersAsync(ReferenceCase.WithUniqueLayers(Debian), steps: 8, theirsFirst);

    /// <summary>One after the other: of a step that two builds share at once BuildKit tells twice.</summary>
    [TestMethod]
    [Long]
    public async Task Layers_of_a_service_of_an_image_serve_the_other()
    {
        await ShareLayersAsync(ReferenceCase.ServiceWithUniqueFeature(Debian), steps: 6, theirsFirst: true);
        await ShareLayersAsync(ReferenceCase.ServiceWithUniqueFeature(Debian), steps: 6, theirsFirst: false);
    }

    [TestMethod]
    public async Task Layers_of_the_CLI_have_no_secrets()
    {
        Workspace workspace = NewWorkspace();
        ReferenceCase.WithUniqueLayers(Debian).Write(workspace);
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk"><ItemGroup><DevcontainerSecret Include="token" EnvironmentVariable="TOKEN" /></ItemGroup></Project>""");
        workspace.Environment["TOKEN"] = "x";
        CommandResult refused = await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-p:DevcontainerReferenceCompatible=true");
        Assert.AreEqual(1, refused.ExitCode);
        Assert.Contains("error DEVC9001: 'true' is no value for DevcontainerReferenceCompatible: the reference CLI's layers give Features no secrets", refused.Report);
    }

    /// <summary>Our image is all that a consumer's configuration has: what the CLI starts of it is what the prebuild's configuration says.</summary>
    [TestMethod]
    [Long]
    [DataRow("a Feature with options", "cat /usr/local/hello", "Good morning true")]
    [DataRow("another remote user", "echo $(id -un) $(cat /usr/local/who)", "dev dev /home/dev root /root")]
    [DataRow("variables with Features", "echo $EDITOR $QUOTED", "vi a \"b\" c")]
    [DataRow("what a Feature adds to the image and to the container", "echo $TOOL $(echo $PATH | cut -d: -f1) $(ls -d /data) $(basename $(readlink /proc/1/exe))", "/opt/tool /opt/tool/bin /data docker-init")]
    [DataRow("a base image's metadata, the user and lifecycle commands", "echo $(id -un) $(cat /usr/local/hello)", "vscode Hello false")]
    public async Task The_CLI_starts_our_image(string name, string command, string expected)
    {
        Workspace workspace = NewWorkspace();
        Cases[name].Write(workspace);
        Assert.AreEqual(expected, await StartAsync(workspace, image => $$"""{ "image": "{{image}}" }""", command));
    }

    /// <summary>
    /// The image's label has the lifecycle commands, and a configuration on it adds its own: one that has nothing but the image runs each of them once.
    /// </summary>
    [TestMethod]
    [Long]
    public async Task Lifecycle_commands_of_a_prebuild_run_once()
    {
        Workspace workspace = NewWorkspace();
        new ReferenceCase(
            "lifecycle",
            $$"""{ "image": "{{TestEngine.Registry}}/library/{{Debian}}", "onCreateCommand": "echo create >>/log", "postCreateCommand": "echo created >>/log", "postStartCommand": "echo started >>/log" }""")
            .Write(workspace);
        string merged = "";
        string log = await StartAsync(
            workspace,
            image => $$"""{ "image": "{{image}}", "postStartCommand": "echo own >>/log" }""",
            "cat /log",
            async consumer => merged = (await ReferenceCli.RunAsync(consumer, "read-configuration", "--include-merged-configuration")).Output);
        Assert.AreEqual("create\ncreated\nstarted\nown", log);
        Assert.Contains("\"onCreateCommands\":[\"echo create >>/log\"]", merged);
        Assert.Contains("\"postCreateCommands\":[\"echo created >>/log\"]", merged);
        Assert.Contains("\"postStartCommands\":[\"echo started >>/log\",\"echo own >>/log\"]", merged);
    }

    /// <summary>A consumer's Compose file names the prebuilt image in place of the service's build; devcontainer.json stays as it is but for its Features.</summary>
    [TestMethod]
    [Long]
    public async Task The_CLI_starts_our_image_as_a_service()
    {
        Workspace workspace = NewWorkspace();
        Cases["a Compose service that builds"].Write(workspace);
        string service = "";
        string answer = await StartAsync(
            workspace,
            image =>
            {
                service = $"services:\n  app:\n    image: {image}\n    volumes: [\"..:/src\"]\n    command: sleep infinity\n";
                return """{ "dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/src" }""";
            },
            "echo $(id -un) $(cat /usr/local/hello) $(cat /level)",
            prepare: consumer => consumer.Write(".devcontainer/compose.yml", service));
        Assert.AreEqual("dev Hello false 2 a b", answer);
    }

    private async Task<string> StartAsync(
        Workspace workspace, Func<string, string> configuration, string command, Func<Workspace, Task>? look = null, Action<Workspace>? prepare = null)
    {
        string image = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        workspace.Environment["DevcontainerRepository"] = image;
        Workspace consumer = NewWorkspace("consumer");
        consumer.Write(".devcontainer/devcontainer.json", configuration(image + ":latest"));
        prepare?.Invoke(consumer);
        try
        {
            (await workspace.BuildAsync("build", "-t:LoadDevcontainer")).Succeeded();
            CommandResult up = await ReferenceCli.RunAsync(consumer, "up", "--skip-non-blocking-commands", "false");
            Assert.AreEqual(0, up.ExitCode, up.Report);
            if (look is not null)
            {
                await look(consumer);
            }

            CommandResult executed = await ReferenceCli.RunAsync(consumer, "exec", "sh", "-c", command);
            Assert.AreEqual(0, executed.ExitCode, executed.Report);
            return executed.Output.Trim().ReplaceLineEndings("\n");
        }
        finally
        {
            CommandResult containers = await Command.RunAsync(
                "docker", ["ps", "--all", "--quiet", "--filter", $"label=devcontainer.local_folder={consumer.Folder}"], Path.GetTempPath());
            await Command.RunAsync("docker", ["rm", "--force", "--volumes", .. containers.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)], Path.GetTempPath());
            await Command.RunAsync("docker", ["rmi", "--force", image + ":latest"], Path.GetTempPath());
        }
    }

    private async Task CompareAsync(ReferenceCase one)
    {
        Workspace workspace = NewWorkspace();
        one.Write(workspace);
        string ours = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        string theirs = $"devcontainer-sdk-test/{Guid.NewGuid():N}:latest";
        workspace.Environment["DevcontainerRepository"] = ours;
        try
        {
            CommandResult built = await ReferenceCli.RunAsync(workspace, "build", "--image-name", theirs);
            Assert.AreEqual(0, built.ExitCode, built.Report);
            (await workspace.BuildAsync("build", "-t:LoadDevcontainer")).Succeeded();
            ReferenceImage expected = await ReferenceImage.ReadAsync(theirs);
            ReferenceImage actual = await ReferenceImage.ReadAsync(ours + ":latest");
            Assert.AreEqual(
                "",
                Differences(WithoutCompose(expected.Configuration), actual.Configuration),
                $"the image's configuration; the CLI said: {built.Report}");
            Assert.IsGreaterThan(1000, actual.Files.Count, "a whole file system");
            Assert.AreEqual("", Differences(Relevant(expected.Files), Relevant(actual.Files)), "the files");
        }
        finally
        {
            await Command.RunAsync("docker", ["rmi", "--force", ours + ":latest", theirs], Path.GetTempPath());
        }
    }

    private async Task ShareLayersAsync(ReferenceCase one, int steps, bool theirsFirst)
    {
        Workspace workspace = NewWorkspace();
        one.Write(workspace);
        string ours = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        string theirs = $"devcontainer-sdk-test/{Guid.NewGuid():N}:latest";
        workspace.Environment["DevcontainerRepository"] = ours;
        workspace.Environment["DevcontainerReferenceCompatible"] = "true";
        try
        {
            if (!theirsFirst)
            {
                CommandResult loaded = await workspace.BuildAsync("build", "-t:LoadDevcontainer");
                loaded.SucceededWithWarning("DEVC2013");
                Assert.HasCount(1, loaded.Lines($" of {steps} steps cached"), loaded.Report);
                Assert.IsEmpty(loaded.Lines($" {steps} of {steps} steps cached"), loaded.Report);
            }

            CommandResult built = await ReferenceCli.RunAsync(workspace, "build", "--image-name", theirs);
            Assert.AreEqual(0, built.ExitCode, built.Report);
            if (theirsFirst)
            {
                CommandResult loaded = await workspace.BuildAsync("build", "-t:LoadDevcontainer");
                loaded.SucceededWithWarning("DEVC2013");
                Assert.HasCount(1, loaded.Lines($" {steps} of {steps} steps cached"), loaded.Report);
            }
            else
            {
                string[] ran = [.. Instruction().Matches(built.Report).Select(static match => match.Groups["number"].Value).Distinct()];
                Assert.HasCount(steps, ran, built.Report);
                Assert.IsEmpty(ran.Where(number => !built.Report.Contains($"#{number} CACHED", StringComparison.Ordinal)), built.Report);
            }

            ReferenceImage expected = await ReferenceImage.ReadAsync(theirs);
            ReferenceImage actual = await ReferenceImage.ReadAsync(ours + ":latest");
            Assert.AreEqual("", Differences(WithoutCompose(expected.Configuration), actual.Configuration));
            Assert.AreEqual("", Differences(expected.Files.Where(IsOfTheImage), actual.Files.Where(IsOfTheImage)));
        }
        finally
        {
            await Command.RunAsync("docker", ["rmi", "--force", ours + ":latest", theirs], Path.GetTempPath());
        }
    }

    private static IEnumerable<string> Relevant(IEnumerable<string> files) => files.Where(static file => IsOfTheImage(file) && !file.StartsWith(LeftBehind, StringComparison.Ordinal));

    private static IEnumerable<string> WithoutCompose(IEnumerable<string> configuration) => configuration.Where(static line => !line.StartsWith(OfCompose, StringComparison.Ordinal));

    private static bool IsOfTheImage(string file) => !OfTheEngine.Any(path => file.StartsWith(path, StringComparison.Ordinal));

    [GeneratedRegex(@"#(?<number>[0-9]+) \[[^\]]*\] (?:RUN|COPY) ")]
    private static partial Regex Instruction();

    private static string Differences(IEnumerable<string> expected, IEnumerable<string> actual) => string.Join(
        '\n',
        expected.Except(actual).Select(static line => "only the CLI: " + line).Concat(actual.Except(expected).Select(static line => "only ours:    " + line)).Take(20));
}
