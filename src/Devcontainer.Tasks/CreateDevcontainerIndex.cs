using Devcontainer.Prebuild;

namespace Devcontainer.Tasks;

/// <summary>Makes the index of platforms that were published by digest, each on its own machine.</summary>
public sealed class CreateDevcontainerIndex : DevcontainerImageTask
{
    /// <summary>The commit that is built (ResolveDevcontainerTags); empty where nobody tells.</summary>
    public string? Commit { get; set; }

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        PrebuildRequest request = Bind();
        if (!Switch("DevcontainerDryRun", DryRun))
        {
            SetOutputs(await new PrebuildPipeline(Reporter).IndexAsync(request, string.IsNullOrEmpty(Commit) ? null : Commit, cancellationToken).ConfigureAwait(false));
        }
    }
}
