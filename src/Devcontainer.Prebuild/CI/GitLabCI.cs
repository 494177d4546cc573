using System.Text;

namespace Devcontainer.Prebuild.CI;

/// <summary>GitLab CI, by its predefined variables (https://docs.gitlab.com/ci/variables/predefined_variables/) and dotenv reports.</summary>
internal sealed class GitLabCI : ICISystem
{
    /// <inheritdoc />
    public string Name => "GitLab CI";

    /// <inheritdoc />
    public bool IsActive(CIEnvironment environment) => environment.IsTrue("GITLAB_CI");

    /// <inheritdoc />
    public SourceRevision Read(CIEnvironment environment, IBuildReporter reporter)
    {
        string? commit = GitRef.Commit(environment["CI_COMMIT_SHA"]);
        string? source = environment["CI_PIPELINE_SOURCE"];
        long? number = GitRef.Number(environment["CI_MERGE_REQUEST_IID"]) ?? GitRef.Number(environment["CI_EXTERNAL_PULL_REQUEST_IID"]);
        bool isPullRequest = number is not null || source is "merge_request_event" or "external_pull_request_event";
        return new SourceRevision
        {
            System = Name,
            Commit = commit,
            Branch = environment["CI_COMMIT_BRANCH"]
                ?? environment["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"]
                ?? environment["CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME"],
            DefaultBranch = environment["CI_DEFAULT_BRANCH"],
            Tags = environment["CI_COMMIT_TAG"] is { } tag ? [tag] : [],
            IsPullRequest = isPullRequest,
            PullRequest = number,

            // Named only where what is built is the merge of it.
            HeadCommit = isPullRequest ? GitRef.Commit(environment["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"]) ?? commit : null,
            IsFork = isPullRequest && IsFork(environment),
            IsScheduled = source == "schedule",
        };
    }

    /// <inheritdoc />
    public BuildOrigin Origin(CIEnvironment environment) => new()
    {
        // The runner, as GitLab's own provenance names it.
        Builder = $"{environment["CI_PROJECT_URL"]}/-/runners/{environment["CI_RUNNER_ID"]}",
        Invocation = environment["CI_JOB_URL"],
        Repository = BuildOrigin.WithoutCredentials(environment["CI_PROJECT_URL"]),
        Reference = environment["CI_COMMIT_TAG"] is { } tag ? $"refs/tags/{tag}" : environment["CI_COMMIT_BRANCH"] is { } branch ? $"refs/heads/{branch}" : null,
        Commit = GitRef.Commit(environment["CI_COMMIT_SHA"]),
    };

    /// <summary>
    /// Writes a dotenv file, which a job hands on with <c>artifacts:reports:dotenv</c>. The format has neither quotes nor lines within a value:
    /// a list is parted by blanks.
    /// </summary>
    public void Write(CIEnvironment environment, PublishReport report, IBuildReporter reporter)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in report.Outputs)
        {
            text.Append("DEVCONTAINER_").Append(name.ToUpperInvariant()).Append('=').Append(value.ReplaceLineEndings(" ")).Append('\n');
        }

        AtomicFile.Write(Path.Combine(report.OutputPath, PublishReport.DotenvFileName), Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static bool IsFork(CIEnvironment environment) =>
        environment["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] != environment["CI_MERGE_REQUEST_PROJECT_ID"]
        || environment["CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY"] != environment["CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"];
}
