using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Tags;

namespace Devcontainer.Prebuild.Tests.CI;

/// <summary>What each CI system says about a build, and the tags that follow from it.</summary>
[TestClass]
public sealed class CISystemsTests
{
    private const string Sha = "0123456789abcdef0123456789abcdef01234567";
    private const string Head = "fedcba9876543210fedcba9876543210fedcba98";

    private const string PullRequestEvent =
        """
        {
          "number": 12,
          "pull_request": { "number": 12, "head": { "ref": "topic", "sha": "fedcba9876543210fedcba9876543210fedcba98", "repo": { "full_name": "me/repo" } } },
          "repository": { "full_name": "me/repo", "default_branch": "main" }
        }
        """;

    private static readonly string ForkEvent = PullRequestEvent.Replace("\"repo\": { \"full_name\": \"me/repo\"", "\"repo\": { \"full_name\": \"you/repo\"", StringComparison.Ordinal);

    private const string PushEvent = """{ "repository": { "full_name": "me/repo", "default_branch": "main" } }""";

    [TestMethod]
    [DataRow("push", "refs/heads/main", PushEvent, "latest sha-0123456 main")]
    [DataRow("push", "refs/heads/feature/x", PushEvent, "sha-0123456 feature-x")]
    [DataRow("push", "refs/heads/main", "{}", "sha-0123456 main", DisplayName = "an event without a repository")]
    [DataRow("push", "refs/heads/main", "[1]", "sha-0123456 main", DisplayName = "an event that is no object")]
    [DataRow("push", "refs/tags/v1.2.3", PushEvent, "1.2.3 1.2 1 sha-0123456")]
    [DataRow("push", "refs/tags/preview", PushEvent, "sha-0123456 preview")]
    [DataRow("workflow_dispatch", "refs/heads/main", PushEvent, "latest sha-0123456 main")]
    [DataRow("schedule", "refs/heads/main", """{ "schedule": "0 2 * * *" }""", "latest nightly sha-0123456 main")]
    [DataRow("issue_comment", "refs/heads/main", """{ "issue": { "number": 3 }, "repository": { "default_branch": "main" } }""", "latest sha-0123456 main", DisplayName = "a comment on an issue")]
    [DataRow("workflow_run", "refs/heads/main", """{ "workflow_run": { "event": "push" }, "repository": { "default_branch": "main" } }""", "latest sha-0123456 main", DisplayName = "after a push's workflow")]
    public void GitHub_tells_of_a_branch_or_tag(string name, string reference, string payload, string tags)
    {
        SourceRevision revision = GitHub(name, reference, payload);
        Assert.IsFalse(revision.IsPullRequest);
        Assert.IsTrue(revision.MayPush(pushPullRequests: false));
        Assert.AreEqual(tags, TagsOf(revision));
    }

    [TestMethod]
    [DataRow("pull_request", "refs/pull/12/merge", PullRequestEvent)]
    [DataRow("pull_request", "refs/pull/12/merge", "{}", DisplayName = "without what only the event tells")]
    [DataRow("pull_request_review", "refs/pull/12/merge", PullRequestEvent)]
    [DataRow("pull_request_target", "refs/heads/main", PullRequestEvent, DisplayName = "on the default branch, with its rights")]
    [DataRow("issue_comment", "refs/heads/main", """{ "issue": { "number": 12, "pull_request": {} }, "repository": { "default_branch": "main" } }""", DisplayName = "by a comment")]
    [DataRow("merge_group", "refs/heads/gh-readonly-queue/main/pr-12-0123", PushEvent)]
    public void GitHub_tells_of_a_pull_request(string name, string reference, string payload)
    {
        SourceRevision revision = GitHub(name, reference, payload);
        Assert.IsTrue(revision.IsPullRequest);
        Assert.AreEqual(12, revision.PullRequest);
        Assert.IsFalse(revision.MayPush(pushPullRequests: false));
        Assert.AreEqual("pr-12", TagsOf(revision));
    }

