namespace Devcontainer.Prebuild.Receipts;

/// <summary>What differs between the inputs of two prebuilds.</summary>
internal static class InputChanges
{
    private const int MostNamed = 5;

    /// <summary>The inputs that differ, in words: <c>a changed, b is new, c is gone</c>; empty where no input does.</summary>
    /// <param name="before">The inputs of the last image.</param>
    /// <param name="now">The inputs of the one that is asked for.</param>
    internal static string Describe(IReadOnlyList<ReceiptInput> before, IReadOnlyList<ReceiptInput> now)
    {
        Dictionary<(string, string), string> known = Digests(before);
        Dictionary<(string, string), string> wanted = Digests(now);
        var changes = new List<string>();
        foreach (((string path, string projection), string sha256) in wanted)
        {
            if (!known.TryGetValue((path, projection), out string? last))
            {
                changes.Add($"{path} is new");
            }
            else if (last != sha256)
            {
                changes.Add($"{path} changed");
            }
        }

        changes.AddRange(known.Keys.Where(key => !wanted.ContainsKey(key)).Select(static key => $"{key.Item1} is gone"));
        changes.Sort(StringComparer.Ordinal);
        return changes.Count <= MostNamed
            ? string.Join(", ", changes)
            : $"{string.Join(", ", changes.Take(MostNamed))} and {changes.Count - MostNamed} more";
    }

    private static Dictionary<(string Path, string Projection), string> Digests(IReadOnlyList<ReceiptInput> inputs)
    {
        var digests = new Dictionary<(string, string), string>();
        foreach (ReceiptInput input in inputs)
        {
            digests[(input.Path, input.Projection)] = input.Sha256;
        }

        return digests;
    }
}
