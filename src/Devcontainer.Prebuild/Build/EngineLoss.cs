namespace Devcontainer.Prebuild.Build;

/// <summary>
/// Tells an engine, or a connection to it, that was lost in the middle of a build from a build that failed. buildx gives both the same exit code; what
/// tells is the gRPC status of the connection in its last words (found by killing an engine during builds; docker/buildx issues 1079, 2064, 2789 and
/// 4063, moby/buildkit issues 1222 and 4305 have the others).
/// </summary>
internal static class EngineLoss
{
    // An instruction that ran to its end, whatever ended it. Nothing is tried again then.
    private const string InstructionFailed = "did not complete successfully";

    // Of the connection between buildx and BuildKit, or between BuildKit and containerd.
    private static readonly string[] Signs =
    [
        "code = Unavailable",
        "error reading from server",
        "transport is closing",
        "closing transport",
        "the client connection is closing",
        "graceful_stop",
    ];

    // In an error of buildx itself these are of that connection too; in a step's they may be of a registry.
    private static readonly string[] OwnSigns =
    [
        "failed to receive status",
        "Cannot connect to the Docker daemon",
        "error during connect",
        "connection reset by peer",
        "connection refused",
        "broken pipe",
        "use of closed network connection",
    ];

    /// <summary>What says so; null where nothing does.</summary>
    /// <param name="failure">The step that failed, or null.</param>
    /// <param name="plainLines">What buildx wrote beside its events.</param>
    internal static string? Find(FailedStep? failure, IReadOnlyList<string> plainLines)
    {
        if (failure is not null)
        {
            return !failure.Error.Contains(InstructionFailed, StringComparison.Ordinal) && HasAny(failure.Error, Signs) ? failure.Error : null;
        }

        const string prefix = "ERROR: ";
        string? error = plainLines.LastOrDefault(static line => line.StartsWith(prefix, StringComparison.Ordinal));
        return error is not null && (HasAny(error, Signs) || HasAny(error, OwnSigns)) ? error[prefix.Length..] : null;
    }

    private static bool HasAny(string text, string[] signs) => signs.Any(sign => text.Contains(sign, StringComparison.Ordinal));
}
