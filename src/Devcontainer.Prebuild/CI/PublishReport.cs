using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.CI;

/// <summary>What a CI system is told after publishing.</summary>
public sealed record PublishReport
{
    /// <summary>The dotenv file's name in the output folder.</summary>
    internal const string DotenvFileName = "gitlab.env";

    /// <summary>The record of the image.</summary>
    public required Receipt Receipt { get; init; }

    /// <summary>Where the image is from this time: <c>local</c>, <c>registry</c>, <c>appended</c> or <c>built</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The tags that the image got in the registry.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Why it got no tag: it was not pushed, or by its digest only. Null where it got some.</summary>
    public string? NotTagged { get; init; }

    /// <summary>Absolute path of the output folder.</summary>
    public required string OutputPath { get; init; }

    /// <summary>What later steps and jobs need, under names without blanks. A list has one entry a line.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Outputs =>
    [
        new("image", Receipt.Image.Reference),
        new("digest", Receipt.Image.Digest),
        new("tags", string.Join('\n', Tags.Select(tag => $"{Receipt.Image.Name}:{tag}"))),
        new("key", Receipt.IndexKey),
        new("source", Source),
    ];
}
