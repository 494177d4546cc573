using System.Security.Cryptography;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>An engine that is missing, refuses, hangs or fails: one error with a code, nothing half-written, and a rerun without the fault succeeds.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class EngineFaultTests : EngineTests
{
    [TestMethod]
    public async Task Without_docker_a_build_warns_and_Prebuild_fails()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Environment["PATH"] = workspace[".."];
        (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC4001");
        BuildMessage warning = (await workspace.BuildAsync("build")).SucceededWithWarning("DEVC4030");
        Assert.Contains("docker", warning.Text);
        (await workspace.BuildAsync("publish")).Failed("DEVC4001");
        await SucceedsWithoutTheFaultAsync(workspace, "PATH");
    }

    [TestMethod]
    public async Task An_image_that_is_there_needs_no_engine()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult built = (await workspace.BuildAsync("build")).Succeeded();
        workspace.Environment["PATH"] = workspace[".."];
        workspace.Environment["DevcontainerRegistryMirrors"] = null;
        CommandResult hit = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        Assert.AreEqual(CommandTests.Digest(built), CommandTests.Digest(hit));
        (await workspace.BuildAsync("publish")).Succeeded();
    }

    [TestMethod]
    public async Task An_engine_that_refuses_is_an_error()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC4002");
        Assert.Contains("/nowhere/docker.sock", error.Text);
        await SucceedsWithoutTheFaultAsync(workspace, "DOCKER_HOST");
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    [DataRow("DEVC4002", "permission denied", "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1")]
    [DataRow("DEVC4002", "Cannot connect", "case $1 in info) echo '{\"ServerErrors\":[\"Cannot connect to the Docker daemon\"]}';; esac")]
    [DataRow("DEVC4004", "buildx", "case $1 in buildx) echo \"docker: unknown command: docker buildx\" >&2; exit 1;; info) echo '{}';; esac")]
    [DataRow("DEVC4005", "no such driver", "case $1 in info) echo '{}';; *) case $2 in create) echo 'ERROR: no such driver' >&2; exit 1;; esac;; esac")]
    [DataRow("DEVC4011", "solver went away", Working + "*) cat >/dev/null; echo 'ERROR: solver went away' >&2; exit 1;; esac;; esac")]
    [DataRow("DEVC4014", "EOF", Working + "*) cat >/dev/null; echo 'ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF' >&2; exit 1;; esac;; esac")]
    [DataRow("DEVC4012", "image layout", Working + "*) cat >/dev/null;; esac;; esac")]
    public async Task An_engine_that_fails_is_one_error(string code, string says, string script)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.WithDocker(script);
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed(code);
        Assert.Contains(says, error.Text);
        await SucceedsWithoutTheFaultAsync(workspace, "PATH");
    }

    [TestMethod]
    public async Task A_builder_that_cannot_be_created_is_an_error()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        BuildMessage error = (await workspace.BuildAsync(
            "build", "-t:Prebuild", "-p:DevcontainerBuilder=sdk-test-no-such-builder", "-p:DevcontainerBuilderDriver=steam")).Failed("DEVC4006");
        Assert.Contains("sdk-test-no-such-builder", error.Text);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task Arguments_that_are_too_long_for_the_system_are_an_error()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write(
            "dev.proj",
            """
            <Project Sdk="Devcontainer.Sdk">
              <PropertyGroup><DevcontainerBuilder>$([System.String]::new('b', 2200000))</DevcontainerBuilder></PropertyGroup>
            </Project>
            """);
        (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC4031");
    }

    [TestMethod]
    public async Task A_cache_of_GitHub_that_cannot_be_reached_is_a_warning()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk"><ItemGroup><DevcontainerCacheFrom Include="gha" /></ItemGroup></Project>""");
        (await workspace.BuildAsync("build", "-t:Prebuild")).SucceededWithWarning("DEVC4032");
    }

    [TestMethod]
    public async Task A_lock_file_that_cannot_be_written_is_an_error()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write(".devcontainer/devcontainer.json", """{ "image": "debian:bookworm" }""");
        workspace.Write(".devcontainer/devcontainer-prebuild.lock.json/in-the-way", "");
        (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC3062");
        AssertNoImage(workspace);
    }

    [TestMethod]
    [Long]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task An_engine_that_hangs_is_an_error_before_long()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.WithDocker("trap '' INT; while :; do sleep 1; done");
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC4003");
        Assert.Contains("20 seconds", error.Text);
        (await workspace.BuildAsync("build")).SucceededWithWarning("DEVC4030");
        await SucceedsWithoutTheFaultAsync(workspace, "PATH");
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    [DataRow("tools")]
    [DataRow("")]
    public async Task A_docker_in_the_workspace_is_not_run(string folder)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        File.Move(workspace["dev.proj"], workspace.Write("eng/dev.proj", ""), overwrite: true);
        string marker = workspace["was-run"];
        workspace.WriteScript(Path.Combine(folder, "docker"), $"#!/bin/sh\ntouch '{marker}'\nexit 1\n");
        string path = System.Environment.GetEnvironmentVariable("PATH")!;
        workspace.Environment["PATH"] = $"{workspace[folder]}{Path.PathSeparator}.{Path.PathSeparator}{Path.PathSeparator}{path}";
        (await workspace.BuildAsync("build", "eng", "-t:Prebuild")).Succeeded();
        (await workspace.BuildAsync("build", "eng", "-t:LoadDevcontainer", $"-p:DevcontainerRepository={Quickstart.Repository}-docker{folder}")).Succeeded();
        Assert.IsFalse(File.Exists(marker));
        await TestEngine.RunAsync("docker", "rmi", $"{Quickstart.Repository}-docker{folder}:latest");
    }

    [TestMethod]
    public async Task An_instruction_that_fails_is_an_error_at_its_line_and_leaves_nothing_half_written()
    {
        const string Dockerfile = "FROM debian:bookworm AS one\nRUN echo fine\n\n# The next one fails.\nRUN echo broken pipe dream >&2; \\\n    exit 7\n";
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string file = workspace.Write(".devcontainer/Dockerfile", Dockerfile);
        BuildMessage error = (await workspace.BuildAsync("build")).Failed("DEVC4010");
        Assert.AreEqual((file, 5), (error.File, error.Line), error.Text);
        Assert.Contains("broken pipe dream", error.Text);
        Assert.Contains("exit code: 7", error.Text);
        AssertNoImage(workspace);

        // What was there before a build that fails is there after it.
        workspace.WithSmallDevcontainer();
        CommandResult good = (await workspace.BuildAsync("build")).Succeeded();
        string image = FolderSnapshot.Take(workspace["bin/devcontainer/image"]);
        string receipt = await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]);
        workspace.Write(".devcontainer/Dockerfile", Dockerfile);
        (await workspace.BuildAsync("build")).Failed("DEVC4010");
        Assert.AreEqual(image, FolderSnapshot.Take(workspace["bin/devcontainer/image"]));
        Assert.AreEqual(receipt, await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]));
        AssertNoStaging(workspace);
        workspace.WithSmallDevcontainer();
        CommandResult again = (await workspace.BuildAsync("build")).Succeeded();
        Assert.AreEqual(CommandTests.Digest(good), CommandTests.Digest(again));
        Assert.Contains("(local: unchanged)", CommandTests.Result(again));
    }

    [TestMethod]
    public async Task A_Feature_that_fails_is_an_error_at_its_script()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write(".devcontainer/devcontainer.json", """{ "image": "debian:bookworm", "features": { "./bad": {} } }""");
        workspace.Write(".devcontainer/bad/devcontainer-feature.json", """{ "id": "bad", "version": "1.0.0" }""");
        string script = workspace.Write(".devcontainer/bad/install.sh", "#!/bin/sh\necho cannot do that >&2\nexit 4\n");
        BuildMessage error = (await workspace.BuildAsync("build")).Failed("DEVC4010");
        Assert.AreEqual(script, error.File);
        Assert.Contains("cannot do that", error.Text);
        AssertNoImage(workspace);
    }

    [TestMethod]
    [DataRow("", "not a receipt")]
    [DataRow("{}", "")]
    [DataRow("{\"schema\":999}", "{\"imageLayoutVersion\":\"9\"}")]
    [DataRow("[[[[", "[]")]
    public async Task State_that_is_garbage_is_built_anew(string receipt, string layout)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult first = (await workspace.BuildAsync("build")).Succeeded();
        workspace.Write("bin/devcontainer/receipt.json", receipt);
        workspace.Write("bin/devcontainer/image/oci-layout", layout);
        workspace.Write("bin/devcontainer/image/index.json", layout);
        CommandResult second = (await workspace.BuildAsync("build")).Succeeded();
        Assert.AreEqual(CommandTests.Digest(first), CommandTests.Digest(second));
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build")).Succeeded()));
    }

    [TestMethod]
    [DataRow("debian:no-such-tag", "linux/amd64", "DEVC3063")]
    [DataRow("debian:bookworm@sha256:0000000000000000000000000000000000000000000000000000000000000000", "linux/amd64", "DEVC3063")]
    [DataRow("debian:bookworm", "linux/s390x", "DEVC3064")]
    public async Task A_base_image_that_is_not_there_is_an_error_at_its_place(string image, string platform, string code)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string file = workspace.Write(".devcontainer/devcontainer.json", $$"""{ "image": "{{image}}" }""");
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerPlatforms=" + platform)).Failed(code);
        Assert.AreEqual((file, 1, 12), (error.File, error.Line, error.Column));
        Assert.IsFalse(File.Exists(workspace[".devcontainer/devcontainer-prebuild.lock.json"]));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task Links_in_the_place_of_what_is_ours_are_not_followed()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write(".devcontainer/Dockerfile", "FROM scratch\nCOPY --from=debian:bookworm /etc/debian_version /\n");
        CommandResult reference = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        (await workspace.BuildAsync("clean")).Succeeded();
        workspace.Write("../precious/blobs/sha256/file", "old");
        workspace.Write("../precious/lock.json", await File.ReadAllTextAsync(workspace[LockFile]));
        File.Delete(workspace[LockFile]);
        File.CreateSymbolicLink(workspace[LockFile], workspace["../precious/lock.json"]);
        Directory.CreateDirectory(workspace["bin/devcontainer"]);
        foreach (string name in (string[])["image", "sbom", "plan", "receipt.json", ".lock", ".build-1"])
        {
            File.CreateSymbolicLink(workspace["bin/devcontainer/" + name], workspace[name == ".lock" ? "../precious/lock.json" : "../precious"]);
        }

        string before = FolderSnapshot.Take(workspace["../precious"]);
        CommandResult built = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        Assert.AreEqual(CommandTests.Digest(reference), CommandTests.Digest(built));
        (await workspace.BuildAsync("build", "-t:UpdateDevcontainerLock", "-p:DevcontainerRaiseEpoch=true")).Succeeded();
        Assert.IsNull(new FileInfo(workspace[LockFile]).LinkTarget);
        Assert.AreEqual(before, FolderSnapshot.Take(workspace["../precious"]));
        workspace.HasOnlyWholeOutput();
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task Temporary_files_may_be_on_another_file_system_and_none_is_left()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string temporary = Path.Combine("/dev/shm", Path.GetRandomFileName());
        Directory.CreateDirectory(temporary);
        try
        {
            workspace.Environment["TMPDIR"] = temporary;
            (await workspace.BuildAsync("build", "-p:DevcontainerDryRun=true")).Succeeded();
            (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
            workspace.HasOnlyWholeOutput();

            // Those of .NET itself are its own affair.
            Assert.IsEmpty(Directory.GetFileSystemEntries(temporary, "devcontainer*"));
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    [TestMethod]
    [NeedsMount]
    public async Task A_disk_that_is_full_is_an_error_and_what_was_there_stays()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string folder = workspace["bin/devcontainer"];
        await using MountedFolder disk = await MountedFolder.CreateAsync(folder, "4m");
        CommandResult first = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        string image = FolderSnapshot.Take(workspace["bin/devcontainer/image"]);
        string receipt = await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]);

        // In a file that we write, and in one that buildx writes.
        await File.WriteAllBytesAsync(workspace[".devcontainer/hello.txt"], RandomNumberGenerator.GetBytes(6_000_000));
        await FailsAsync();
        workspace.WithSmallDevcontainer();
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:bookworm\n");
        await FailsAsync();

        await disk.ResizeAsync("256m");
        (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        workspace.HasOnlyWholeOutput();
        workspace.WithSmallDevcontainer();
        Assert.AreEqual(CommandTests.Digest(first), CommandTests.Digest((await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded()));

        // Of a full disk, the clean that makes room succeeds.
        await File.WriteAllBytesAsync(workspace["bin/devcontainer/filler"], new byte[1_000_000]);
        await disk.ResizeAsync("2m");
        Assert.AreNotEqual(0, (await Command.RunAsync("dd", ["if=/dev/zero", "of=" + workspace["bin/devcontainer/rest"]], folder)).ExitCode);
        (await workspace.BuildAsync("clean")).Succeeded();

        async Task FailsAsync()
        {
            BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC9003");
            Assert.Contains("No space left", error.Text, StringComparison.OrdinalIgnoreCase);
            Assert.AreEqual(image, FolderSnapshot.Take(workspace["bin/devcontainer/image"]));
            Assert.AreEqual(receipt, await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]));
            workspace.HasOnlyWholeOutput();
        }
    }

    [TestMethod]
    [Long]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task A_gigabyte_of_output_that_is_no_text_takes_no_memory()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        const string Noise = "head -c 4000 /dev/urandom | tr '\\n' x >noise; echo >>noise; yes \"$(cat noise)\" 2>/dev/null | head -c 1000000000 >&2; rm noise";
        workspace.WithDocker(Working + $"*) cat >/dev/null; {Noise}; echo >&2; echo 'ERROR: so much' >&2; exit 1;; esac;; esac");

        // Far less than the output, and enough for a build.
        workspace.Environment["DOTNET_GCHeapHardLimit"] = "0x10000000";
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC4011");
        Assert.Contains("so much", error.Text);
        workspace.Environment.Remove("DOTNET_GCHeapHardLimit");
        await SucceedsWithoutTheFaultAsync(workspace, "PATH");
    }

    private const string LockFile = ".devcontainer/devcontainer-prebuild.lock.json";

    // A docker whose engine can do everything up to the build itself.
    private const string Working = """
        case $1 in
        info) echo '{"DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}';;
        *) case $2 in
        ls) echo '{"Name":"default","Driver":"docker","Current":true,"Nodes":[]}';;

        """;

    private static async Task SucceedsWithoutTheFaultAsync(Workspace workspace, string fault)
    {
        AssertNoImage(workspace);
        workspace.Environment.Remove(fault);
        (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
    }

    private static void AssertNoImage(Workspace workspace)
    {
        Assert.IsFalse(File.Exists(workspace["bin/devcontainer/receipt.json"]));
        Assert.IsFalse(Directory.Exists(workspace["bin/devcontainer/sbom"]));
        AssertNoStaging(workspace);
    }

    private static void AssertNoStaging(Workspace workspace)
    {
        if (Directory.Exists(workspace["bin/devcontainer"]))
        {
            Assert.IsEmpty(Directory.GetDirectories(workspace["bin/devcontainer"], ".build-*"));
        }
    }
}
