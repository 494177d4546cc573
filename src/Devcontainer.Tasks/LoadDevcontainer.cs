using Devcontainer.Prebuild;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Puts the image into the local engine.</summary>
public sealed class LoadDevcontainer : DevcontainerTask
{
    /// <summary>DevcontainerOutputPath.</summary>
    [Required]
    public string OutputPath { get; set; } = string.Empty;

    /// <summary>DevcontainerDryRun.</summary>
    public string? DryRun { get; set; }

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken) =>
        Switch("DevcontainerDryRun", DryRun)
            ? System.Threading.Tasks.Task.CompletedTask
            : new ImageLoad(Reporter).RunAsync(Absolute(OutputPath), ProjectDirectory, Environment, cancellationToken);
}
