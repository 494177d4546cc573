namespace Devcontainer.Prebuild.Reproducibility;

/// <summary>Finds the paths in which two layers differ.</summary>
internal static class LayerDifferences
{
    /// <summary>Finds them, sorted by path.</summary>
    internal static IReadOnlyList<PathDifference> Find(IReadOnlyDictionary<string, LayerPath> first, IReadOnlyDictionary<string, LayerPath> second) =>
    [
        .. first.Keys.Union(second.Keys).Order(StringComparer.Ordinal)
            .Select(path => (Path: path, What: Compare(first.GetValueOrDefault(path), second.GetValueOrDefault(path))))
            .Where(static one => one.What.Length > 0)
            .Select(static one => new PathDifference(one.Path, one.What, LikelyFix.Of(one.Path, onlyTime: one.What == Time))),
    ];

    private const string Time = "time";

    private static string Compare(LayerPath? first, LayerPath? second)
    {
        if (first is null || second is null)
        {
            return first is null ? "only in the second" : "only in the first";
        }

        IEnumerable<string> what =
        [
            .. first.Kind != second.Kind ? ["kind"] : first.Content != second.Content ? ["content"] : Array.Empty<string>(),
            .. first.Mode != second.Mode ? ["mode"] : Array.Empty<string>(),
            .. first.Owner != second.Owner ? ["owner"] : Array.Empty<string>(),
            .. first.Time != second.Time ? [Time] : Array.Empty<string>(),
        ];
        return string.Join(", ", what);
    }
}
