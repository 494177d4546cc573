using Devcontainer.Prebuild.Replay;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Tells what commits mean for the image.</summary>
public sealed class DetectDevcontainerChanges : DevcontainerRequestTask
{
    /// <summary>DevcontainerChangesFrom.</summary>
    public string? From { get; set; }

    /// <summary>DevcontainerChangesTo.</summary>
    public string? To { get; set; }

    /// <summary>What they mean: one.</summary>
    [Output]
    public ITaskItem[] Detected { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        DetectedChange detected = await new ChangeDetection(Reporter)
            .RunAsync(Bind() with { DryRun = Switch("DevcontainerDryRun", DryRun) }, Text(From) ?? "HEAD^", Text(To) ?? "HEAD", cancellationToken).ConfigureAwait(false);
        Detected = [Items.Create(detected.Project, ("Outcome", detected.Word), ("From", detected.From), ("To", detected.To), ("Code", detected.Code ?? string.Empty))];
    }
}
