using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Explain;

/// <summary>An explanation for people.</summary>
internal static class ExplanationText
{
    // More than this nobody reads in a log; explain.json has them all.
    private const int MostOnConsole = 40;

    // What one line of a build log may tell.
    private const int MostInSummary = 3;

    /// <summary>The one line of a prebuild that builds: which image is out of date, and the first of what changed; null where no input did.</summary>
    internal static string? Summary(EarlierImage earlier, IReadOnlyList<InputChange> changes) => changes.Count == 0
        ? null
        : $"The image{(earlier.Tag is { } tag ? $" of the tag {tag}" : string.Empty)} is out of date: {First(changes)}.";

    private static string First(IReadOnlyList<InputChange> changes)
    {
        // One file may be in the keys of several tiers.
        string[] texts = [.. changes.Select(static change => change.Text).Distinct(StringComparer.Ordinal)];
        string first = string.Join("; ", texts.Take(MostInSummary));
        return texts.Length <= MostInSummary ? first : $"{first}; and {texts.Length - MostInSummary} more, told by -t:ExplainDevcontainer";
    }

    /// <summary>The lines for the console.</summary>
    internal static IEnumerable<string> Lines(Explanation explanation)
    {
        yield return Against(explanation);
        foreach (InputChange change in explanation.Changes.Take(MostOnConsole))
        {
            string mark = change.Change switch { "added" => "+", "removed" => "-", _ => "~" };
            yield return $"  {mark} {change.Text} [{change.Tier}]";
        }

        if (explanation.Changes.Count > MostOnConsole)
        {
            yield return $"  … and {explanation.Changes.Count - MostOnConsole} more.";
        }

        yield return VerdictOf(explanation);
    }

    /// <summary>What will happen, in a sentence or two.</summary>
    internal static string VerdictOf(Explanation explanation) => explanation.Verdict switch
    {
        Verdict.Nothing => "Nothing to do: the image is here.",
        Verdict.Renew when explanation.Tiers.Count > 0 =>
            "No build and no engine: only declared inputs changed, so the same image gets a new key.",
        Verdict.Renew => "No build and no engine: every platform's image is here; only its index, names or SBOMs are written anew.",
        Verdict.Fetch => $"No build and no engine: {Of(explanation, "registry")} from the registry{Others(explanation)}.",
        Verdict.Append when explanation.Tiers.Contains("toolchain") =>
            $"No build and no engine: the .NET SDK{(explanation.Tiers.Contains("packages") ? " and packages that differ are" : " is")} put on the environment image of {Of(explanation, "appended")}{Others(explanation)}.",
        Verdict.Append => $"No build and no engine: packages are restored, and where they differ put on the environment image of {Of(explanation, "appended")}{Others(explanation)}.",
        Verdict.Build => $"A build of {Of(explanation, "built")}, with an engine{Others(explanation)}.",
        _ when explanation.LockedMode =>
            $"No pin for {string.Join(", ", explanation.Unpinned)}: in locked mode a prebuild fails (DEVC3060). -t:ResolveDevcontainer without it writes the pin.",
        _ => $"No pin for {string.Join(", ", explanation.Unpinned)}: a prebuild writes it first, and only then is there a key. Nothing is written now.",
    };

    private static string Against(Explanation explanation)
    {
        if (explanation.Earlier is not { } earlier)
        {
            return "No earlier image is known to compare with.";
        }

        Receipt receipt = earlier.Receipt;
        string where = earlier.Tag is { } tag ? $"the tag {tag} in the registry" : "the output folder";
        string what = explanation.Changes.Count switch
        {
            0 when receipt.IndexKey == explanation.Key => "no input changed",
            0 when InputComparison.IsWithoutSettings(receipt.Inputs) => "what changed is nothing that its receipt has; it is of an older version of this SDK",
            0 => "no input changed that its receipt has",
            1 => "1 input changed",
            { } count => $"{count} inputs changed",
        };
        return $"Compared with {receipt.Image.Reference} ({where}, built {receipt.Built:yyyy-MM-dd HH:mm} UTC): {what}.";
    }

    private static string Others(Explanation explanation)
    {
        string main = explanation.Verdict switch { Verdict.Build => "built", Verdict.Append => "appended", _ => "registry" };
        string others = string.Join(", ", explanation.Platforms
            .Where(platform => platform.Source != main)
            .Select(static platform => platform.Source switch
            {
                "local" => $"{platform.Platform} is here",
                "appended" => $"packages are put on the environment image of {platform.Platform}",
                _ => $"{platform.Platform} is in the registry",
            }));
        return others.Length == 0 ? string.Empty : $"; {others}";
    }

    private static string Of(Explanation explanation, string source) =>
        string.Join(" and ", explanation.Platforms.Where(platform => platform.Source == source).Select(static platform => platform.Platform));
}
