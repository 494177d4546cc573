using System.Text.RegularExpressions;
using Devcontainer.Prebuild.Workflows;
using YamlDotNet.RepresentationModel;

namespace Devcontainer.Prebuild.Tests.Workflows;

/// <summary>What a generated workflow may do, and what reaches its commands (FAULTS 86 to 88).</summary>
[TestClass]
public sealed partial class WorkflowDocumentTests
{
    // Everything that is evaluated. None of it is a text that someone without write access can choose, where it meets a shell.
    private static readonly string[] KnownExpressions =
    [
        "github.ref", "github.event_name == 'pull_request'", "matrix.platform", "matrix.file", "matrix.runner", "inputs.force || false", "runner.temp",
        "github.actor", "github.token", "github.ref_name", "secrets.DEVCONTAINER_REGISTRY_USERNAME", "secrets.DEVCONTAINER_REGISTRY_PASSWORD",
    ];

    private const string NotPullRequest = "github.event_name != 'pull_request' && !github.event.repository.fork";

    private static readonly WorkflowPlatform Amd64 = new("linux/amd64", "linux-amd64", "ubuntu-latest", IsEmulated: false);
    private static readonly WorkflowPlatform Arm64 = new("linux/arm64", "linux-arm64", "ubuntu-24.04-arm", IsEmulated: false);
    private static readonly WorkflowPlatform S390x = new("linux/s390x", "linux-s390x", "ubuntu-latest", IsEmulated: true);

    private static readonly WorkflowPlan Usual = new()
    {
        Project = "container.proj",
        OwnsProject = true,
        Name = "container",
        DefaultBranch = "main",
        Paths = [".devcontainer/**", "container.proj"],
        Platforms = [Amd64, Arm64],
        Repository = "dev",
        GlobalJson = "global.json",
        Schedule = "23 2 * * *",
        LockFiles = [".devcontainer/devcontainer-prebuild.lock.json", ".devcontainer/devcontainer-lock.json"],
    };

    private static readonly WorkflowPlan Odd = Usual with
    {
        Project = "a\"b'c/${{ secrets.TOKEN }}\n#x: é`$(id)`.proj",
        DefaultBranch = "release/${{ x }}",
        Repository = "it's/${{ github.token }}",
        GlobalJson = "${{ 'x' }}/global.json",
        Before = "echo \"${{ secrets.TOKEN }}\"\ntrue",
        LockFiles = ["${{ x }}/one", "two\n#"],
    };

    private static IEnumerable<object[]> Plans()
    {
        yield return [Usual, "usual"];
        yield return [Odd, "odd names"];
        yield return [Usual with { Platforms = [Amd64] }, "one platform"];
        yield return [Usual with { Platforms = [Amd64, S390x] }, "emulated"];
        yield return [Usual with { Registry = "ghcr.io" }, "a registry"];
        yield return [Odd with { Registry = "registry.example.com" }, "another registry"];
        yield return [Usual with { OwnsProject = false, GlobalJson = null }, "beside an application"];
        yield return [Usual with { Schedule = null, Before = "./eng/pack.sh" }, "no schedule"];
    }

    [TestMethod]
    [DynamicData(nameof(Plans))]
    public void Every_action_is_pinned_to_a_commit_of_the_table(object plan, string name)
    {
        string[] lines = [.. Text(plan).Split('\n').Where(static line => line.Contains("uses:", StringComparison.Ordinal)).Select(static line => line.Trim())];
        Assert.IsNotEmpty(lines, name);
        Assert.IsEmpty(lines.Where(static line => !UsesForm().IsMatch(line)), name);
        CollectionAssert.IsSubsetOf(lines.Distinct().ToArray(), PinnedAction.All.Select(static action => $"uses: {action}").ToArray(), name);
    }

    [TestMethod]
    [DynamicData(nameof(Plans))]
    public void No_command_has_an_expression(object plan, string name)
    {
        string[] commands = [.. new Workflow(Text(plan)).Commands];
        Assert.IsNotEmpty(commands, name);
        Assert.IsEmpty(commands.Where(static command => command.Contains("${{", StringComparison.Ordinal)), name);
    }

    [TestMethod]
    [DynamicData(nameof(Plans))]
    public void No_expression_is_evaluated_but_those_that_are_known(object plan, string name)
    {
        string[] evaluated = [.. new Workflow(Text(plan)).Scalars.SelectMany(Workflow.Expressions).Where(static expression => !expression.StartsWith('\'')).Distinct()];
        CollectionAssert.IsSubsetOf(evaluated, KnownExpressions, name);
    }

