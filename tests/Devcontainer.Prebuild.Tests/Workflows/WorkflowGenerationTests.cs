using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Workflows;

namespace Devcontainer.Prebuild.Tests.Workflows;

/// <summary>What a project's workflow follows: the paths that start it, its platforms, its branch.</summary>
[TestClass]
public sealed class WorkflowGenerationTests
{
    [TestMethod]
    public void An_image_and_local_Features_follow_the_dev_container_s_folder()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithFeatures();
        workspace.Write("nuget.config", "<configuration />");
        CollectionAssert.AreEqual(
            new[] { ".devcontainer/**", ".github/workflows/dev.yml", "Directory.Packages.props", "dev.proj", "global.json", "notes.txt", "nuget.config" },
            Paths(workspace));
    }

    [TestMethod]
    [DataRow("COPY tools /t", "tools/**")]
    [DataRow("COPY ./tools/ /t", "tools/**")]
    [DataRow("COPY tools/run.sh /t", "tools/run.sh")]
    [DataRow("COPY tools/*.sh /t", "tools/**")]
    [DataRow("COPY not-yet /t", "not-yet/**")]
    [DataRow("COPY tools/../src/a.txt /t", "**")]
    [DataRow("COPY link/a.txt /t", "**")]
    [DataRow("COPY *.txt /t", "**")]
    [DataRow("COPY . /t", "**")]
    [DataRow("ARG D=tools\nCOPY $D /t", "tools/**")]
    [DataRow("RUN --mount=type=bind,source=src,target=/x true", "src/**")]
    [DataRow("FROM scratch AS other\nCOPY tools /t\nFROM scratch", "")]
    [DataRow("RUN true", "")]
    public void A_Dockerfile_follows_what_it_copies(string instructions, string expected)
    {
        using var workspace = new SampleWorkspace("""{ "build": { "dockerfile": "Dockerfile", "context": ".." } }""");
        workspace.Write(".devcontainer/Dockerfile", $"FROM scratch\n{instructions}\n");
        workspace.Write("tools/run.sh", "x");
        workspace.Write("src/a.txt", "x");
        workspace.Write("link", "-> src");
        string[] usual = [".devcontainer/**", ".dockerignore", ".github/workflows/dev.yml", "dev.proj"];
        string[] wanted = expected switch { "**" => ["**"], "" => usual, _ => [.. usual.Append(expected).Order(StringComparer.Ordinal)] };
        CollectionAssert.AreEqual(wanted, Paths(workspace), string.Join(' ', Paths(workspace)));
    }

    [TestMethod]
    public void What_is_outside_the_repository_starts_nothing()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        workspace.Request = workspace.Request with
        {
            Inputs = [new DeclaredInput(Path.GetFullPath(workspace["../outside.json"]), "packages", "raw"), new DeclaredInput(workspace["eng/x.json"], "packages", "raw")],
        };
        CollectionAssert.AreEqual(new[] { ".devcontainer/**", ".github/workflows/dev.yml", "dev.proj", "eng/x.json" }, Paths(workspace));
    }

    [TestMethod]
    public void A_project_in_a_folder_of_a_large_repository_has_its_own_paths_and_file()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        workspace.Write("svc/.devcontainer/devcontainer.json", """{ "image": "debian:12" }""");
        workspace.Request = workspace.Request with { ConfigFile = workspace["svc/.devcontainer/devcontainer.json"], WorkspaceFolder = workspace["svc"] };
        Workflow workflow = Generate(workspace, request => request with { ProjectFile = workspace["svc/svc.proj"] }, ".github/workflows/svc.yml");
        CollectionAssert.AreEqual(
            new[] { ".github/workflows/svc.yml", "svc/.devcontainer/**", "svc/svc.proj" }, Workflow.List(workflow.Root["on"]["push"]["paths"]));
        Assert.AreEqual("svc/svc.proj", Workflow.Scalar(workflow.Root["env"]["DEVCONTAINER_PROJECT"]));
    }

    [TestMethod]
    public void Platforms_do_not_depend_on_the_machine_that_writes_it()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        Assert.AreEqual("linux/amd64 ubuntu-latest, linux/arm64 ubuntu-24.04-arm", Machines(Generate(workspace)));
        Assert.AreEqual(
            "linux/arm64 mine, linux/s390x ubuntu-latest",
            Machines(Generate(workspace, static request => request with { Platforms = ["aarch64", "linux/s390x"], Runners = ["linux/arm64=mine"], Overwrite = true })));
    }

    [TestMethod]
    public void The_default_branch_is_the_project_s_or_git_s_or_main()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        Assert.AreEqual("main", Branch(Generate(workspace)));
        workspace.Write(".git/refs/remotes/origin/HEAD", "ref: refs/remotes/origin/trunk\n");
        Assert.AreEqual("trunk", Branch(Generate(workspace)));
        Assert.AreEqual("develop", Branch(Generate(workspace, static request => request with { DefaultBranch = "develop" })));
    }

    [TestMethod]
    [DataRow("linux/arm64")]
    [DataRow("linux/arm64=")]
    [DataRow("linux/arm64=${{ x }}")]
    [DataRow("linux/arm64=a b")]
    [DataRow("linux/arm64=a=b")]
    public void A_machine_must_be_a_label(string runner)
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        Errors.Expect(Codes.PropertyInvalid, () => Generate(workspace, request => request with { Runners = [runner] }));
    }

    [TestMethod]
    [DataRow("daily")]
    [DataRow("0 2 * *")]
    [DataRow("0 2 * * *\n  x: y")]
    [DataRow("${{ x }} * * * *")]
    public void A_schedule_must_be_cron_s(string schedule)
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        Errors.Expect(Codes.PropertyInvalid, () => Generate(workspace, request => request with { Schedule = schedule }));
    }

    [TestMethod]
    public void A_project_outside_the_repository_is_an_error()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        Errors.Expect(Codes.ProjectOutsideRepository, () => Generate(workspace, request => request with { ProjectFile = Path.GetFullPath(workspace["../dev.proj"]) }));
    }

    [TestMethod]
    public void A_second_time_nothing_is_written_and_a_dry_run_never()
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        workspace.Request = workspace.Request with { DryRun = true };
        Assert.Contains("Would write: ", Run(workspace));
        Assert.IsFalse(File.Exists(workspace[".github/workflows/dev.yml"]));
        workspace.Request = workspace.Request with { DryRun = false };
        Assert.Contains("Wrote: ", Run(workspace));
        Assert.Contains("Up to date: ", Run(workspace));
    }

    private static string Run(SampleWorkspace workspace)
    {
        var reporter = new RecordingReporter();
        new WorkflowGeneration(reporter).Run(Request(workspace));
        return reporter.Text;
    }

    private static WorkflowRequest Request(SampleWorkspace workspace) => new()
    {
        Prebuild = workspace.Request,
        ProjectFile = workspace["dev.proj"],
        OwnsProject = true,
    };

    private static Workflow Generate(SampleWorkspace workspace, Func<WorkflowRequest, WorkflowRequest>? change = null, string file = ".github/workflows/dev.yml")
    {
        WorkflowRequest request = Request(workspace);
        string written = new WorkflowGeneration(new RecordingReporter()).Run(change?.Invoke(request) ?? request);
        Assert.AreEqual(workspace[file], written);
        return new Workflow(File.ReadAllText(written));
    }

    private static string[] Paths(SampleWorkspace workspace) => Workflow.List(Generate(workspace).Root["on"]["push"]["paths"]);

    private static string Branch(Workflow workflow) => Workflow.List(workflow.Root["on"]["push"]["branches"]).Single();

    private static string Machines(Workflow workflow) => string.Join(
        ", ",
        ((YamlDotNet.RepresentationModel.YamlSequenceNode)workflow.Jobs["publish"]["strategy"]["matrix"]["include"])
            .Select(static entry => $"{Workflow.Scalar(entry["platform"])} {Workflow.Scalar(entry["runner"])}"));
}
