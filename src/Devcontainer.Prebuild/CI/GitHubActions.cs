using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.CI;

/// <summary>
/// GitHub Actions, by its variables (https://docs.github.com/actions/reference/workflows-and-actions/variables), the event that started the
/// workflow, and the files through which a step hands on outputs and a summary.
/// </summary>
internal sealed class GitHubActions : ICISystem
{
    // The largest payload that GitHub sends is 25 MB.
    private const long MaxEventLength = 32 * 1024 * 1024;

    /// <inheritdoc />
    public string Name => "GitHub Actions";

    /// <inheritdoc />
    public bool IsActive(CIEnvironment environment) => environment.IsTrue("GITHUB_ACTIONS");

    /// <inheritdoc />
    public SourceRevision Read(CIEnvironment environment, IBuildReporter reporter)
    {
        using JsonDocument? document = ReadEvent(environment["GITHUB_EVENT_PATH"], reporter);
        JsonElement? payload = document?.RootElement;
        string? name = environment["GITHUB_EVENT_NAME"];
        string? reference = environment["GITHUB_REF"];
        var revision = new SourceRevision
        {
            System = Name,
            Commit = GitRef.Commit(environment["GITHUB_SHA"]),
            Branch = GitRef.Branch(reference),

            // A schedule's event does not name the repository, but always means its default branch.
            DefaultBranch = Text(payload, "repository", "default_branch") ?? (name == "schedule" ? GitRef.Branch(reference) : null),
            Tags = GitRef.Tag(reference) is { } tag ? [tag] : [],
            IsScheduled = name == "schedule",
        };
        return PullRequestOf(name, reference, payload) is { } pull
            ? revision with
            {
                IsPullRequest = true,
                Branch = environment["GITHUB_HEAD_REF"] ?? pull.Branch,
                Tags = [],
                PullRequest = pull.Number,
                HeadCommit = pull.Head,
                IsFork = pull.Repository is null || pull.Repository != (Text(payload, "repository", "full_name") ?? environment["GITHUB_REPOSITORY"]),
            }
            : revision;
    }

    /// <inheritdoc />
    public BuildOrigin Origin(CIEnvironment environment)
    {
        string server = environment["GITHUB_SERVER_URL"] ?? "https://github.com";
        string repository = $"{server}/{environment["GITHUB_REPOSITORY"]}";
        return new BuildOrigin
        {
            // The workflow that ran, at its revision, as GitHub's own attestations name it.
            Builder = environment["GITHUB_WORKFLOW_REF"] is { } workflow ? $"{server}/{workflow}" : repository,
            Invocation = environment["GITHUB_RUN_ID"] is { } run ? $"{repository}/actions/runs/{run}/attempts/{environment["GITHUB_RUN_ATTEMPT"] ?? "1"}" : null,
            Repository = repository,
            Reference = environment["GITHUB_REF"],
            Commit = GitRef.Commit(environment["GITHUB_SHA"]),
        };
    }

    /// <inheritdoc />
    public void Write(CIEnvironment environment, PublishReport report, IBuildReporter reporter)
    {
        if (environment["GITHUB_OUTPUT"] is { } outputs)
        {
            AppendedFile.Append(outputs, Outputs(report));
        }

        if (environment["GITHUB_STEP_SUMMARY"] is { } summary)
        {
            AppendedFile.Append(summary, StepSummary.Write(report));
        }
    }

    /// <summary>The step's outputs: each between two lines that nobody can foresee, so that no value can end early and begin another output.</summary>
    internal static string Outputs(PublishReport report)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in report.Outputs)
        {
            string delimiter = "devcontainer_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            text.Append(name).Append("<<").Append(delimiter).Append('\n').Append(value.ReplaceLineEndings("\n")).Append('\n').Append(delimiter).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>
    /// The pull request that an event is about. <c>pull_request_target</c>, <c>workflow_run</c> and <c>issue_comment</c> run on the default branch
    /// with its rights, and usually check out the pull request: for these the reference and the commit say the opposite of what is built.
    /// </summary>
    private static PullRequestEvent? PullRequestOf(string? name, string? reference, JsonElement? payload)
    {
        if (name == "merge_group")
        {
            // refs/heads/gh-readonly-queue/main/pr-12-…: several pull requests of people who may write here, merged on trial.
            return new PullRequestEvent(QueueNumber(GitRef.Branch(reference)), null, null, Text(payload, "repository", "full_name"));
        }

        if (name == "workflow_run")
        {
            return Text(payload, "workflow_run", "event")?.StartsWith("pull_request", StringComparison.Ordinal) == true
                ? new PullRequestEvent(
                    null,
                    Text(payload, "workflow_run", "head_branch"),
                    GitRef.Commit(Text(payload, "workflow_run", "head_sha")),
                    Text(payload, "workflow_run", "head_repository", "full_name"))
                : null;
        }

        if (name == "issue_comment")
        {
            return At(payload, "issue", "pull_request") is not null ? new PullRequestEvent(Integer(payload, "issue", "number"), null, null, null) : null;
        }

        return name?.StartsWith("pull_request", StringComparison.Ordinal) == true || GitRef.After(reference, "refs/pull/") is not null
            ? new PullRequestEvent(
                Integer(payload, "pull_request", "number") ?? GitRef.PullRequest(reference),
                Text(payload, "pull_request", "head", "ref"),
                GitRef.Commit(Text(payload, "pull_request", "head", "sha")),
                Text(payload, "pull_request", "head", "repo", "full_name"))
            : null;
    }

    private static long? QueueNumber(string? branch) =>
        branch?.LastIndexOf("/pr-", StringComparison.Ordinal) is > 0 and int start ? GitRef.Number(branch[(start + "/pr-".Length)..].Split('-')[0]) : null;

    private static JsonDocument? ReadEvent(string? path, IBuildReporter reporter)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            using FileStream stream = File.OpenRead(path);
            return stream.Length <= MaxEventLength
                ? JsonDocument.Parse(stream)
                : throw new IOException($"it has {stream.Length} bytes");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            reporter.Warning(Diagnostic.Create(Codes.CIEventUnreadable, new SourceLocation(path), path, e.Message));
            return null;
        }
    }

    private static JsonElement? At(JsonElement? element, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
        {
            element = element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out JsonElement child) ? child : null;
        }

        return element;
    }

    private static string? Text(JsonElement? element, params ReadOnlySpan<string> path) =>
        At(element, path) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long? Integer(JsonElement? element, params ReadOnlySpan<string> path) =>
        At(element, path) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out long value) ? value : null;

    private sealed record PullRequestEvent(long? Number, string? Branch, string? Head, string? Repository);
}