    [TestMethod]
    [DynamicData(nameof(Plans))]
    public void Only_jobs_that_no_pull_request_and_no_fork_starts_may_write_or_see_a_secret(object plan, string name)
    {
        var workflow = new Workflow(Text(plan));
        Assert.AreEqual("contents: read", Workflow.Line(workflow.Root["permissions"]), name);
        foreach ((string id, YamlMappingNode job) in workflow.Jobs)
        {
            string condition = Workflow.Scalar(job["if"]);
            string[] expressions = [.. job.AllNodes.OfType<YamlScalarNode>().SelectMany(static node => Workflow.Expressions(node.Value!))];
            bool seesSecret = expressions.Any(static e => e is "github.token" || e.StartsWith("secrets.", StringComparison.Ordinal));
            if (id == "check")
            {
                Assert.AreEqual("contents: read", Workflow.Line(job["permissions"]), name);
                Assert.AreEqual("github.event_name == 'pull_request'", condition, name);
                Assert.IsFalse(seesSecret, name);
                Assert.IsFalse(workflow.Steps(id).Any(static step => Workflow.Map(step).ContainsKey("id")), name);
            }
            else
            {
                Assert.EndsWith("&& !github.event.repository.fork", condition, name);
                Assert.StartsWith(id == "refresh" ? "(github.event_name == 'schedule' || inputs.refresh)" : "github.event_name != 'pull_request'", condition, name);
            }
        }
    }

    [TestMethod]
    public void Rights_are_those_that_the_job_needs()
    {
        var workflow = new Workflow(Text(Usual));
        CollectionAssert.AreEqual(new[] { "check", "publish", "index", "refresh" }, workflow.Jobs.Keys.ToArray());
        Assert.AreEqual("contents: read, packages: write", Workflow.Line(workflow.Jobs["publish"]["permissions"]));
        Assert.AreEqual("contents: read, packages: write", Workflow.Line(workflow.Jobs["index"]["permissions"]));
        Assert.AreEqual("contents: write, pull-requests: write", Workflow.Line(workflow.Jobs["refresh"]["permissions"]));
        Assert.AreEqual(NotPullRequest, Workflow.Scalar(workflow.Jobs["publish"]["if"]));
        foreach (YamlMappingNode checkout in workflow.Jobs.Keys.SelectMany(workflow.Steps).Where(static step => IsUse(step, PinnedAction.Checkout)))
        {
            Assert.AreEqual("false", Workflow.Scalar(checkout["with"]["persist-credentials"]));
        }
    }

    [TestMethod]
    public void Pushes_pull_requests_a_schedule_and_people_start_it()
    {
        Dictionary<string, YamlNode> on = Workflow.Map(new Workflow(Text(Usual)).Root["on"]);
        CollectionAssert.AreEqual(new[] { "push", "pull_request", "schedule", "workflow_dispatch" }, on.Keys.ToArray());
        CollectionAssert.AreEqual(new[] { "main" }, Workflow.List(on["push"]["branches"]));
        CollectionAssert.AreEqual(Usual.Paths.ToArray(), Workflow.List(on["push"]["paths"]));
        CollectionAssert.AreEqual(Usual.Paths.ToArray(), Workflow.List(on["pull_request"]["paths"]));
        Assert.AreEqual("23 2 * * *", Workflow.Scalar(on["schedule"][0]["cron"]));
        Assert.AreEqual("boolean", Workflow.Scalar(on["workflow_dispatch"]["inputs"]["force"]["type"]));
    }

    [TestMethod]
    public void Each_platform_is_built_on_its_machine_and_handed_over_by_digest()
    {
        var workflow = new Workflow(Text(Usual));
        YamlNode matrix = workflow.Jobs["publish"]["strategy"]["matrix"]["include"];
        Assert.AreEqual("platform: linux/arm64, file: linux-arm64, runner: ubuntu-24.04-arm", Workflow.Line(matrix[1]));
        string publish = Workflow.Scalar(Step(workflow, "publish", "Publish")["run"]);
        Assert.Contains("dotnet publish \"./$DEVCONTAINER_PROJECT\"", publish);
        Assert.Contains("-p:PushDevcontainer=true -p:DevcontainerPushByDigest=true", publish);
        Assert.Contains("\"-p:DevcontainerPlatforms=$DEVCONTAINER_PLATFORMS\" \"-p:DevcontainerForce=$DEVCONTAINER_FORCE\"", publish);
        Assert.AreEqual("${{ runner.temp }}/devcontainer/digests/${{ matrix.file }}.json", Workflow.Scalar(Step(workflow, "publish", "Keep the digest")["with"]["path"]));
        Assert.AreEqual("${{ runner.temp }}/devcontainer/digests", Workflow.Scalar(Step(workflow, "index", "Get the digests")["with"]["path"]));
        Assert.AreEqual("publish", Workflow.Scalar(workflow.Jobs["index"]["needs"]));
        YamlMappingNode index = Step(workflow, "index", "Create the index");
        Assert.Contains("dotnet build \"./$DEVCONTAINER_PROJECT\" -t:CreateDevcontainerIndex", Workflow.Scalar(index["run"]));
        Assert.AreEqual("linux/amd64%3Blinux/arm64", Workflow.Scalar(index["env"]["DEVCONTAINER_PLATFORMS"]));
    }

