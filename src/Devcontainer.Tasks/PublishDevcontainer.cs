using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Receipts;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Publishes the layout that a prebuild made.</summary>
public sealed class PublishDevcontainer : DevcontainerTask
{
    /// <summary>DevcontainerOutputPath.</summary>
    [Required]
    public string OutputPath { get; set; } = string.Empty;

    /// <summary>PushDevcontainer.</summary>
    public string? Push { get; set; }

    /// <summary>Why what is built may not be pushed (ResolveDevcontainerTags); empty where it may.</summary>
    public string? NotPushed { get; set; }

    /// <summary>DevcontainerDryRun.</summary>
    public string? DryRun { get; set; }

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(NotPushed))
        {
            Reporter.Status($"Not pushed: {NotPushed}.");
        }
        else if (Switch("PushDevcontainer", Push))
        {
            throw new DevcontainerException(Codes.PushNotSupported);
        }

        if (Switch("DevcontainerDryRun", DryRun))
        {
            return System.Threading.Tasks.Task.CompletedTask;
        }

        string output = Absolute(OutputPath);
        Receipt receipt = ReceiptFile.TryRead(output) ?? throw new DevcontainerException(Codes.NothingToLoad, output);
        Reporter.Status($"Image layout: {Path.Combine(output, "image")} ({receipt.Image.Digest})");
        return System.Threading.Tasks.Task.CompletedTask;
    }
}
