using System.Text;
using static Devcontainer.Prebuild.Workflows.WorkflowJob;

namespace Devcontainer.Prebuild.Workflows;

/// <summary>
/// The text of a workflow: a pure function of its plan. What a job's token may do beyond reading, the job says itself, and only jobs that a pull
/// request never starts say it. Names and inputs reach a command by its environment only.
/// </summary>
internal sealed class WorkflowDocument
{
    private const string GitHubRegistry = "ghcr.io";

    // The .NET that the SDK needs, where no global.json says which.
    private const string DotnetVersion = "10.0.x";

    // What of the SDK a workflow calls; nothing else here knows it. Variables have a beginning of their own, for MSBuild takes each for a
    // property, and a plain PLATFORMS would be one of an application's.
    private const string PrebuildTarget = "dotnet build \"./$DEVCONTAINER_PROJECT\" -t:PrebuildDevcontainer";
    private const string Publish = "dotnet publish \"./$DEVCONTAINER_PROJECT\"";
    private const string PublishTarget = "dotnet build \"./$DEVCONTAINER_PROJECT\" -t:PublishDevcontainer";
    private const string IndexTarget = "dotnet build \"./$DEVCONTAINER_PROJECT\" -t:CreateDevcontainerIndex";
    private const string UpdateTarget = "dotnet build \"./$DEVCONTAINER_PROJECT\" -t:UpdateDevcontainerLock -p:DevcontainerRaiseEpoch=true";
    private const string Push = "-p:PushDevcontainer=true";
    private const string NoPush = "-p:PushDevcontainer=false";
    private const string ByDigest = "-p:DevcontainerPushByDigest=true";
    private const string Platforms = "\"-p:DevcontainerPlatforms=$DEVCONTAINER_PLATFORMS\"";
    private const string Force = "\"-p:DevcontainerForce=$DEVCONTAINER_FORCE\"";
    private const string Names = "\"-p:DevcontainerRegistry=$DEVCONTAINER_REGISTRY\" \"-p:DevcontainerRepository=${GITHUB_REPOSITORY_OWNER,,}/$DEVCONTAINER_IMAGE\"";

    // Under a name of ours, in which the patterns of an artifact's paths find nothing that has a meaning.
    private const string Output = "\"-p:DevcontainerOutputPath=$RUNNER_TEMP/devcontainer/\"";
    private const string Digests = "${{ runner.temp }}/devcontainer/digests";

    private const string OnPullRequest = "github.event_name == 'pull_request'";
    private const string Publishing = "github.event_name != 'pull_request' && !github.event.repository.fork";
    private const string Refreshing = "(github.event_name == 'schedule' || inputs.refresh) && !github.event.repository.fork";
    private static readonly (string, string) Read = ("contents", "read");
    private readonly WorkflowPlan _plan;

    private WorkflowDocument(WorkflowPlan plan) => _plan = plan;

    /// <summary>Writes it, without the heading that <see cref="WorkflowFile"/> gives it.</summary>
    internal static string Write(WorkflowPlan plan)
    {
        var document = new WorkflowDocument(plan);
        var text = new StringBuilder();
        document.AppendStart(text);
        foreach (WorkflowJob job in document.Jobs())
        {
            text.Append('\n');
            job.AppendTo(text);
        }

        return text.ToString();
    }

    private bool IsMatrix => _plan.Platforms.Count > 1;

    private void AppendStart(StringBuilder text)
    {
        Line(text, 0, "name: " + WorkflowText.Quote($"Dev container {_plan.Name}"));
        Line(text, 0, "");
        Line(text, 0, "on:");
        Line(text, 2, "push:");
        Line(text, 4, "branches:");
        Line(text, 6, "- " + WorkflowText.Quote(WorkflowText.Filter(_plan.DefaultBranch)));
        Line(text, 4, "tags:");
        Line(text, 6, "- \"v*\"");
        AppendPaths(text);
        Line(text, 2, "pull_request:");
        AppendPaths(text);
        if (_plan.Schedule is { } schedule)
        {
            Line(text, 2, "schedule:");
            Line(text, 4, "- cron: " + WorkflowText.Quote(schedule));
        }

        Line(text, 2, "workflow_dispatch:");
        Line(text, 4, "inputs:");
        AppendSwitch(text, "force", "Build although the image exists, without the engine's cache");
        if (_plan.Schedule is not null)
        {
            AppendSwitch(text, "refresh", "Move the pins, raise the epoch and open a pull request");
        }

        Line(text, 0, "");
        Line(text, 0, "# What a job needs more, it says itself.");
        Line(text, 0, "permissions:");
        Line(text, 2, "contents: read");
        Line(text, 0, "");
        Line(text, 0, "concurrency:");
        Line(text, 2, $"group: devcontainer-{_plan.Name}-${{{{ github.ref }}}}");
        Line(text, 2, $"cancel-in-progress: ${{{{ {OnPullRequest} }}}}");
        Line(text, 0, "");
        Line(text, 0, "defaults:");
        Line(text, 2, "run:");
        Line(text, 4, "shell: bash");
        Line(text, 0, "");
        Line(text, 0, "env:");
        Line(text, 2, "DEVCONTAINER_PROJECT: " + WorkflowText.Value(_plan.Project));
        if (_plan.Registry is null)
        {
            Line(text, 2, "DEVCONTAINER_REGISTRY: " + GitHubRegistry);
            Line(text, 2, "DEVCONTAINER_IMAGE: " + WorkflowText.Value(_plan.Repository));
        }

        Line(text, 0, "");
        Line(text, 0, "jobs:");
    }

