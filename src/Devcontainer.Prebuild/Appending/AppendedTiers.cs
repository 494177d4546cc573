using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Packages;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Toolchain;

namespace Devcontainer.Prebuild.Appending;

/// <summary>The tiers that a project has besides its environment.</summary>
internal static class AppendedTiers
{
    /// <summary>The tiers, the lowest first; none where the environment image is the image.</summary>
    internal static IReadOnlyList<IAppendedTier> Of(PrebuildInputs inputs, IProcessRunner processes, IBuildReporter reporter) =>
    [
        .. inputs.Request.Toolchain is not null ? (IEnumerable<IAppendedTier>)[new ToolchainTier(inputs, reporter)] : [],
        .. inputs.Request.Restore.Count > 0 ? (IEnumerable<IAppendedTier>)[new PackagesTier(inputs, processes, reporter)] : [],
    ];

    /// <summary>Whether there are any.</summary>
    internal static bool Any(PrebuildRequest request) => request.Restore.Count > 0 || request.Toolchain is not null;
}