    [TestMethod]
    public void One_platform_needs_no_index()
    {
        var workflow = new Workflow(Text(Usual with { Platforms = [Amd64] }));
        CollectionAssert.AreEqual(new[] { "check", "publish", "refresh" }, workflow.Jobs.Keys.ToArray());
        Assert.DoesNotContain("DevcontainerPushByDigest", workflow.Text);
        Assert.DoesNotContain("artifact", workflow.Text);
    }

    [TestMethod]
    public void A_pull_request_builds_and_pushes_nothing()
    {
        string build = Workflow.Scalar(Step(new Workflow(Text(Usual)), "check", "Build")["run"]);
        Assert.Contains("-t:PrebuildDevcontainer", build);
        Assert.Contains("-p:PushDevcontainer=false", build);
        Assert.DoesNotContain("true", build);
    }

    [TestMethod]
    public void Only_a_platform_without_a_machine_is_emulated()
    {
        Assert.DoesNotContain("qemu", Text(Usual));
        var workflow = new Workflow(Text(Usual with { Platforms = [Amd64, S390x] }));
        YamlMappingNode step = Step(workflow, "publish", "Set up emulation");
        Assert.AreEqual("matrix.emulated", Workflow.Scalar(step["if"]));
        Assert.AreEqual("true", Workflow.Scalar(workflow.Jobs["publish"]["strategy"]["matrix"]["include"][1]["emulated"]));
    }

    [TestMethod]
    public void Without_a_registry_the_image_goes_to_GitHub_s_under_the_owner()
    {
        var workflow = new Workflow(Text(Usual));
        Assert.AreEqual("DEVCONTAINER_PROJECT: container.proj, DEVCONTAINER_REGISTRY: ghcr.io, DEVCONTAINER_IMAGE: dev", Workflow.Line(workflow.Root["env"]));
        Assert.Contains("\"-p:DevcontainerRepository=${GITHUB_REPOSITORY_OWNER,,}/$DEVCONTAINER_IMAGE\"", Workflow.Scalar(Step(workflow, "publish", "Publish")["run"]));
        Assert.AreEqual("registry: ghcr.io, username: ${{ github.actor }}, password: ${{ github.token }}", Workflow.Line(Step(workflow, "publish", "Sign in to the registry")["with"]));
    }

    [TestMethod]
    public void A_registry_of_the_project_s_own_is_signed_in_to_with_secrets()
    {
        var workflow = new Workflow(Text(Usual with { Registry = "registry.example.com" }));
        Assert.AreEqual("DEVCONTAINER_PROJECT: container.proj", Workflow.Line(workflow.Root["env"]));
        Assert.DoesNotContain("DevcontainerRepository", workflow.Text);
        Assert.AreEqual(
            "registry: registry.example.com, username: ${{ secrets.DEVCONTAINER_REGISTRY_USERNAME }}, password: ${{ secrets.DEVCONTAINER_REGISTRY_PASSWORD }}",
            Workflow.Line(Step(workflow, "index", "Sign in to the registry")["with"]));
    }

    [TestMethod]
    public void Beside_an_application_only_the_dev_container_is_published()
    {
        var workflow = new Workflow(Text(Usual with { OwnsProject = false }));
        Assert.DoesNotContain("dotnet publish", workflow.Text);
        Assert.Contains("-t:PublishDevcontainer", Workflow.Scalar(Step(workflow, "publish", "Publish")["run"]));
    }

