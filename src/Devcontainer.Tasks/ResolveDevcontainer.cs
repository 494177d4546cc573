using Devcontainer.Prebuild;

namespace Devcontainer.Tasks;

/// <summary>Plans a prebuild, without an engine: keys, locks and plan/plan.json.</summary>
public sealed class ResolveDevcontainer : DevcontainerRequestTask
{
    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        ResolvedPrebuild resolved = await new PrebuildPipeline(Reporter).ResolveAsync(Bind(), cancellationToken).ConfigureAwait(false);
        SetKeysAndFeatures(resolved.Keys, resolved.Features);
    }
}
