using Devcontainer.Diagnostics;
using Devcontainer.Prebuild;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Deletes what a prebuild wrote, and nothing else.</summary>
public sealed class CleanDevcontainer : DevcontainerTask
{
    /// <summary>DevcontainerOutputPath.</summary>
    [Required]
    public string OutputPath { get; set; } = string.Empty;

    /// <summary>DevcontainerLockTimeout.</summary>
    public string? LockTimeout { get; set; }

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        string output = Absolute(OutputPath);
        try
        {
            await OutputFolder.CleanAsync(output, BindLockTimeout(LockTimeout), Reporter, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.OutputNotWritable, null, output, e.Message), e);
        }
    }
}
