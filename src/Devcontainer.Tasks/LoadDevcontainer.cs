using Devcontainer.Prebuild;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Puts the image into the local engine.</summary>
public sealed class LoadDevcontainer : DevcontainerTask
{
    /// <summary>DevcontainerOutputPath.</summary>
    [Required]
    public string OutputPath { get; set; } = string.Empty;

    /// <summary>DevcontainerConfigFile.</summary>
    [Required]
    public string ConfigFile { get; set; } = string.Empty;

    /// <summary>DevcontainerWorkspaceFolder.</summary>
    public string? WorkspaceFolder { get; set; }

    /// <summary>DevcontainerDryRun.</summary>
    public string? DryRun { get; set; }

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken) =>
        Switch("DevcontainerDryRun", DryRun)
            ? System.Threading.Tasks.Task.CompletedTask
            : new ImageLoad(Reporter).RunAsync(
                Absolute(OutputPath), Absolute(WorkspaceFolder) ?? PrebuildRequest.WorkspaceOf(Absolute(ConfigFile)), Environment, cancellationToken);
}