    [TestMethod]
    public void Names_reach_commands_as_they_are_by_the_environment()
    {
        var workflow = new Workflow(Text(Odd));
        Assert.AreEqual(Odd.Project, Workflow.Literal(Workflow.Scalar(workflow.Root["env"]["DEVCONTAINER_PROJECT"])));
        Assert.AreEqual(Odd.Repository, Workflow.Literal(Workflow.Scalar(workflow.Root["env"]["DEVCONTAINER_IMAGE"])));
        Assert.AreEqual(Odd.Before, Workflow.Literal(Workflow.Scalar(Step(workflow, "check", "Prepare")["env"]["DEVCONTAINER_BEFORE"])));
        Assert.AreEqual(Odd.GlobalJson, Workflow.Literal(Workflow.Scalar(Step(workflow, "check", "Set up .NET")["with"]["global-json-file"])));
        Assert.AreEqual(string.Join('\n', Odd.LockFiles), Workflow.Literal(Workflow.Scalar(Step(workflow, "refresh", "Open a pull request")["env"]["LOCKS"])));
    }

    [TestMethod]
    public void A_refresh_is_a_pull_request_and_no_schedule_is_no_refresh()
    {
        string refresh = string.Join('\n', new Workflow(Text(Usual)).Steps("refresh").Where(static step => step.Children.ContainsKey("run")).Select(static step => Workflow.Scalar(step["run"])));
        Assert.Contains("-t:UpdateDevcontainerLock -p:DevcontainerRaiseEpoch=true", refresh);
        Assert.Contains("gh pr create", refresh);
        string without = Text(Usual with { Schedule = null });
        Assert.DoesNotContain("schedule", without);
        Assert.DoesNotContain("refresh", without);
    }

    [TestMethod]
    [DynamicData(nameof(Plans))]
    public void Its_commands_are_bash(object plan, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("No bash.");
        }

        using var folder = new TemporaryFolder();
        foreach (string command in new Workflow(Text(plan)).Commands)
        {
            Assert.AreEqual("", Bash(folder.Path, ["-n", "-c", command]), name);
        }
    }

    [TestMethod]
    public void A_refresh_commits_the_lock_files_and_pushes_a_branch()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("No bash.");
        }

        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["origin"]);
        CI.Git.Run(folder["origin"], "init", "-q", "--bare");
        CI.Git.Run(folder.Path, "clone", "-q", "origin", "clone");
        folder.Write("clone/lock one", "1");
        folder.Write("clone/other", "1");
        CI.Git.Run(folder["clone"], "add", ".");
        CI.Git.Run(folder["clone"], "commit", "-q", "-m", "x");
        folder.Write("clone/lock one", "2");
        folder.Write("clone/other", "2");
        folder.Write("bin/gh", "#!/bin/sh\nif [ \"$1 $2\" = 'pr create' ]; then printf '%s|' \"$@\" > ../created; fi\n", executable: true);
        YamlMappingNode step = Step(new Workflow(Text(Usual with { LockFiles = ["lock one", "none"] })), "refresh", "Open a pull request");
        var environment = Workflow.Map(step["env"]).ToDictionary(static e => e.Key, static e => Workflow.Scalar(e.Value));
        environment["BASE"] = "main";
        environment["PATH"] = folder["bin"] + ":" + Environment.GetEnvironmentVariable("PATH");
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        string[] arguments = ["--noprofile", "--norc", "-eo", "pipefail", "-c", Workflow.Scalar(step["run"])];
        Bash(folder["clone"], arguments, environment);
        Assert.AreEqual("2", CI.Git.Run(folder["origin"], "show", "devcontainer/refresh-container:lock one"));
        Assert.AreEqual("1", CI.Git.Run(folder["origin"], "show", "devcontainer/refresh-container:other"));
        Assert.StartsWith("pr|create|--base|main|--head|devcontainer/refresh-container|--title|Refresh the dev container container|", File.ReadAllText(folder["created"]));
        Assert.Contains("Every pin is current.", Bash(folder["clone"], arguments, environment));
    }

    [TestMethod]
    public void The_same_plan_is_the_same_text() => Assert.AreEqual(Text(Usual), Text(Usual with { Name = "container" }));

    private static string Text(object plan) => WorkflowDocument.Write((WorkflowPlan)plan);

    private static YamlMappingNode Step(Workflow workflow, string job, string name) =>
        workflow.Steps(job).Single(step => Workflow.Scalar(step["name"]) == name);

    private static bool IsUse(YamlMappingNode step, PinnedAction action) =>
        step.Children.ContainsKey("uses") && Workflow.Scalar(step["uses"]) == $"{action.Name}@{action.Commit}";

    private static string Bash(string folder, string[] arguments, Dictionary<string, string>? environment = null)
    {
        var start = new System.Diagnostics.ProcessStartInfo("bash", arguments) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        using var process = System.Diagnostics.Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, output + error.Result);
        return output;
    }

    [GeneratedRegex(@"^uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")]
    private static partial Regex UsesForm();
}
