using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Signing;

namespace Devcontainer.Tasks;

/// <summary>Publishes the image of the last prebuild: as a layout, or to its registry.</summary>
public sealed class PublishDevcontainer : DevcontainerSignatureTask
{
    /// <summary>PushDevcontainer.</summary>
    public string? Push { get; set; }

    /// <summary>DevcontainerPublishTo.</summary>
    public string? PublishTo { get; set; }

    /// <summary>DevcontainerPushByDigest.</summary>
    public string? ByDigest { get; set; }

    /// <summary>The commit that is built (ResolveDevcontainerTags); empty where nobody tells.</summary>
    public string? Commit { get; set; }

    /// <summary>Tags to push under (ResolveDevcontainerTags).</summary>
    public string? Tags { get; set; }

    /// <summary>Why what is built may not be pushed (ResolveDevcontainerTags); empty where it may.</summary>
    public string? NotPushed { get; set; }

    /// <summary>SignDevcontainer.</summary>
    public string? Sign { get; set; }

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        bool push = Switch("PushDevcontainer", Push);
        bool byDigest = Switch("DevcontainerPushByDigest", ByDigest);
        bool dryRun = Switch("DevcontainerDryRun", DryRun);
        SignatureSettings? signatures = push ? BindSigning() : null;
        if (!string.IsNullOrEmpty(NotPushed))
        {
            Reporter.Status($"Not pushed: {NotPushed}.");
            push = false;
        }

        if (dryRun)
        {
            if (push)
            {
                string how = byDigest ? "by digest" : $"under the tags {string.Join(", ", Split(Tags))}";
                string others = Split(PublishTo) is { Length: > 0 } also ? $", also to {string.Join(", ", also)}" : string.Empty;
                Reporter.Status($"Would push {how}{others}{(signatures is null ? string.Empty : ", signed")}.");
            }

            return;
        }

        string output = Absolute(OutputPath);
        var publish = new ImagePublish(Reporter);
        if (push)
        {
            var request = new PushRequest
            {
                OutputPath = output,
                LockTimeout = BindLockTimeout(LockTimeout),
                Registries = BindRegistries(),
                AlsoTo = Split(PublishTo),
                Tags = Split(Tags),
                ByDigest = byDigest,
                Commit = string.IsNullOrEmpty(Commit) ? null : Commit,
                Signatures = signatures,
            };
            await publish.PushAsync(request, cancellationToken).ConfigureAwait(false);
            return;
        }

        Receipt receipt = await publish.CompleteLayoutAsync(output, BindLockTimeout(LockTimeout), BindRegistries(), cancellationToken).ConfigureAwait(false);
        Reporter.Status($"Image layout: {Path.Combine(output, "image")} ({receipt.Image.Digest})");
    }

    private SignatureSettings? BindSigning()
    {
        if (!Switch("SignDevcontainer", Sign))
        {
            return null;
        }

        SignatureSettings signatures = BindSignatures();
        return signatures is not { Offline: true, SigningKey: null }
            ? signatures
            : throw new DevcontainerException(
                Codes.PropertyInvalid,
                "DevcontainerSignatureOffline",
                "true",
                "a signature without a key needs a certificate of Sigstore's servers: set DevcontainerSigningKey");
    }
}
