using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>What a project does on a CI system: tags by rule, pull requests that build and never push, what the system is told.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class CITests : EngineTests
{
    private const string Sha = "0123456789abcdef0123456789abcdef01234567";

    [TestMethod]
    [DataRow("refs/tags/v1.2.3", "", "1.2.3;1.2;1;sha-0123456")]
    [DataRow("refs/heads/a;b", "", "sha-0123456;a-b-5719af18")]
    [DataRow("refs/heads/main", "-p:DevcontainerImageTags=beta", "beta")]
    [DataRow("refs/heads/trunk", "-p:DevcontainerDefaultBranch=trunk", "latest;sha-0123456;trunk")]
    public async Task A_push_gets_tags_by_rule(string reference, string argument, string tags)
    {
        Workspace workspace = OnGitHub("push", reference, """{ "repository": { "full_name": "me/repo", "default_branch": "main" } }""");
        Assert.AreEqual(tags, await TagsAsync(workspace, argument));
    }

    [TestMethod]
    public async Task Elsewhere_than_on_CI_the_tags_are_those_of_the_project_unless_it_asks_for_rules()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        Assert.AreEqual("latest", await TagsAsync(workspace, ""));
        workspace.Write(".git/HEAD", "ref: refs/heads/topic/x\n");
        Assert.AreEqual("topic-x", await TagsAsync(workspace, "-p:DevcontainerTagRules=branch"));
    }

    [TestMethod]
    public async Task A_pull_request_builds_and_does_not_push_and_the_system_is_told()
    {
        Workspace workspace = OnGitHub("pull_request", "refs/pull/12/merge", """{ "number": 12, "repository": { "full_name": "me/repo", "default_branch": "main" } }""");
        CommandResult publish = (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        Assert.Contains("(built: ", CommandTests.Result(publish));
        Assert.HasCount(1, publish.Lines("Not pushed: pull request 12 (GitHub Actions)"), publish.Report);
        Assert.Contains($"\n{CommandTests.Digest(publish)}\n", await File.ReadAllTextAsync(workspace["output"]));
        Assert.Contains("| Tags | none: pull request 12 ", await File.ReadAllTextAsync(workspace["summary"]));

        // Tags of a push are no part of what a build makes and finds.
        Assert.Contains("\"latest\"", await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]));
        CommandResult build = (await workspace.BuildAsync("build")).Succeeded();
        Assert.Contains("(local: unchanged)", CommandTests.Result(build));
    }

    [TestMethod]
    public async Task A_push_of_the_default_branch_is_tagged_and_told()
    {
        Workspace workspace = OnGitHub("push", "refs/heads/main", """{ "repository": { "full_name": "me/repo", "default_branch": "main" } }""");
        string name = $"{TestEngine.Registry}/devcontainer-sdk-test/{Guid.NewGuid():N}";
        string[] names = [$"-p:DevcontainerRegistry={TestEngine.Registry}", $"-p:DevcontainerRepository={name[(TestEngine.Registry!.Length + 1)..]}"];
        CommandResult publish = (await workspace.BuildAsync("publish", ["-p:PushDevcontainer=true", .. names])).Succeeded();
        foreach (string tag in new[] { "latest", "sha-0123456", "main" })
        {
            Assert.AreEqual(CommandTests.Digest(publish), await TestEngine.RunAsync("crane", "digest", $"{name}:{tag}"));
        }

        Assert.Contains($"\n{name}:latest\n{name}:sha-0123456\n{name}:main\n", await File.ReadAllTextAsync(workspace["output"]));
        Assert.Contains("<code>sha-0123456</code>", await File.ReadAllTextAsync(workspace["summary"]));
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build", names)).Succeeded()));
    }

    [TestMethod]
    public async Task Only_publishing_tells_the_system_and_only_where_it_may()
    {
        Workspace workspace = OnGitHub("push", "refs/heads/main", "{}");
        (await workspace.BuildAsync("build")).Succeeded();
        (await workspace.BuildAsync("publish", "-p:DevcontainerCIReport=false")).Succeeded();
        Assert.IsFalse(File.Exists(workspace["output"]) || File.Exists(workspace["summary"]));
        (await workspace.BuildAsync("publish")).Succeeded();
        Assert.Contains("\nlocal\n", await File.ReadAllTextAsync(workspace["output"]));
        Assert.Contains("PushDevcontainer is not set", await File.ReadAllTextAsync(workspace["summary"]));
    }

    private Workspace OnGitHub(string name, string reference, string payload)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Environment["GITHUB_ACTIONS"] = "true";
        workspace.Environment["GITHUB_EVENT_NAME"] = name;
        workspace.Environment["GITHUB_EVENT_PATH"] = workspace.Write("event.json", payload);
        workspace.Environment["GITHUB_REF"] = reference;
        workspace.Environment["GITHUB_SHA"] = Sha;
        workspace.Environment["GITHUB_REPOSITORY"] = "me/repo";
        workspace.Environment["GITHUB_OUTPUT"] = workspace["output"];
        workspace.Environment["GITHUB_STEP_SUMMARY"] = workspace["summary"];
        return workspace;
    }

    private static async Task<string> TagsAsync(Workspace workspace, string argument)
    {
        string[] more = argument.Length > 0 ? [argument] : [];
        CommandResult result = await workspace.BuildAsync(
            "build", ["-t:_ResolveDevcontainerTags", "-p:PushDevcontainer=true", "-getProperty:_DevcontainerPushTags", .. more]);
        Assert.AreEqual(0, result.ExitCode, result.Report);
        return result.Output.Trim();
    }
}
