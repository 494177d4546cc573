namespace Devcontainer.Prebuild.Workflows;

/// <summary>What a workflow is asked for, besides what a prebuild is: what the project and the command line say.</summary>
public sealed record WorkflowRequest
{
    /// <summary>What the prebuild is asked for; its platforms do not count.</summary>
    public required PrebuildRequest Prebuild { get; init; }

    /// <summary>Absolute path of the project.</summary>
    public required string ProjectFile { get; init; }

    /// <summary>Whether the project is a dev container and nothing else.</summary>
    public required bool OwnsProject { get; init; }

    /// <summary>DevcontainerWorkflowFile as an absolute path; null for one under <c>.github/workflows</c> named after the project.</summary>
    public string? File { get; init; }

    /// <summary>DevcontainerPlatforms; empty for amd64 and arm64, for the machine that writes a workflow is not the one that it is for.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    /// <summary>DevcontainerWorkflowRunners: <c>platform=label</c>.</summary>
    public IReadOnlyList<string> Runners { get; init; } = [];

    /// <summary>DevcontainerWorkflowSchedule; null or empty for the default, <c>none</c> for none.</summary>
    public string? Schedule { get; init; }

    /// <summary>DevcontainerWorkflowBefore; null or empty for none.</summary>
    public string? Before { get; init; }

    /// <summary>DevcontainerDefaultBranch; null for what git says, and else <c>main</c>.</summary>
    public string? DefaultBranch { get; init; }

    /// <summary>DevcontainerOverwriteWorkflow.</summary>
    public bool Overwrite { get; init; }
}
