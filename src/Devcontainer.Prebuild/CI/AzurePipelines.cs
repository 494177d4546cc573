namespace Devcontainer.Prebuild.CI;

/// <summary>
/// Azure Pipelines, by its predefined variables (https://learn.microsoft.com/azure/devops/pipelines/build/variables) and logging commands. It
/// does not tell the default branch.
/// </summary>
internal sealed class AzurePipelines : ICISystem
{
    /// <inheritdoc />
    public string Name => "Azure Pipelines";

    /// <inheritdoc />
    public bool IsActive(CIEnvironment environment) => environment.IsTrue("TF_BUILD");

    /// <inheritdoc />
    public SourceRevision Read(CIEnvironment environment, IBuildReporter reporter)
    {
        string? reference = environment["BUILD_SOURCEBRANCH"];
        bool isPullRequest = environment["BUILD_REASON"] == "PullRequest" || GitRef.After(reference, "refs/pull/") is not null;
        return new SourceRevision
        {
            System = Name,
            Commit = GitRef.Commit(environment["BUILD_SOURCEVERSION"]),
            Branch = isPullRequest ? PullRequestBranch(environment) : GitRef.Branch(reference),
            Tags = GitRef.Tag(reference) is { } tag && !isPullRequest ? [tag] : [],
            IsPullRequest = isPullRequest,

            // A pull request of GitHub has a number there and another identifier here; one of Azure Repos only the latter.
            PullRequest = isPullRequest
                ? GitRef.Number(environment["SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"])
                    ?? GitRef.Number(environment["SYSTEM_PULLREQUEST_PULLREQUESTID"])
                    ?? GitRef.PullRequest(reference)
                : null,
            HeadCommit = isPullRequest ? GitRef.Commit(environment["SYSTEM_PULLREQUEST_SOURCECOMMITID"]) : null,
            IsFork = isPullRequest && environment.IsTrue("SYSTEM_PULLREQUEST_ISFORK"),
            IsScheduled = environment["BUILD_REASON"] == "Schedule",
        };
    }

    /// <inheritdoc />
    public BuildOrigin Origin(CIEnvironment environment)
    {
        string project = $"{environment["SYSTEM_COLLECTIONURI"] ?? "https://dev.azure.com/"}{Uri.EscapeDataString(environment["SYSTEM_TEAMPROJECT"] ?? string.Empty)}";
        return new BuildOrigin
        {
            Builder = $"{project}/_build?definitionId={environment["SYSTEM_DEFINITIONID"]}",
            Invocation = environment["BUILD_BUILDID"] is { } build ? $"{project}/_build/results?buildId={build}" : null,
            Repository = BuildOrigin.WithoutCredentials(environment["BUILD_REPOSITORY_URI"]),
            Reference = environment["BUILD_SOURCEBRANCH"],
            Commit = GitRef.Commit(environment["BUILD_SOURCEVERSION"]),
        };
    }

    /// <inheritdoc />
    public void Write(CIEnvironment environment, PublishReport report, IBuildReporter reporter)
    {
        foreach ((string name, string value) in report.Outputs)
        {
            // For the steps of this job, and for other jobs, which know it by the step's name.
            reporter.Status($"##vso[task.setvariable variable=devcontainer.{name}]{Escape(value)}");
            reporter.Status($"##vso[task.setvariable variable=devcontainer.{name};isOutput=true]{Escape(value)}");
        }
    }

    // With the long name and with the short one, whatever the documentation says.
    private static string? PullRequestBranch(CIEnvironment environment) =>
        GitRef.Branch(environment["SYSTEM_PULLREQUEST_SOURCEBRANCH"]) ?? environment["SYSTEM_PULLREQUEST_SOURCEBRANCH"];

    // As the agent reads it (microsoft/azure-pipelines-agent, CommandStringConvertor).
    private static string Escape(string value) => value
        .Replace("%", "%AZP25", StringComparison.Ordinal)
        .Replace("\r", "%0D", StringComparison.Ordinal)
        .Replace("\n", "%0A", StringComparison.Ordinal);
}
