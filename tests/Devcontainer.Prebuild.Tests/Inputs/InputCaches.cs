using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Tests.Inputs;

internal static class InputCaches
{
    /// <summary>A cache of nothing, which is not kept.</summary>
    internal static InputCache Empty() => InputCache.Open(string.Empty, isTrusted: false, isKept: false, DateTime.UtcNow);

    /// <summary>The cache in a folder, opened so late that what has just been written counts as settled.</summary>
    internal static InputCache Open(TemporaryFolder folder, bool isTrusted = true) =>
        InputCache.Open(Directory.CreateDirectory(folder["output"]).FullName, isTrusted, isKept: true, DateTime.UtcNow.AddMinutes(1));
}
