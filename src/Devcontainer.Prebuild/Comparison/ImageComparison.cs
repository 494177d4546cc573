using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Comparison;

/// <summary>Compares two images: packages, Features, base images, sizes, and the large layers that are new.</summary>
internal static class ImageComparison
{
    /// <summary>The fewest bytes, as stored, of a layer that is worth a line.</summary>
    internal const long LargeLayer = 10_000_000;

    /// <summary>Compares what receipts and SBOMs tell.</summary>
    internal static ImageChanges Compare(ImageRecord from, ImageRecord to)
    {
        string[] before = [.. from.Receipt.Platforms.Select(static platform => platform.Platform)];
        string[] after = [.. to.Receipt.Platforms.Select(static platform => platform.Platform)];
        string[] shared = [.. before.Intersect(after)];
        string[] known = [.. shared.Where(platform => from.Packages.ContainsKey(platform) && to.Packages.ContainsKey(platform))];
        return new ImageChanges
        {
            From = from,
            To = to,
            Changes =
            [
                .. Joined(known, platform => Differences(
                    ChangeKind.Package,
                    from.Packages[platform].Versions.Select(static one => (one.Key, string.Join(", ", one.Value))),
                    to.Packages[platform].Versions.Select(static one => (one.Key, string.Join(", ", one.Value))))),
                .. Features(from.Receipt.Features, to.Receipt.Features),
                .. Joined(shared, platform => Differences(ChangeKind.Base, BasesOf(from.Receipt, platform), BasesOf(to.Receipt, platform))),
            ],
            Sizes =
            [
                .. before.Union(after).Order(StringComparer.Ordinal)
                    .Select(platform => new SizeChange(platform, SizeOf(from.Receipt, platform), SizeOf(to.Receipt, platform))),
            ],
            WithoutSbom = [.. shared.Except(known)],
        };
    }

    /// <summary>Adds the large layers that are new, which the manifests tell. A manifest that is gone tells nothing.</summary>
    internal static async Task<ImageChanges> WithLayersAsync(ImageChanges changes, CancellationToken cancellationToken)
    {
        var layers = new List<(string Platform, Descriptor Layer, string? CreatedBy)>();
        foreach (SizeChange size in changes.Sizes)
        {
            if (size.From is null || size.To is null
                || await changes.From.ManifestAsync(size.Platform, cancellationToken).ConfigureAwait(false) is not { } before
                || await changes.To.ManifestAsync(size.Platform, cancellationToken).ConfigureAwait(false) is not { } after)
            {
                continue;
            }

            var old = before.Layers.Select(static layer => layer.Digest).ToHashSet();
            int[] found = [.. Enumerable.Range(0, after.Layers.Count).Where(i => after.Layers[i].Size >= LargeLayer && !old.Contains(after.Layers[i].Digest))];
            if (found.Length > 0)
            {
                IReadOnlyList<string?> instructions = await InstructionsAsync(changes.To, after, cancellationToken).ConfigureAwait(false);
                layers.AddRange(found.Select(i => (size.Platform, after.Layers[i], instructions[i])));
            }
        }

        return changes with
        {
            Layers =
            [
                .. layers.GroupBy(static one => one.Layer.Digest)
                    .Select(static group => new NewLayer([.. group.Select(static one => one.Platform)], group.First().Layer, group.First().CreatedBy))
                    .OrderByDescending(static layer => layer.Layer.Size),
            ],
        };
    }

    // What made each layer, in the order of the layers; nothing where the history does not have as many.
    private static async Task<IReadOnlyList<string?>> InstructionsAsync(ImageRecord image, ImageManifest manifest, CancellationToken cancellationToken)
    {
        if (await image.ReadAsync(manifest.Config, cancellationToken).ConfigureAwait(false) is { } bytes)
        {
            IReadOnlyList<string?> instructions = LayerInstructions.Of(ImageConfig.Parse(bytes, manifest.Config.Digest.Value), manifest.Layers.Count);
            return [.. instructions.Select(static instruction => instruction is null ? null : StepName.Shorten(instruction))];
        }

        return new string?[manifest.Layers.Count];
    }

    /// <summary>Finds the differences of each platform, and joins those that are the same.</summary>
    private static IEnumerable<ImageChange> Joined(string[] platforms, Func<string, IEnumerable<ImageChange>> compare) => platforms
        .SelectMany(platform => compare(platform).Select(change => (Platform: platform, Change: change)))
        .GroupBy(static one => (one.Change.Kind, one.Change.Type, one.Change.Name, one.Change.From, one.Change.To))
        .Select(group => group.First().Change with
        {
            Platforms = group.Count() == platforms.Length ? [] : [.. group.Select(static one => one.Platform).Order(StringComparer.Ordinal)],
        })
        .OrderBy(static change => change.Type, StringComparer.Ordinal).ThenBy(static change => change.Name, StringComparer.Ordinal)
        .ThenBy(static change => string.Join(',', change.Platforms), StringComparer.Ordinal);

    private static IEnumerable<ImageChange> Differences(
        ChangeKind kind, IEnumerable<((string Type, string Name) Key, string Value)> from, IEnumerable<((string Type, string Name) Key, string Value)> to)
    {
        Dictionary<(string Type, string Name), string> before = from.ToDictionary(static one => one.Key, static one => one.Value);
        foreach (((string Type, string Name) key, string value) in to)
        {
            bool isKnown = before.Remove(key, out string? old);
            if (!isKnown || old != value)
            {
                yield return new ImageChange(kind, key.Type, key.Name, old, value, []);
            }
        }

        foreach (((string Type, string Name) key, string value) in before)
        {
            yield return new ImageChange(kind, key.Type, key.Name, value, null, []);
        }
    }

    // A Feature may change without its version: then its content says which is which.
    private static IEnumerable<ImageChange> Features(IReadOnlyList<ReceiptFeature> from, IReadOnlyList<ReceiptFeature> to)
    {
        foreach (string id in from.Concat(to).Select(static feature => feature.Id).Distinct().Order(StringComparer.Ordinal))
        {
            ReceiptFeature? before = from.FirstOrDefault(feature => feature.Id == id);
            ReceiptFeature? after = to.FirstOrDefault(feature => feature.Id == id);
            if (before?.Digest != after?.Digest)
            {
                bool isSameVersion = before?.Version == after?.Version;
                yield return new ImageChange(ChangeKind.Feature, string.Empty, id, ValueOf(before, isSameVersion), ValueOf(after, isSameVersion), []);
            }
        }
    }

    private static string? ValueOf(ReceiptFeature? feature, bool withDigest) =>
        feature is null ? null : withDigest ? $"{feature.Version} ({feature.Digest})" : feature.Version;

    private static IEnumerable<((string Type, string Name) Key, string Value)> BasesOf(Receipt receipt, string platform) => receipt.Bases
        .Where(known => known.Platform == platform)
        .GroupBy(static known => known.Reference)
        .Select(static group => ((string.Empty, group.Key), string.Join(", ", group.Select(static known => known.Digest).Distinct())));

    private static long? SizeOf(Receipt receipt, string platform) => receipt.Platforms.FirstOrDefault(known => known.Platform == platform)?.Size;
}
