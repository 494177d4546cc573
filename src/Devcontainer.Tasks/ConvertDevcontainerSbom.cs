using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Sboms;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Writes each SBOM as CycloneDX too, beside it.</summary>
public sealed class ConvertDevcontainerSbom : DevcontainerTask
{
    /// <summary>DevcontainerSbom items.</summary>
    [Required]
    public ITaskItem[] Sboms { get; set; } = [];

    /// <summary>The CycloneDX documents.</summary>
    [Output]
    public ITaskItem[] Converted { get; private set; } = [];

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        try
        {
            Converted =
            [
                .. Sboms.Select(sbom => Items.Create(
                    CycloneDxDocument.WriteBeside(Absolute(sbom.ItemSpec)!), ("Platform", sbom.GetMetadata("Platform")), ("Subject", sbom.GetMetadata("Subject")))),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.OutputNotWritable, null, Path.GetDirectoryName(Sboms[0].ItemSpec), e.Message), e);
        }

        return System.Threading.Tasks.Task.CompletedTask;
    }
}
