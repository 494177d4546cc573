using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Replay;

/// <summary>What a commit's image would have been known by.</summary>
internal sealed record CommitKeys
{
    /// <summary>Where there is none: the code of the error, or <see cref="Absent"/>; null where there is one.</summary>
    internal string? Code { get; init; }

    /// <summary>The environment keys of all platforms.</summary>
    internal string Environment { get; init; } = string.Empty;

    /// <summary>The index key.</summary>
    internal string Image { get; init; } = string.Empty;

    /// <summary>A key over the same files, whole: what hashing files gives without knowing what counts of them.</summary>
    internal string Naive { get; init; } = string.Empty;

    /// <summary>The inputs.</summary>
    internal IReadOnlyList<ReceiptInput> Inputs { get; init; } = [];

    /// <summary>The code of a commit without the configuration.</summary>
    internal const string Absent = "absent";
}
