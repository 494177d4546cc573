using System.Globalization;
using System.Text;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.CI;

/// <summary>The page that a CI system shows for a publish, in Markdown.</summary>
internal static class StepSummary
{
    private const double Megabyte = 1_000_000;

    /// <summary>Writes it.</summary>
    internal static string Write(PublishReport report)
    {
        Receipt receipt = report.Receipt;
        var text = new StringBuilder();
        text.Append("### Dev container ").Append(Code(receipt.Image.Name)).Append("\n\n");
        text.Append("| | |\n| --- | --- |\n");
        Row(text, "Image", Code(receipt.Image.Reference));
        Row(text, "Tags", report.NotTagged is { } reason ? "none: " + Plain(reason) : string.Join(", ", report.Tags.Select(Code)));
        if (report.Others.Count > 0)
        {
            Row(text, "Also in", string.Join(", ", report.Others.Select(Code)));
        }

        Row(text, "Source", Plain(Source(report)));
        Row(text, "Key", Code(receipt.IndexKey));
        text.Append("\n| Platform | Digest | Size | Steps from cache | Packages |\n| --- | --- | ---: | ---: | ---: |\n");
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            BuildStep[] steps = [.. receipt.Steps.Where(step => step.Platform == platform.Platform)];
            Row(
                text,
                Plain(platform.Platform),
                Code(platform.Digest),
                string.Create(CultureInfo.InvariantCulture, $"{platform.Size / Megabyte:0.0} MB"),
                string.Create(CultureInfo.InvariantCulture, $"{steps.Count(static step => step.Cached)} of {steps.Length}"),
                platform.Sbom is { } sbom ? sbom.PackageCount.ToString(CultureInfo.InvariantCulture) : string.Empty);
        }

        return text.Append('\n').ToString();
    }

    private static string Source(PublishReport report) => report.Source == "built"
        ? string.Create(CultureInfo.InvariantCulture, $"built in {report.Receipt.Seconds:0.0} s")
        : report.Source;

    private static void Row(StringBuilder text, params ReadOnlySpan<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    // Names are checked before they come here; what is no name is shown as text all the same, never as Markdown or HTML.
    private static string Code(string text) => $"<code>{Plain(text)}</code>";

    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = Rune.IsLetterOrDigit(rune) || rune.Value is ' ' or '/' or '.' or '-' or ':' or '@' or ','
                ? plain.Append(rune)
                : plain.Append(CultureInfo.InvariantCulture, $"&#{rune.Value};");
        }

        return plain.ToString();
    }
}