    [TestMethod]
    public void GitHub_tells_of_a_pull_request_of_one_s_own()
    {
        SourceRevision revision = GitHub("pull_request", "refs/pull/12/merge", PullRequestEvent, ("GITHUB_HEAD_REF", "topic"));
        Assert.AreEqual((Sha, Head, "topic", "main"), (revision.Commit, revision.HeadCommit, revision.Branch, revision.DefaultBranch));
        Assert.IsFalse(revision.IsFork);
        Assert.IsTrue(revision.MayPush(pushPullRequests: true));
    }

    [TestMethod]
    [DataRow("pull_request", "refs/pull/12/merge", true)]
    [DataRow("pull_request_target", "refs/heads/main", true)]
    [DataRow("pull_request", "refs/pull/12/merge", false, DisplayName = "and so does one whose origin nobody tells")]
    public void A_pull_request_from_a_fork_never_pushes(string name, string reference, bool told)
    {
        SourceRevision revision = GitHub(name, reference, told ? ForkEvent : "{}");
        Assert.IsTrue(revision.IsFork);
        Assert.IsFalse(revision.MayPush(pushPullRequests: true));
    }

    [TestMethod]
    public void A_workflow_after_one_of_a_fork_s_pull_request_is_that_pull_request()
    {
        SourceRevision revision = GitHub(
            "workflow_run",
            "refs/heads/main",
            """
            {
              "workflow_run": { "event": "pull_request", "head_branch": "main", "head_sha": "fedcba9876543210fedcba9876543210fedcba98", "head_repository": { "full_name": "you/repo" } },
              "repository": { "full_name": "me/repo", "default_branch": "main" }
            }
            """);
        Assert.IsTrue(revision.IsPullRequest && revision.IsFork);
        Assert.IsFalse(revision.MayPush(pushPullRequests: true));
        Assert.IsFalse(revision.IsDefaultBranch);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("not json")]
    [DataRow("{ \"repository\": ")]
    public void An_event_that_cannot_be_read_is_a_warning(string payload)
    {
        var reporter = new RecordingReporter();
        SourceRevision revision = GitHub("push", "refs/heads/main", payload, reporter);
        Assert.AreEqual(Codes.CIEventUnreadable, reporter.Warnings.Single().Code);
        Assert.AreEqual(("main", (string?)null), (revision.Branch, revision.DefaultBranch));
    }

    [TestMethod]
    public void An_event_file_that_is_not_there_is_a_warning()
    {
        using var folder = new TemporaryFolder();
        var reporter = new RecordingReporter();
        Revision(folder, reporter, null, ("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_PATH", folder["none"]));
        Assert.AreEqual(Codes.CIEventUnreadable, reporter.Warnings.Single().Code);
    }

    [TestMethod]
    [DataRow("refs/heads/main", "IndividualCI", "main", "latest sha-0123456 main")]
    [DataRow("refs/heads/main", "IndividualCI", null, "sha-0123456 main", DisplayName = "no default branch is known")]
    [DataRow("refs/heads/release/1.x", "Manual", "main", "sha-0123456 release-1.x")]
    [DataRow("refs/heads/main", "Schedule", "main", "latest nightly sha-0123456 main")]
    [DataRow("refs/heads/main", "Schedule", null, "nightly sha-0123456 main", DisplayName = "scheduled, no default branch is known")]
    [DataRow("refs/heads/old", "Schedule", "main", "sha-0123456 old", DisplayName = "scheduled on another branch")]
    [DataRow("refs/tags/v2.0.0-rc.1", "IndividualCI", "main", "2.0.0-rc.1 sha-0123456")]
    [DataRow("$/Project/Main", "IndividualCI", "main", "sha-0123456", DisplayName = "not git")]
    public void Azure_tells_of_a_branch_or_tag(string reference, string reason, string? defaultBranch, string tags)
    {
        SourceRevision revision = Azure(defaultBranch, ("BUILD_SOURCEBRANCH", reference), ("BUILD_REASON", reason));
        Assert.IsTrue(revision.MayPush(pushPullRequests: false));
        Assert.AreEqual(tags, TagsOf(revision));
    }

