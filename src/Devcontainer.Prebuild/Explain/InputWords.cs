using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Explain;

/// <summary>Says in words what happened to an input: from what to what, where the receipt has that, else by digest.</summary>
internal static class InputWords
{
    // Digits of a digest that tell it from another one for a reader.
    private const int ShownDigits = 12;

    /// <summary>The change between what an input was and what it is: each usually one entry, none where it was not or is not there.</summary>
    internal static InputChange Describe(IReadOnlyList<ReceiptInput> before, IReadOnlyList<ReceiptInput> now)
    {
        ReceiptInput any = now.Count > 0 ? now[0] : before[0];
        // Where what is shown of it is the same, the difference is behind that.
        bool isShown = before.Count == 0 || now.Count == 0 || before[0].Value != now[0].Value;
        string? from = before.Count > 0 ? Content(before[0], isShown) : null;
        string? to = now.Count > 0 ? Content(now[0], isShown) : null;
        string change = before.Count == 0 ? "added" : now.Count == 0 ? "removed" : "changed";
        string words = change == "changed" ? Changed(before, now) : ComesOrGoes(any, change);
        return new InputChange(NameOf(any), any.Tier, change, from, to, words);
    }

    /// <summary>A digest as people read it.</summary>
    internal static string Short(string sha256) => sha256.Length > ShownDigits ? sha256[..ShownDigits] + "…" : sha256;

    private static string NameOf(ReceiptInput input) =>
        input.Projection == InputList.ImageDigest ? "base image " + input.Path[InputList.ImagePrefix.Length..^1]
        : input.Projection == InputList.Setting ? input.Path[1..^1]
        : input.Path;

    private static string? Content(ReceiptInput input, bool isShown) =>
        input.Projection == InputList.ImageDigest ? (input.Sha256.Length > 0 ? $"sha256:{input.Sha256}" : null)
        : (isShown ? input.Value : null) ?? (input.Projection == InputList.Setting ? null : $"sha256:{input.Sha256}");

    private static string ComesOrGoes(ReceiptInput input, string change) => input switch
    {
        { Projection: InputList.ImageDigest, Sha256.Length: 0 } => $"{change}, not pinned yet",
        { Projection: InputList.ImageDigest } => $"{change} (sha256:{Short(input.Sha256)})",
        { Projection: InputList.Setting, Value: { } value } => $"{change} ({value})",
        { Projection: "raw" or InputList.Setting or InputList.ImageMetadata } => change,

        // One that is read in another way now goes under the one and comes under the other.
        _ => $"{change} (read as {input.Projection}, for {input.Tier})",
    };

    private static string Changed(IReadOnlyList<ReceiptInput> before, IReadOnlyList<ReceiptInput> now)
    {
        if (before.Count != now.Count)
        {
            return now.Count > before.Count ? "the build is given it in one more way" : "the build is given it in one way less";
        }

        // Of several the first that is not as it was.
        (ReceiptInput from, ReceiptInput to) = before.Zip(now).First(static pair => (pair.First.Sha256, pair.First.Kind) != (pair.Second.Sha256, pair.Second.Kind));
        return to.Projection switch
        {
            InputList.ImageDigest when to.Sha256.Length == 0 => $"sha256:{Short(from.Sha256)} → not pinned yet",
            InputList.ImageDigest => $"sha256:{Short(from.Sha256)} → sha256:{Short(to.Sha256)} (the lock file was updated)",
            InputList.Setting => from.Value is { } old && to.Value is { } value && old != value ? $"{old} → {value}" : "changed",
            InputList.ImageMetadata => $"what the image's label says of it changed ({Digests(from, to)})",
            "raw" => from.Kind == to.Kind ? OfOneKind(from, to) : Between(from, to),
            "xml" when JsonWords.Describe(from.Value ?? "{}", to.Value ?? "{}", string.Empty) is { Length: > 0 } words => words,
            { } projection when from.Value is not null && to.Value is not null && JsonWords.Describe(from.Value, to.Value, projection) is { Length: > 0 } words => words,
            { } projection => $"what counts of it changed ({projection}; {Digests(from, to)})",
        };
    }

    private static string OfOneKind(ReceiptInput from, ReceiptInput to) => from.Kind == "link" && from.Value is not null && to.Value is not null
        ? $"link to {from.Value} → link to {to.Value}"
        : $"changed ({Digests(from, to)})";

    private static string Between(ReceiptInput from, ReceiptInput to)
    {
        string kinds = $"{from.Kind ?? "file"} → {to.Kind ?? "file"}";
        bool isFile = from.Kind is null or "executable" && to.Kind is null or "executable";
        return isFile && from.Sha256 != to.Sha256 ? $"{kinds}, changed ({Digests(from, to)})" : kinds;
    }

    private static string Digests(ReceiptInput from, ReceiptInput to) => $"sha256 {Short(from.Sha256)} → {Short(to.Sha256)}";
}
