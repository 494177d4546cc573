using Devcontainer.Prebuild.Reports;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Writes the page about the image of the output folder.</summary>
public sealed class GenerateDevcontainerReport : DevcontainerTask
{
    /// <summary>DevcontainerOutputPath.</summary>
    [Required]
    public string OutputPath { get; set; } = string.Empty;

    /// <summary>Absolute path of the page.</summary>
    [Output]
    public string Page { get; private set; } = string.Empty;

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        Page = ReportPage.Write(Absolute(OutputPath));
        return System.Threading.Tasks.Task.CompletedTask;
    }
}
