namespace Devcontainer.Prebuild.Verify;

/// <summary>What the provenance of an image must say. What is empty or null may be anything; a <c>*</c> at the end of a value stands for any end.</summary>
public sealed record ProvenancePolicy
{
    /// <summary>The builders of which one must have built it.</summary>
    public IReadOnlyList<string> Builders { get; init; } = [];

    /// <summary>The repository that it must be made from, as <c>https://github.com/me/repo</c>.</summary>
    public string? Repository { get; init; }

    /// <summary>The reference there, as <c>refs/heads/main</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>The commit.</summary>
    public string? Commit { get; init; }

    /// <summary>Whether anything is asked for.</summary>
    public bool IsConfigured => Builders.Count > 0 || Repository is not null || Reference is not null || Commit is not null;

    /// <summary>Whether a value is one that is allowed.</summary>
    internal static bool Allows(string allowed, string value) => allowed.EndsWith('*')
        ? value.StartsWith(allowed[..^1], StringComparison.Ordinal)
        : value == allowed;
}
