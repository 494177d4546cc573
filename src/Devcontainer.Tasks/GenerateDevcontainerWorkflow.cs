using Devcontainer.Prebuild.Workflows;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Writes the workflow of GitHub Actions that builds and publishes the image.</summary>
public sealed class GenerateDevcontainerWorkflow : DevcontainerRequestTask
{
    /// <summary>Whether the project is a dev container and nothing else.</summary>
    public string? OwnsProject { get; set; }

    /// <summary>DevcontainerWorkflowFile.</summary>
    public string? WorkflowFile { get; set; }

    /// <summary>DevcontainerWorkflowRunners.</summary>
    public string? Runners { get; set; }

    /// <summary>DevcontainerWorkflowSchedule.</summary>
    public string? Schedule { get; set; }

    /// <summary>DevcontainerWorkflowBefore.</summary>
    public string? Before { get; set; }

    /// <summary>DevcontainerDefaultBranch.</summary>
    public string? DefaultBranch { get; set; }

    /// <summary>DevcontainerOverwriteWorkflow.</summary>
    public string? Overwrite { get; set; }

    /// <summary>The file.</summary>
    [Output]
    public ITaskItem? Workflow { get; private set; }

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        string file = new WorkflowGeneration(Reporter).Run(new WorkflowRequest
        {
            Prebuild = Bind() with { DryRun = Switch("DevcontainerDryRun", DryRun) },
            ProjectFile = ProjectFile,
            OwnsProject = Switch("_DevcontainerOwnsProject", OwnsProject),
            File = Absolute(WorkflowFile),
            Platforms = Split(Platforms),
            Runners = Split(Runners),
            Schedule = Schedule,
            Before = Before,
            DefaultBranch = Text(DefaultBranch),
            Overwrite = Switch("DevcontainerOverwriteWorkflow", Overwrite),
        });
        Workflow = Items.Create(file);
        return System.Threading.Tasks.Task.CompletedTask;
    }
}
