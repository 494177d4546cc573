using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;

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

    /// <summary>Where else it got them (<see cref="PushRequest.AlsoTo"/>).</summary>
    public IReadOnlyList<string> AlsoTo { get; init; } = [];

    /// <summary>Why it got no tag: it was not pushed, or by its digest only. Null where it got some.</summary>
    public string? NotTagged { get; init; }

    /// <summary>Absolute path of the output folder.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Registries and repositories besides the image's own that have it.</summary>
    internal IReadOnlyList<string> Others => AlsoTo.Count > 0 && Tags.Count > 0 && SharedRepository.NameOf(Receipt.Image.Registry, Receipt.Image.Repository) is { } name
        ? [.. PushTargets.Parse(AlsoTo, name).Select(static other => other.Name)]
        : [];

    /// <summary>What later steps and jobs need, under names without blanks. A list has one entry a line.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Outputs =>
    [
        new("image", Receipt.Image.Reference),
        new("digest", Receipt.Image.Digest),
        new("tags", string.Join('\n', Others.Prepend(Receipt.Image.Name).SelectMany(name => Tags.Select(tag => $"{name}:{tag}")))),
        new("key", Receipt.IndexKey),
        new("source", Source),
    ];
}
