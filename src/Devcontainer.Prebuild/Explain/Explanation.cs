namespace Devcontainer.Prebuild.Explain;

/// <summary>What the next prebuild will do.</summary>
public enum Verdict
{
    /// <summary>Nothing: the image is here.</summary>
    Nothing,

    /// <summary>Give the image another key or other names, without an engine.</summary>
    Renew,

    /// <summary>Take the image, or some of its platforms, from the registry, without an engine.</summary>
    Fetch,

    /// <summary>Put layers on environment images that are there, without an engine.</summary>
    Append,

    /// <summary>Build, with an engine.</summary>
    Build,

    /// <summary>First pin base images; what then, depends on what they are.</summary>
    Pin,
}

/// <summary>Where the image of a platform will come from.</summary>
/// <param name="Platform">The platform.</param>
/// <param name="Source"><c>local</c>, <c>registry</c>, <c>appended</c> or <c>built</c>; <c>unknown</c> where base images have no pin.</param>
public sealed record PlatformSource(string Platform, string Source);

/// <summary>Why the next prebuild will or will not build: what differs from the nearest earlier image, and what follows from it.</summary>
public sealed record Explanation
{
    /// <summary>The index key of the inputs; null where base images have no pin, and so no key.</summary>
    public required string? Key { get; init; }

    /// <summary>The earlier image; null where none is known.</summary>
    public required EarlierImage? Earlier { get; init; }

    /// <summary>What differs.</summary>
    public required IReadOnlyList<InputChange> Changes { get; init; }

    /// <summary>Tiers whose keys differ, of <c>environment</c> and <c>packages</c>.</summary>
    public required IReadOnlyList<string> Tiers { get; init; }

    /// <summary>Base images without a pin.</summary>
    public required IReadOnlyList<string> Unpinned { get; init; }

    /// <summary>Where the platforms' images will come from.</summary>
    public required IReadOnlyList<PlatformSource> Platforms { get; init; }

    /// <summary>What will happen.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Whether a missing pin will fail the prebuild instead of being written.</summary>
    public required bool LockedMode { get; init; }
}