    private void AppendPaths(StringBuilder text)
    {
        Line(text, 4, "paths:");
        foreach (string path in _plan.Paths)
        {
            Line(text, 6, "- " + WorkflowText.Quote(path));
        }
    }

    private static void AppendSwitch(StringBuilder text, string name, string description)
    {
        Line(text, 6, name + ":");
        Line(text, 8, "description: " + description);
        Line(text, 8, "type: boolean");
        Line(text, 8, "default: false");
    }

    private IEnumerable<WorkflowJob> Jobs()
    {
        yield return Check();
        yield return PublishEach();
        if (IsMatrix)
        {
            yield return Index();
        }

        if (_plan.Schedule is not null)
        {
            yield return Refresh();
        }
    }

    private WorkflowJob Check() => new(
        "check",
        "A pull request: built for every platform and pushed nowhere, with no secret in reach.",
        OnPullRequest,
        [Read],
        [
            .. Prepare(),
            .. Emulate(),
            new WorkflowStep("Build")
            {
                Env = [("DEVCONTAINER_PLATFORMS", "${{ matrix.platform }}")],
                Run = Command(PrebuildTarget, NoPush, Platforms, NamesOrNone),
            },
        ])
    {
        Platforms = _plan.Platforms,
        Timeout = 60,
    };

    private WorkflowJob PublishEach() => new(
        "publish",
        IsMatrix ? "Each platform on its own machine: found by its key or built, and pushed by its digest, under no tag yet." : "Found by its key or built, and pushed.",
        Publishing,
        [Read, ("packages", "write")],
        [
            .. Prepare(needsReleases: !IsMatrix),
            .. Emulate(),
            Login(),
            new WorkflowStep("Publish")
            {
                Id = "publish",
                Env = [("DEVCONTAINER_PLATFORMS", "${{ matrix.platform }}"), ("DEVCONTAINER_FORCE", "${{ inputs.force || false }}")],
                Run = Command(PublishCommand, IsMatrix ? $"{Push} {ByDigest}" : Push, $"{Platforms} {Force} {Output}", NamesOrNone),
            },
            .. IsMatrix
                ? new WorkflowStep[]
                {
                    new("Keep the digest")
                    {
                        Uses = PinnedAction.UploadArtifact,
                        With =
                        [
                            ("name", "digest-${{ matrix.file }}"),
                            ("path", Digests + "/${{ matrix.file }}.json"),
                            ("if-no-files-found", "error"),
                            ("retention-days", "1"),
                        ],
                    },
                }
                : [],
        ])
    {
        Platforms = _plan.Platforms,
        Timeout = 60,
    };

    private WorkflowJob Index() => new(
        "index",
        "One image of all platforms, under its tags.",
        Publishing,
        [Read, ("packages", "write")],
        [
            .. Prepare(needsReleases: true),
            Login(),
            new WorkflowStep("Get the digests")
            {
                Uses = PinnedAction.DownloadArtifact,
                With = [("pattern", "digest-*"), ("path", Digests), ("merge-multiple", "true")],
            },
            new WorkflowStep("Create the index")
            {
                Id = "index",

                // MSBuild parts a list on a command line itself; it does not look for what is escaped.
                Env = [("DEVCONTAINER_PLATFORMS", WorkflowText.Quote(string.Join("%3B", _plan.Platforms.Select(static platform => platform.Platform))))],
                Run = Command(IndexTarget, Push, $"{Platforms} {Output}", NamesOrNone),
            },
        ])
    {
        Needs = "publish",
        Timeout = 15,
    };

