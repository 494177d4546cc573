using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Tests.Engine;

/// <summary>
/// Which builder a build uses. The docker command is scripted here: an engine with the classic image store, and drivers whose images cannot be
/// pulled, are not to be had for a test.
/// </summary>
[TestClass]
public sealed class BuilderSelectionTests
{
    private const string Current = """{"Current":true,"Driver":"docker","Name":"default","Nodes":[{"Name":"default","Status":"running"}]}""";
    private const string Containerd = """{"DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}""";
    private const string Classic = """{"DriverStatus":[["Backing Filesystem","extfs"]]}""";

    [TestMethod]
    public async Task The_engine_itself_will_do_where_it_has_the_containerd_store()
    {
        var docker = new ScriptedDocker { ["buildx ls"] = (0, Current), ["info"] = (0, Containerd) };
        Assert.AreEqual("default", (await SelectAsync(docker, new BuilderRequest())).Name);
        Assert.IsFalse(docker.Commands.Exists(static command => command.StartsWith("buildx create", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task On_the_classic_store_a_container_builder_is_created_once()
    {
        var docker = new ScriptedDocker { ["buildx ls"] = (0, Current), ["info"] = (0, Classic), ["buildx create"] = (0, ""), ["buildx inspect"] = (0, "") };
        Builder builder = await SelectAsync(docker, new BuilderRequest());
        Assert.AreEqual(new Builder(BuilderSelection.DefaultName, "docker-container", "running"), builder);
        Assert.Contains("buildx create --name devcontainer-sdk --driver docker-container", docker.Commands);
    }

    [TestMethod]
    public async Task On_the_classic_store_the_container_builder_that_is_there_is_used()
    {
        const string own = """{"Current":false,"Driver":"docker-container","Name":"devcontainer-sdk","Nodes":[{"Status":"inactive"}]}""";
        var docker = new ScriptedDocker { ["buildx ls"] = (0, Current + "\n" + own), ["info"] = (0, Classic) };
        Assert.AreEqual(BuilderSelection.DefaultName, (await SelectAsync(docker, new BuilderRequest())).Name);
    }

    [TestMethod]
    public async Task Where_that_cannot_be_created_the_error_names_both_remedies()
    {
        var docker = new ScriptedDocker
        {
            ["buildx ls"] = (0, Current), ["info"] = (0, Classic), ["buildx create"] = (0, ""), ["buildx inspect"] = (1, "pull of the image failed"), ["buildx rm"] = (0, ""),
        };
        DevcontainerException error = await FailAsync(docker, new BuilderRequest(), Codes.BuilderCannotExport);
        Assert.Contains("containerd-snapshotter", error.Message);
        Assert.Contains("DevcontainerBuilder", error.Message);
        Assert.Contains("buildx rm --force devcontainer-sdk", docker.Commands);
    }

    [TestMethod]
    public async Task A_builder_elsewhere_needs_no_engine_here()
    {
        const string remote = """{"Current":true,"Driver":"remote","Name":"farm","Nodes":[{"Status":"running"}]}""";
        var docker = new ScriptedDocker { ["buildx ls"] = (0, remote), ["info"] = (1, "cannot connect") };
        Assert.AreEqual("farm", (await SelectAsync(docker, new BuilderRequest())).Name);
    }

    [TestMethod]
    public async Task A_named_builder_is_created_as_it_is_asked_for()
    {
        var docker = new ScriptedDocker { ["buildx ls"] = (0, Current), ["info"] = (0, Containerd), ["buildx create"] = (0, ""), ["buildx inspect"] = (0, "") };
        await SelectAsync(docker, new BuilderRequest { Name = "mine", Driver = "kubernetes", DriverOptions = ["replicas=2"], Entitlements = ["network.host"] });
        Assert.Contains(
            "buildx create --name mine --driver kubernetes --driver-opt replicas=2 --buildkitd-flags --allow-insecure-entitlement network.host", docker.Commands);
    }

    [TestMethod]
    public async Task Nodes_after_the_first_are_appended()
    {
        var docker = new ScriptedDocker { ["buildx ls"] = (0, Current), ["info"] = (0, Containerd), ["buildx create"] = (0, ""), ["buildx inspect"] = (0, "") };
        await SelectAsync(docker, new BuilderRequest
        {
            Driver = "remote",
            Nodes = [new BuilderNode("tcp://amd:1234", "amd", null, "linux/amd64", []), new BuilderNode("tcp://arm:1234", "arm", null, "linux/arm64", [])],
        });
        Assert.Contains("buildx create --name devcontainer-sdk-nodes --driver remote --node amd --platform linux/amd64 tcp://amd:1234", docker.Commands);
        Assert.Contains("buildx create --append --name devcontainer-sdk-nodes --driver remote --node arm --platform linux/arm64 tcp://arm:1234", docker.Commands);
    }

    [TestMethod]
    public Task A_docker_without_buildx_is_said() => FailAsync(
        new ScriptedDocker { ["buildx ls"] = (1, "docker: unknown command: docker buildx"), ["info"] = (0, Containerd) }, new BuilderRequest(), Codes.BuildxMissing);

    [TestMethod]
    public Task An_engine_that_refuses_is_said() => FailAsync(
        new ScriptedDocker { ["buildx ls"] = (0, Current), ["info"] = (1, "permission denied") }, new BuilderRequest(), Codes.EngineUnreachable);

    [TestMethod]
    public Task An_engine_that_hangs_is_said() => FailAsync(
        new ScriptedDocker { ["buildx ls"] = (0, Current), ["info"] = (-1, "") }, new BuilderRequest(), Codes.EngineHangs);

    [TestMethod]
    public void What_is_asked_of_a_new_builder_is_in_its_configuration() => Assert.AreEqual(
        "[worker.oci]\n  max-parallelism = 4\n  gc = true\n  reservedSpace = \"20GB\"\n  maxUsedSpace = \"20GB\"\n[registry.\"docker.io\"]\n  mirrors = [\"mirror.example\"]\n",
        BuilderSelection.Configuration(new BuilderRequest { MaxParallelism = 4, KeepStorage = "20GB", RegistryMirrors = [new("docker.io", "mirror.example")] }));

    [TestMethod]
    [TestCategory("Unix")]
    [DataRow(0)]
    [DataRow(1)]
    public async Task That_configuration_is_for_nobody_else_to_read_and_gone_afterwards(int exitCode)
    {
        string? path = null;
        UnixFileMode mode = default;
        var docker = new ScriptedDocker
        {
            ["buildx ls"] = (0, Current), ["info"] = (0, Containerd), ["buildx create"] = (exitCode, "no"), ["buildx inspect"] = (0, ""),
        };
        docker.OnCommand = arguments =>
        {
            if (arguments.ToList().IndexOf("--buildkitd-config") is > 0 and int option)
            {
                path = arguments[option + 1];
                Assert.AreEqual("[worker.oci]\n  max-parallelism = 4\n", File.ReadAllText(path));
                mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(Path.GetDirectoryName(path)!);
            }
        };
        Task<Builder> selecting = SelectAsync(docker, new BuilderRequest { Name = "mine", MaxParallelism = 4 });
        await Task.WhenAny(selecting);
        Assert.AreEqual(exitCode == 0, selecting.IsCompletedSuccessfully);
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, mode);
        Assert.IsFalse(Directory.Exists(Path.GetDirectoryName(path)));
    }

    private static Task<Builder> SelectAsync(ScriptedDocker docker, BuilderRequest request) =>
        new BuilderSelection(new DockerCommand(docker, "/bin/docker", "/", new Dictionary<string, string>()), new Recorder()).SelectAsync(request, CancellationToken.None);

    private static async Task<DevcontainerException> FailAsync(ScriptedDocker docker, BuilderRequest request, string code)
    {
        var error = await Assert.ThrowsAsync<DevcontainerException>(() => SelectAsync(docker, request));
        Assert.AreEqual(code, error.Diagnostic.Code);
        return error;
    }

    /// <summary>Answers commands by how they begin; an exit code of −1 is a command that never ends.</summary>
    private sealed class ScriptedDocker : Dictionary<string, (int ExitCode, string Output)>, IProcessRunner
    {
        public List<string> Commands { get; } = [];

        public Action<IReadOnlyList<string>>? OnCommand { get; set; }

        public Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken)
        {
            string command = string.Join(' ', request.Arguments);
            OnCommand?.Invoke(request.Arguments);
            lock (Commands)
            {
                Commands.Add(command);
            }

            (int exitCode, string output) = this.Single(answer => command.StartsWith(answer.Key, StringComparison.Ordinal)).Value;
            foreach (string line in output.Split('\n'))
            {
                (exitCode == 0 ? request.OnOutput : request.OnError)?.Invoke(line);
            }

            return Task.FromResult(new ProcessResult(Math.Max(0, exitCode), TimedOut: exitCode < 0));
        }
    }
}
