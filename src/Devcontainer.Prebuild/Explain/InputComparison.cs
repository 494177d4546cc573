using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Explain;

/// <summary>
/// Finds the inputs that differ between an image and what is asked for now. A receipt lists all that is in a key (<see cref="InputList"/>), so where keys
/// differ, there is one.
/// </summary>
internal static class InputComparison
{
    /// <summary>What differs: first what is no file, then files, each by name.</summary>
    /// <param name="before">The receipt of the image.</param>
    /// <param name="platforms">The platforms that are asked for.</param>
    /// <param name="inputs">The inputs now (<see cref="InputList.Of"/>).</param>
    internal static IReadOnlyList<InputChange> Compare(Receipt before, IEnumerable<string> platforms, IReadOnlyList<ReceiptInput> inputs)
    {
        List<InputChange> changes = Compare(before.Inputs, inputs);
        string[] wanted = [.. platforms.Order(StringComparer.Ordinal)];
        string[] known = [.. before.Platforms.Select(static platform => platform.Platform)];
        changes.InsertRange(0, known.Except(wanted).Select(static platform => new InputChange($"platform {platform}", "index", "removed", platform, null, "removed")));
        changes.InsertRange(0, wanted.Except(known).Select(static platform => new InputChange($"platform {platform}", "index", "added", null, platform, "added")));
        return changes;
    }

    /// <summary>Whether a receipt lists only files and base images, as those of older versions do.</summary>
    internal static bool IsWithoutSettings(IReadOnlyList<ReceiptInput> inputs) => inputs.All(static input => input.Projection != InputList.Setting);

    /// <summary>What differs between two lists of inputs.</summary>
    internal static List<InputChange> Compare(IReadOnlyList<ReceiptInput> before, IReadOnlyList<ReceiptInput> now)
    {
        // What an older receipt does not have is not news.
        IEnumerable<ReceiptInput> comparable = IsWithoutSettings(before)
            ? now.Where(static input => input.Projection != InputList.Setting && input.Kind != "folder").Select(static input => input with { Kind = null })
            : now;
        ILookup<InputName, ReceiptInput> old = Group(before);
        ILookup<InputName, ReceiptInput> wanted = Group(comparable);
        var changes = new List<InputChange>();
        foreach (InputName name in old.Select(static group => group.Key).Union(wanted.Select(static group => group.Key)).Order())
        {
            // One path may be an input several times: as the Dockerfile, as a file of the context, as a file of a Feature.
            ReceiptInput[] from = [.. old[name]];
            ReceiptInput[] to = [.. wanted[name]];
            if (!Counts(from).SequenceEqual(Counts(to)) && !IsOrderOfOthers(name, old, wanted))
            {
                changes.Add(InputWords.Describe(from, to));
            }
        }

        return changes;
    }

    private static ILookup<InputName, ReceiptInput> Group(IEnumerable<ReceiptInput> inputs) =>
        inputs.ToLookup(static input => new InputName(input.Path, input.Tier, input.Projection));

    // What of an input is in the key.
    private static IEnumerable<(string, string?)> Counts(ReceiptInput[] inputs) =>
        inputs.Select(static input => (input.Sha256, input.Kind)).Order();

    /// <summary>Whether this is an order that differs because one came or went, which is told anyway.</summary>
    private static bool IsOrderOfOthers(InputName name, ILookup<InputName, ReceiptInput> old, ILookup<InputName, ReceiptInput> wanted)
    {
        if (InputList.Ordered.FirstOrDefault(ordered => ordered.Order == name.Path) is not { One: { } one })
        {
            return false;
        }

        IEnumerable<(InputName, int)> Named(ILookup<InputName, ReceiptInput> inputs) => inputs
            .Where(group => group.Key.Path.StartsWith($"<{one} ", StringComparison.Ordinal))
            .Select(static group => (group.Key, group.Count()));
        return !Named(old).ToHashSet().SetEquals(Named(wanted));
    }

    /// <summary>What tells inputs apart. What is no file comes first, for that is mostly why files changed too.</summary>
    private readonly record struct InputName(string Path, string Tier, string Projection) : IComparable<InputName>
    {
        /// <inheritdoc />
        public int CompareTo(InputName other) =>
            other.Path.StartsWith('<').CompareTo(Path.StartsWith('<')) is not 0 and var kind ? kind
            : string.CompareOrdinal(Path, other.Path) is not 0 and var path ? path
            : string.CompareOrdinal(Tier, other.Tier) is not 0 and var tier ? tier
            : string.CompareOrdinal(Projection, other.Projection);
    }
}
