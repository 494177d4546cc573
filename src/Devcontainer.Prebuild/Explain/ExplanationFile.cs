using System.Text.Json;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Explain;

/// <summary>Writes <c>explain.json</c>; docs/files.md describes it field by field.</summary>
internal static class ExplanationFile
{
    /// <summary>The file's name.</summary>
    internal const string FileName = "explain.json";

    private const int Schema = 1;

    /// <summary>The file's bytes.</summary>
    internal static byte[] Serialize(Explanation explanation) => JsonLayout.Document(writer =>
    {
        writer.WriteNumber("schema", Schema);
        writer.WriteString("key", explanation.Key);
        WriteEarlier(writer, explanation.Earlier);
        JsonLayout.WriteList(writer, "changes", explanation.Changes, static (w, change) =>
        {
            w.WriteString("name", change.Name);
            w.WriteString("tier", change.Tier);
            w.WriteString("change", change.Change);
            w.WriteString("from", change.From);
            w.WriteString("to", change.To);
            w.WriteString("text", change.Text);
        });
        JsonLayout.WriteTexts(writer, "tiers", explanation.Tiers);
        JsonLayout.WriteTexts(writer, "unpinned", explanation.Unpinned);
        writer.WriteString("verdict", Name(explanation.Verdict));
        writer.WriteString("text", ExplanationText.VerdictOf(explanation));
        JsonLayout.WriteList(writer, "platforms", explanation.Platforms, static (w, platform) =>
        {
            w.WriteString("platform", platform.Platform);
            w.WriteString("source", platform.Source);
        });
    });

    private static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Nothing => "nothing",
        Verdict.Renew => "renew",
        Verdict.Fetch => "fetch",
        Verdict.Append => "append",
        Verdict.Build => "build",
        _ => "pin",
    };

    private static void WriteEarlier(Utf8JsonWriter writer, EarlierImage? earlier)
    {
        if (earlier is null)
        {
            writer.WriteNull("earlier");
            return;
        }

        Receipt receipt = earlier.Receipt;
        writer.WriteStartObject("earlier");
        writer.WriteString("reference", receipt.Image.Reference);
        writer.WriteString("key", receipt.IndexKey);
        writer.WriteString("built", receipt.Built);
        writer.WriteString("tag", earlier.Tag);
        writer.WriteEndObject();
    }
}
