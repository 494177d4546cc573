using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Jobs;

/// <summary>How long a job may take, and whether it is tried again.</summary>
internal sealed record JobLimits
{
    /// <summary>No limit, and one attempt.</summary>
    internal static readonly JobLimits None = new();

    /// <summary>How long all attempts may take together; null for as long as it needs.</summary>
    internal TimeSpan? Timeout { get; init; }

    /// <summary>The property that sets <see cref="Timeout"/>, for a message.</summary>
    internal string TimeoutProperty { get; init; } = string.Empty;

    /// <summary>How many times it is tried again.</summary>
    internal int Retries { get; init; }

    /// <summary>Whether another attempt may end otherwise. Where it cannot, none is made.</summary>
    internal Func<DevcontainerException, bool> IsTransient { get; init; } = static _ => false;

    /// <summary>What to wait for before another attempt.</summary>
    internal Func<CancellationToken, Task> BeforeRetry { get; init; } = static _ => Task.CompletedTask;
}
