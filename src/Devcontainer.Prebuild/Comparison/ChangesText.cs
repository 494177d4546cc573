using System.Globalization;
using System.Text;
using Devcontainer.Prebuild.CI;

namespace Devcontainer.Prebuild.Comparison;

/// <summary>What differs between two images, for people: lines for the console, and a page in Markdown.</summary>
internal static class ChangesText
{
    // More than this nobody reads in a log; changes.json has them all.
    private const int MaxPackages = 40;
    private const double Megabyte = 1_000_000;

    /// <summary>The lines for the console.</summary>
    internal static IEnumerable<string> Lines(ImageChanges changes)
    {
        yield return $"{changes.To.Reference} compared with {changes.From.Reference}: {Summary(changes)}.";
        ImageChange[] packages = [.. changes.Changes.Where(static change => change.Kind == ChangeKind.Package)];
        foreach (ImageChange change in packages.Take(MaxPackages))
        {
            yield return "  " + Line(change);
        }

        if (packages.Length > MaxPackages)
        {
            yield return $"  … and {packages.Length - MaxPackages} more packages.";
        }

        foreach (ImageChange change in changes.Changes.Where(static change => change.Kind != ChangeKind.Package))
        {
            yield return "  " + Line(change);
        }

        foreach (SizeChange size in changes.Sizes)
        {
            yield return $"  {size.Platform}: {Text(size)}";
        }

        foreach (NewLayer layer in changes.Layers)
        {
            yield return $"  new layer of {Size(layer.Layer.Size)} on {string.Join(", ", layer.Platforms)}: {layer.CreatedBy ?? layer.Layer.Digest.Value}";
        }

        if (changes.WithoutSbom.Count > 0)
        {
            yield return $"  Without an SBOM in both, the packages of {string.Join(", ", changes.WithoutSbom)} are not compared.";
        }
    }

    /// <summary>The page.</summary>
    internal static string Markdown(ImageChanges changes)
    {
        var text = new StringBuilder();
        text.Append("### Changes of the dev container\n\n");
        text.Append(MarkdownText.Code(changes.To.Reference)).Append(", compared with ").Append(MarkdownText.Code(changes.From.Reference));
        text.Append(": ").Append(Summary(changes)).Append(".\n\n");
        text.Append("| Platform | Before | Now |\n| --- | ---: | ---: |\n");
        foreach (SizeChange size in changes.Sizes)
        {
            MarkdownText.Row(text, MarkdownText.Plain(size.Platform), Optional(size.From), Optional(size.To));
        }

        Table(text, "Features", changes, ChangeKind.Feature);
        Table(text, "Base images", changes, ChangeKind.Base);
        Table(text, "Packages", changes, ChangeKind.Package);
        if (changes.Layers.Count > 0)
        {
            text.Append("\n#### New layers\n\n| Platforms | Size | Made by |\n| --- | ---: | --- |\n");
            foreach (NewLayer layer in changes.Layers)
            {
                MarkdownText.Row(
                    text,
                    MarkdownText.Plain(string.Join(", ", layer.Platforms)),
                    Size(layer.Layer.Size),
                    MarkdownText.Code(layer.CreatedBy ?? layer.Layer.Digest.Value));
            }
        }

        if (changes.WithoutSbom.Count > 0)
        {
            string platforms = MarkdownText.Plain(string.Join(", ", changes.WithoutSbom));
            text.Append(CultureInfo.InvariantCulture, $"\nWithout an SBOM in both, packages are not compared: {platforms}.\n");
        }

        return text.ToString();
    }

    private static void Table(StringBuilder text, string title, ImageChanges changes, ChangeKind kind)
    {
        ImageChange[] found = [.. changes.Changes.Where(change => change.Kind == kind)];
        if (found.Length == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\n#### {title}\n\n| | Before | Now | Platforms |\n| --- | --- | --- | --- |\n");
        foreach (ImageChange change in found)
        {
            MarkdownText.Row(
                text,
                MarkdownText.Code(Name(change)),
                MarkdownText.Plain(change.From ?? "none"),
                MarkdownText.Plain(change.To ?? "none"),
                MarkdownText.Plain(change.Platforms.Count == 0 ? "all" : string.Join(", ", change.Platforms)));
        }
    }

    private static string Summary(ImageChanges changes)
    {
        var parts = new List<string>();
        foreach ((ChangeKind kind, string one, string many) in new[]
        {
            (ChangeKind.Package, "package", "packages"), (ChangeKind.Feature, "Feature", "Features"), (ChangeKind.Base, "base image", "base images"),
        })
        {
            int count = changes.Changes.Where(change => change.Kind == kind).Select(static change => (change.Type, change.Name)).Distinct().Count();
            if (count > 0)
            {
                parts.Add($"{count} {(count == 1 ? one : many)}");
            }
        }

        return parts.Count == 0 ? "no package, Feature or base image differs" : string.Join(", ", parts) + " changed";
    }

    private static string Line(ImageChange change)
    {
        string where = change.Platforms.Count == 0 ? string.Empty : $" ({string.Join(", ", change.Platforms)})";
        string what = change.Kind switch { ChangeKind.Feature => "Feature ", ChangeKind.Base => "base image ", _ => string.Empty } + Name(change);
        string line = change.Change switch
        {
            "added" => $"+ {what} {change.To}{where}",
            "removed" => $"- {what} {change.From}{where}",
            _ => $"~ {what} {change.From} -> {change.To}{where}",
        };

        // Names are a registry's: none begins a line of its own, which some CI systems take for a command.
        return line.ReplaceLineEndings(" ");
    }

    private static string Name(ImageChange change) => change.Type.Length == 0 ? change.Name : $"{change.Type} {change.Name}";

    private static string Text(SizeChange size) => (size.From, size.To) switch
    {
        (null, { } to) => $"new, {Size(to)}",
        ({ } from, null) => $"gone, {Size(from)} before",
        ({ } from, { } to) when from == to => $"{Size(to)}, as before",
        ({ } from, { } to) => string.Create(CultureInfo.InvariantCulture, $"{Size(from)} -> {Size(to)} ({(to - from) / Megabyte:+0.0;-0.0} MB)"),
        _ => string.Empty,
    };

    private static string Optional(long? size) => size is { } bytes ? Size(bytes) : "none";

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / Megabyte:0.0} MB");
}
