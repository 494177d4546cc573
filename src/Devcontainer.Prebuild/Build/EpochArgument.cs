using System.Globalization;
using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Build;

/// <summary>
/// Takes a raised epoch into the engine's cache, which else would give the old downloads. BuildKit has the hostname that a RUN sees in that
/// instruction's cache key, in caches that are exported too (moby/buildkit <c>solver/llbsolver/ops/exec.go</c>, the operation's metadata), and in no
/// other's; the image keeps nothing of it. So each epoch has a hostname of its own, and what is not a RUN is still found.
/// </summary>
internal static class EpochArgument
{
    /// <summary>The Dockerfile frontend's own argument for the hostname. A build that sets it keeps its value, for it comes later.</summary>
    internal const string Name = "BUILDKIT_SANDBOX_HOSTNAME";

    // What the hostname is where nobody says.
    private const string Default = "buildkitsandbox";

    /// <summary>The argument; none in the first epoch.</summary>
    internal static IReadOnlyList<KeyValuePair<string, string>> Of(LockFile file) =>
        file.Epoch == 0 ? [] : [new(Name, string.Create(CultureInfo.InvariantCulture, $"{Default}-{file.Epoch}"))];
}
