using System.Globalization;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>What happened to an entry of the lock file.</summary>
public enum LockChangeKind
{
    /// <summary>It had no pin.</summary>
    Pinned,

    /// <summary>Its pin has another digest.</summary>
    Moved,

    /// <summary>Its pin has the same digest and other platforms.</summary>
    Completed,

    /// <summary>Nothing names it any more.</summary>
    Removed,

    /// <summary>It is the epoch, and is higher.</summary>
    Raised,
}

/// <summary>A change of the lock file.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Name">The image's canonical reference, the Feature's id as written, or <c>epoch</c>.</param>
/// <param name="From">Digest or number before; null where there was none.</param>
/// <param name="To">Digest or number now; null where there is none.</param>
public sealed record LockChange(LockChangeKind Kind, string Name, string? From, string? To)
{
    /// <summary>Of a Feature its version before; null where there was none.</summary>
    public string? FromVersion { get; init; }

    /// <summary>Of a Feature its version now; null where there is none.</summary>
    public string? ToVersion { get; init; }

    // Digits of a digest that tell it from another one for a reader.
    private const int ShownDigits = 12;

    /// <summary>What makes <paramref name="now"/> of <paramref name="before"/>; null where nothing does.</summary>
    internal static LockChange? Between(string reference, PinnedImage? before, PinnedImage now)
    {
        if (before is null)
        {
            return new LockChange(LockChangeKind.Pinned, reference, null, now.Digest.Value);
        }

        if (before.Digest != now.Digest)
        {
            return new LockChange(LockChangeKind.Moved, reference, before.Digest.Value, now.Digest.Value);
        }

        bool same = before.Platforms.Count == now.Platforms.Count
            && now.Platforms.All(platform => before.Platforms.TryGetValue(platform.Key, out string? known) && known == platform.Value);
        return same ? null : new LockChange(LockChangeKind.Completed, reference, before.Digest.Value, now.Digest.Value);
    }

    /// <summary>A raised epoch.</summary>
    internal static LockChange OfEpoch(int from, int to) =>
        new(LockChangeKind.Raised, "epoch", from.ToString(CultureInfo.InvariantCulture), to.ToString(CultureInfo.InvariantCulture));

    /// <summary>The sentence for a log.</summary>
    /// <param name="conditional">Whether it only would happen.</param>
    internal string Say(bool conditional) => (Kind, conditional) switch
    {
        (LockChangeKind.Pinned, false) => $"Pinned {Name} to {With(ToVersion, To)}.",
        (LockChangeKind.Pinned, true) => $"Would pin {Name} to {With(ToVersion, To)}.",
        (LockChangeKind.Moved, false) => $"Moved {Name}: {With(FromVersion, Short(From))} -> {With(ToVersion, Short(To))}.",
        (LockChangeKind.Moved, true) => $"Would move {Name}: {With(FromVersion, Short(From))} -> {With(ToVersion, Short(To))}.",
        (LockChangeKind.Completed, false) => $"Completed the platforms of {Name}.",
        (LockChangeKind.Completed, true) => $"Would complete the platforms of {Name}.",
        (LockChangeKind.Removed, false) => $"Removed {Name}, which nothing names.",
        (LockChangeKind.Removed, true) => $"Would remove {Name}, which nothing names.",
        (_, false) => $"Raised the epoch: {From} -> {To}.",
        (_, true) => $"Would raise the epoch: {From} -> {To}.",
    };

    private static string? With(string? version, string? digest) => version is null ? digest : $"{version} ({digest})";

    private static string Short(string? digest) => digest is { Length: > 7 + ShownDigits } ? digest[..(7 + ShownDigits)] + "…" : digest ?? string.Empty;
}
