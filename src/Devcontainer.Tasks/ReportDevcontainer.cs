using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Receipts;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Tells the CI system what was published: outputs for later steps, a summary for people.</summary>
public sealed class ReportDevcontainer : DevcontainerTask
{
    /// <summary>DevcontainerOutputPath.</summary>
    [Required]
    public string OutputPath { get; set; } = string.Empty;

    /// <summary>DevcontainerCIReport.</summary>
    public string? Report { get; set; }

    /// <summary>DevcontainerImage items.</summary>
    public ITaskItem[] Images { get; set; } = [];

    /// <summary>The tags that were pushed.</summary>
    public string? Tags { get; set; }

    /// <summary>DevcontainerPublishTo.</summary>
    public string? PublishTo { get; set; }

    /// <summary>Why the image got no tag; empty where it got some.</summary>
    public string? NotTagged { get; set; }

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        string output = Absolute(OutputPath);
        if (Switch("DevcontainerCIReport", Report) && Images.Length > 0 && ReceiptFile.TryRead(output) is { } receipt)
        {
            CISystems.Write(
                Environment,
                new PublishReport
                {
                    Receipt = receipt,
                    Source = Images[0].GetMetadata("Source"),
                    Tags = string.IsNullOrEmpty(NotTagged) ? Split(Tags) : [],
                    AlsoTo = Split(PublishTo),
                    NotTagged = string.IsNullOrEmpty(NotTagged) ? null : NotTagged,
                    OutputPath = output,
                },
                Reporter);
        }

        return System.Threading.Tasks.Task.CompletedTask;
    }
}