    private WorkflowJob Refresh() => new(
        "refresh",
        "Takes in what base images, Features and downloads have become, by a pull request.",
        Refreshing,
        [("contents", "write"), ("pull-requests", "write")],
        [
            .. Prepare(),
            new WorkflowStep("Move the pins and raise the epoch") { Run = UpdateTarget },
            new WorkflowStep("Open a pull request")
            {
                Env =
                [
                    ("GH_TOKEN", "${{ github.token }}"),
                    ("BASE", "${{ github.ref_name }}"),
                    ("BRANCH", $"devcontainer/refresh-{_plan.Name}"),
                    ("TITLE", WorkflowText.Quote($"Refresh the dev container {_plan.Name}")),
                    ("BODY", "Base images and Features as they are now, and a raised epoch, so that what a build downloads is downloaded anew."),
                    ("LOCKS", WorkflowText.Value(string.Join('\n', _plan.LockFiles))),
                ],
                Run = """
                    while IFS= read -r file; do
                      if [ -f "./$file" ]; then git add -- "./$file"; fi
                    done <<< "$LOCKS"
                    if git diff --cached --quiet; then echo "Every pin is current."; exit 0; fi
                    git config user.name "github-actions[bot]"
                    git config user.email "41898282+github-actions[bot]@users.noreply.github.com"
                    git commit --quiet --message "$TITLE"
                    gh auth setup-git
                    git push --force --quiet origin "HEAD:refs/heads/$BRANCH"
                    if [ -z "$(gh pr list --state open --head "$BRANCH" --json number --jq '.[].number')" ]; then
                      gh pr create --base "$BASE" --head "$BRANCH" --title "$TITLE" --body "$BODY" ||
                        echo "::warning::The branch $BRANCH is pushed, but Actions may not open pull requests here (Settings, Actions, General)."
                    fi
                    """,
            },
        ])
    {
        Timeout = 15,
    };

    /// <param name="needsReleases">Whether the job gives tags: which of them a release gets depends on the tags that the clone has.</param>
    private IEnumerable<WorkflowStep> Prepare(bool needsReleases = false)
    {
        yield return new WorkflowStep("Check out")
        {
            Uses = PinnedAction.Checkout,
            With = needsReleases
                ? [("persist-credentials", "false"), ("fetch-depth", "0"), ("filter", "blob:none")]
                : [("persist-credentials", "false")],
        };
        yield return new WorkflowStep("Set up .NET")
        {
            Uses = PinnedAction.SetupDotnet,
            With = [_plan.GlobalJson is { } file ? ("global-json-file", WorkflowText.Value(file)) : ("dotnet-version", DotnetVersion)],
        };
        if (_plan.Before is { } before)
        {
            yield return new WorkflowStep("Prepare") { Env = [("DEVCONTAINER_BEFORE", WorkflowText.Value(before))], Run = "bash -euo pipefail -c \"$DEVCONTAINER_BEFORE\"" };
        }
    }

    private IEnumerable<WorkflowStep> Emulate() => !_plan.Platforms.Any(static platform => platform.IsEmulated) ? [] :
    [
        new WorkflowStep("Set up emulation")
        {
            If = "matrix.emulated",
            Uses = PinnedAction.SetupQemu,
            With = [("platforms", "${{ matrix.platform }}")],
        },
    ];

    private WorkflowStep Login()
    {
        string registry = _plan.Registry ?? GitHubRegistry;
        (string user, string password) = registry == GitHubRegistry
            ? ("github.actor", "github.token")
            : ("secrets.DEVCONTAINER_REGISTRY_USERNAME", "secrets.DEVCONTAINER_REGISTRY_PASSWORD");
        return new WorkflowStep("Sign in to the registry")
        {
            Uses = PinnedAction.Login,
            With = [("registry", WorkflowText.Value(registry)), ("username", $"${{{{ {user} }}}}"), ("password", $"${{{{ {password} }}}}")],
        };
    }

    // A project of its own is what `dotnet publish` publishes. Beside another SDK that would publish the application, for each platform.
    private string PublishCommand => _plan.OwnsProject ? Publish : PublishTarget;

    // What the project does not name goes to the registry of the repository, under its owner.
    private string? NamesOrNone => _plan.Registry is null ? Names : null;

    private static string Command(string command, params ReadOnlySpan<string?> arguments)
    {
        var text = new StringBuilder(command);
        foreach (string? argument in arguments)
        {
            if (argument is not null)
            {
                text.Append(" \\\n  ").Append(argument);
            }
        }

        return text.ToString();
    }
}
