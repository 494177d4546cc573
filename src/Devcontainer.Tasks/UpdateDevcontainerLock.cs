using Devcontainer.Prebuild;
using Devcontainer.Prebuild.Inputs;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Moves the pins of base images and Features to what their references point at now.</summary>
public sealed class UpdateDevcontainerLock : DevcontainerRequestTask
{
    /// <summary>DevcontainerUpdateOnly.</summary>
    public string? Only { get; set; }

    /// <summary>DevcontainerRaiseEpoch.</summary>
    public string? RaiseEpoch { get; set; }

    /// <summary>DevcontainerVendorFeatures.</summary>
    public string? VendorFeatures { get; set; }

    /// <summary>What has changed.</summary>
    [Output]
    public ITaskItem[] Changes { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        PrebuildRequest request = Bind() with { DryRun = Switch("DevcontainerDryRun", DryRun) };
        IReadOnlyList<LockChange> changes = await new LockUpdate(Reporter)
            .RunAsync(request, Split(Only), Switch("DevcontainerRaiseEpoch", RaiseEpoch), Switch("DevcontainerVendorFeatures", VendorFeatures), cancellationToken).ConfigureAwait(false);
        Changes = [.. changes.Select(static change => Items.Create(
            change.Name, ("Change", change.Kind.ToString()), ("From", change.From ?? string.Empty), ("To", change.To ?? string.Empty),
            ("FromVersion", change.FromVersion ?? string.Empty), ("ToVersion", change.ToVersion ?? string.Empty)))];
    }
}
