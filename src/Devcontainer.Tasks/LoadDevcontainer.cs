using Devcontainer.Prebuild;

namespace Devcontainer.Tasks;

/// <summary>Puts the image into the local engine.</summary>
public sealed class LoadDevcontainer : DevcontainerRegistryTask
{
    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken) =>
        Switch("DevcontainerDryRun", DryRun)
            ? System.Threading.Tasks.Task.CompletedTask
            : new ImageLoad(Reporter).RunAsync(Absolute(OutputPath), BindLockTimeout(LockTimeout), BindRegistries(), cancellationToken);
}
