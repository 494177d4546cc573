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
        text.Append("### Dev container ").Append(MarkdownText.Code(receipt.Image.Name)).Append("\n\n");
        text.Append("| | |\n| --- | --- |\n");
        MarkdownText.Row(text, "Image", MarkdownText.Code(receipt.Image.Reference));
        MarkdownText.Row(text, "Tags", report.NotTagged is { } reason ? "none: " + MarkdownText.Plain(reason) : string.Join(", ", report.Tags.Select(MarkdownText.Code)));
        if (report.Others.Count > 0)
        {
            MarkdownText.Row(text, "Also in", string.Join(", ", report.Others.Select(MarkdownText.Code)));
        }

        MarkdownText.Row(text, "Source", MarkdownText.Plain(Source(report)));
        MarkdownText.Row(text, "Key", MarkdownText.Code(receipt.IndexKey));
        text.Append("\n| Platform | Digest | Size | Steps from cache | Packages |\n| --- | --- | ---: | ---: | ---: |\n");
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            BuildStep[] steps = [.. receipt.Steps.Where(step => step.Platform == platform.Platform)];
            MarkdownText.Row(
                text,
                MarkdownText.Plain(platform.Platform),
                MarkdownText.Code(platform.Digest),
                string.Create(CultureInfo.InvariantCulture, $"{platform.Size / Megabyte:0.0} MB"),
                string.Create(CultureInfo.InvariantCulture, $"{steps.Count(static step => step.Cached)} of {steps.Length}"),
                platform.Sbom is { } sbom ? sbom.PackageCount.ToString(CultureInfo.InvariantCulture) : string.Empty);
        }

        return text.Append('\n').ToString();
    }

    private static string Source(PublishReport report) => report.Source == "built"
        ? string.Create(CultureInfo.InvariantCulture, $"built in {report.Receipt.Seconds:0.0} s")
        : report.Source;
}