    [TestMethod]
    [DataRow("7", null, "pr-7", DisplayName = "of Azure Repos")]
    [DataRow("104238", "12", "pr-12", DisplayName = "of GitHub")]
    [DataRow(null, null, "pr-5", DisplayName = "by its reference")]
    public void Azure_tells_of_a_pull_request(string? id, string? number, string tags)
    {
        SourceRevision revision = Azure(
            "main",
            ("BUILD_SOURCEBRANCH", "refs/pull/5/merge"),
            ("BUILD_REASON", "PullRequest"),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", id ?? ""),
            ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", number ?? ""),
            ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/topic"),
            ("SYSTEM_PULLREQUEST_SOURCECOMMITID", Head),
            ("SYSTEM_PULLREQUEST_ISFORK", "False"));
        Assert.AreEqual(("topic", Head, false), (revision.Branch, revision.HeadCommit, revision.IsFork));
        Assert.IsFalse(revision.MayPush(pushPullRequests: false));
        Assert.IsTrue(revision.MayPush(pushPullRequests: true));
        Assert.AreEqual(tags, TagsOf(revision));
    }

    [TestMethod]
    public void Azure_tells_of_a_fork()
    {
        SourceRevision revision = Azure("main", ("BUILD_SOURCEBRANCH", "refs/pull/5/merge"), ("SYSTEM_PULLREQUEST_ISFORK", "True"));
        Assert.IsFalse(revision.MayPush(pushPullRequests: true));
    }

    [TestMethod]
    public void A_branch_named_like_a_pull_request_is_a_branch()
    {
        SourceRevision revision = Azure("main", ("BUILD_SOURCEBRANCH", "refs/heads/pull/5/merge"), ("BUILD_REASON", "IndividualCI"));
        Assert.AreEqual("sha-0123456 pull-5-merge", TagsOf(revision));
    }

    [TestMethod]
    [DataRow("push", "main", null, "latest sha-0123456 main")]
    [DataRow("push", "wip", null, "sha-0123456 wip")]
    [DataRow("schedule", "main", null, "latest nightly sha-0123456 main")]
    [DataRow("push", null, "v1.2.3", "1.2.3 1.2 1 sha-0123456")]
    public void GitLab_tells_of_a_branch_or_tag(string source, string? branch, string? tag, string tags)
    {
        SourceRevision revision = GitLab(("CI_PIPELINE_SOURCE", source), ("CI_COMMIT_BRANCH", branch ?? ""), ("CI_COMMIT_TAG", tag ?? ""));
        Assert.IsTrue(revision.MayPush(pushPullRequests: false));
        Assert.AreEqual(tags, TagsOf(revision));
    }

    [TestMethod]
    [DataRow("10", "", "pr-12 sha-0123456", true, DisplayName = "its head is built")]
    [DataRow("10", Head, "pr-12", true, DisplayName = "its merge is built")]
    [DataRow("11", "", "pr-12 sha-0123456", false, DisplayName = "from a fork")]
    public void GitLab_tells_of_a_merge_request(string project, string head, string tags, bool mayPush)
    {
        SourceRevision revision = GitLab(
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_MERGE_REQUEST_IID", "12"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "10"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", project),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", head));
        Assert.AreEqual("topic", revision.Branch);
        Assert.IsFalse(revision.MayPush(pushPullRequests: false));
        Assert.AreEqual(mayPush, revision.MayPush(pushPullRequests: true));
        Assert.AreEqual(tags, TagsOf(revision));
    }

