using Devcontainer.Prebuild;
using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Tags;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Decides whether what is built may be pushed, and under which tags.</summary>
public sealed class ResolveDevcontainerTags : DevcontainerTask
{
    /// <summary>DevcontainerConfigFile.</summary>
    [Required]
    public string ConfigFile { get; set; } = string.Empty;

    /// <summary>DevcontainerWorkspaceFolder.</summary>
    public string? WorkspaceFolder { get; set; }

    /// <summary>DevcontainerImageTags, with its default.</summary>
    public string? ImageTags { get; set; }

    /// <summary>Whether the project, the command line or the environment gave those tags: then no rule counts.</summary>
    public string? AreGiven { get; set; }

    /// <summary>DevcontainerTagRules.</summary>
    public string? Rules { get; set; }

    /// <summary>Whether this is a CI system: all rules apply by default there, and none elsewhere.</summary>
    public string? IsCI { get; set; }

    /// <summary>DevcontainerDefaultBranch.</summary>
    public string? DefaultBranch { get; set; }

    /// <summary>DevcontainerPushPullRequests.</summary>
    public string? PushPullRequests { get; set; }

    /// <summary>The tags; none where nothing may be pushed.</summary>
    [Output]
    public string[] Tags { get; private set; } = [];

    /// <summary>Why it may not be pushed; empty where it may.</summary>
    [Output]
    public string NotPushed { get; private set; } = string.Empty;

    /// <summary>The commit that is built; of a pull request its last one. Empty where nobody tells.</summary>
    [Output]
    public string Commit { get; private set; } = string.Empty;

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        SourceRevision revision = CISystems.Revision(
            Environment,
            Absolute(WorkspaceFolder) ?? PrebuildRequest.WorkspaceOf(Absolute(ConfigFile)),
            Text(DefaultBranch),
            Reporter);
        Commit = revision.HeadCommit ?? revision.Commit ?? string.Empty;
        if (!revision.MayPush(Switch("DevcontainerPushPullRequests", PushPullRequests)))
        {
            NotPushed = revision.IsFork ? $"{revision} comes from a fork" : $"{revision} is not merged yet";
            return System.Threading.Tasks.Task.CompletedTask;
        }

        string[] rules = Split(Rules);
        if (rules.Length == 0 && Switch("_DevcontainerIsCI", IsCI))
        {
            rules = [.. TagRules.Names];
        }

        Tags = Switch("_DevcontainerTagsAreGiven", AreGiven) || rules.Length == 0 ? Split(ImageTags) : [.. TagRules.Apply(revision, rules, Reporter)];
        return System.Threading.Tasks.Task.CompletedTask;
    }
}
