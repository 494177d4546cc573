using Devcontainer.Diagnostics;
using Devcontainer.Prebuild;
using Devcontainer.Prebuild.Reproducibility;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Builds the image twice from nothing, and fails where the two differ.</summary>
public sealed class VerifyDevcontainerReproducible : DevcontainerBuildTask
{
    /// <summary>What differs.</summary>
    [Output]
    public ITaskItem[] Differences { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        PrebuildRequest request = BindBuild();
        if (request.DryRun)
        {
            Reporter.Status($"Would build {request.ProjectName} twice from nothing.");
            return;
        }

        ReproducibilityReport report = await new ReproducibilityCheck(Reporter).RunAsync(request, cancellationToken).ConfigureAwait(false);
        foreach (Diagnostic error in report.Errors)
        {
            LogError(error);
        }

        Differences = [.. report.Platforms.SelectMany(static platform => platform.Differences.SelectMany(difference => difference.Paths.Select(path => Items.Create(
            path.Path,
            ("Platform", platform.Platform),
            ("Layer", difference.IsConfiguration ? string.Empty : difference.First?.Value ?? string.Empty),
            ("Instruction", difference.Instruction ?? string.Empty),
            ("Difference", path.What),
            ("Fix", path.Fix)))))];
    }
}
