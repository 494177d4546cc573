using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Tasks;

/// <summary>Publishes the image of the last prebuild: as a layout, or to its registry.</summary>
public sealed class PublishDevcontainer : DevcontainerRegistryTask
{
    /// <summary>PushDevcontainer.</summary>
    public string? Push { get; set; }

    /// <summary>Tags to push under (ResolveDevcontainerTags).</summary>
    public string? Tags { get; set; }

    /// <summary>Why what is built may not be pushed (ResolveDevcontainerTags); empty where it may.</summary>
    public string? NotPushed { get; set; }

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        bool push = Switch("PushDevcontainer", Push);
        bool dryRun = Switch("DevcontainerDryRun", DryRun);
        if (!string.IsNullOrEmpty(NotPushed))
        {
            Reporter.Status($"Not pushed: {NotPushed}.");
            push = false;
        }

        if (dryRun)
        {
            if (push)
            {
                Reporter.Status($"Would push under the tags {string.Join(", ", Split(Tags))}.");
            }

            return;
        }

        string output = Absolute(OutputPath);
        var publish = new ImagePublish(Reporter);
        if (push)
        {
            await publish.PushAsync(output, BindLockTimeout(LockTimeout), Split(Tags), BindRegistries(), cancellationToken).ConfigureAwait(false);
            return;
        }

        Receipt receipt = await publish.CompleteLayoutAsync(output, BindLockTimeout(LockTimeout), BindRegistries(), cancellationToken).ConfigureAwait(false);
        Reporter.Status($"Image layout: {Path.Combine(output, "image")} ({receipt.Image.Digest})");
    }
}