    [TestMethod]
    public void Elsewhere_git_tells()
    {
        using var folder = new TemporaryFolder();
        Git.Run(folder.Path, "init", "-q");
        string commit = Git.Commit(folder.Path);
        Git.Run(folder.Path, "tag", "v0.3.0");
        var reporter = new RecordingReporter();
        SourceRevision revision = Revision(folder, reporter, "main", ("CI", "true"));
        Assert.AreEqual("git", revision.System);
        Assert.AreEqual($"0.3.0 0.3 latest sha-{commit[..7]} main", TagsOf(revision));
        Git.Run(folder.Path, "checkout", "-q", "--detach");
        Git.Commit(folder.Path);
        Assert.StartsWith("sha-", TagsOf(Revision(folder, reporter, "main")));
    }

    [TestMethod]
    public void Where_nobody_tells_there_is_no_tag()
    {
        using var folder = new TemporaryFolder();
        SourceRevision revision = Revision(folder, new RecordingReporter(), null);
        Diagnostic error = Errors.Expect(Codes.NoTags, () => TagsOf(revision));
        Assert.Contains("neither a CI system nor git", error.Message);
    }

    [TestMethod]
    public void The_project_s_default_branch_wins()
    {
        using var folder = new TemporaryFolder();
        SourceRevision revision = Revision(
            folder, new RecordingReporter(), "develop", ("GITLAB_CI", "true"), ("CI_COMMIT_BRANCH", "develop"), ("CI_DEFAULT_BRANCH", "main"));
        Assert.AreEqual("latest develop", TagsOf(revision));
    }

    [TestMethod]
    public void What_git_knows_of_releases_keeps_an_older_one_from_taking_the_newer_one_s_tags()
    {
        using var folder = new TemporaryFolder();
        Git.Run(folder.Path, "init", "-q");
        Git.Commit(folder.Path);
        Git.Run(folder.Path, "tag", "v1.3.0");
        SourceRevision revision = Revision(folder, new RecordingReporter(), null, ("GITLAB_CI", "true"), ("CI_COMMIT_TAG", "v1.2.9"));
        Assert.AreEqual("1.2.9 1.2", TagsOf(revision));
    }

    private static SourceRevision GitHub(string name, string reference, string payload, params (string, string)[] more) =>
        GitHub(name, reference, payload, new RecordingReporter(), more);

    private static SourceRevision GitHub(string name, string reference, string payload, RecordingReporter reporter, params (string, string)[] more)
    {
        using var folder = new TemporaryFolder();
        return Revision(
            folder,
            reporter,
            null,
            [
                ("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", name), ("GITHUB_REF", reference), ("GITHUB_SHA", Sha), ("GITHUB_REPOSITORY", "me/repo"),
                ("GITHUB_EVENT_PATH", folder.Write("event.json", payload)), .. more,
            ]);
    }

    private static SourceRevision Azure(string? defaultBranch, params (string, string)[] more)
    {
        using var folder = new TemporaryFolder();
        return Revision(folder, new RecordingReporter(), defaultBranch, [("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", Sha), .. more]);
    }

    private static SourceRevision GitLab(params (string, string)[] more)
    {
        using var folder = new TemporaryFolder();
        return Revision(folder, new RecordingReporter(), null, [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", Sha), ("CI_DEFAULT_BRANCH", "main"), .. more]);
    }

    private static SourceRevision Revision(TemporaryFolder folder, RecordingReporter reporter, string? defaultBranch, params (string Name, string Value)[] environment) =>
        CISystems.Revision(environment.ToDictionary(static v => v.Name, static v => v.Value), folder.Path, defaultBranch, reporter);

    private static string TagsOf(SourceRevision revision)
    {
        var reporter = new RecordingReporter();
        string tags = string.Join(' ', TagRules.Apply(revision, TagRules.Names, reporter));
        Assert.IsEmpty(reporter.Warnings);
        return tags;
    }
}
