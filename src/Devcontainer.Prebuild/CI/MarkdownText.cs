using System.Globalization;
using System.Text;

namespace Devcontainer.Prebuild.CI;

/// <summary>Text in a page of Markdown. What comes from elsewhere is shown as it is, never as Markdown or HTML.</summary>
internal static class MarkdownText
{
    /// <summary>A row of a table.</summary>
    internal static void Row(StringBuilder text, params ReadOnlySpan<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    /// <summary>A text as code.</summary>
    internal static string Code(string text) => $"<code>{Plain(text)}</code>";

    /// <summary>A text as it is.</summary>
    internal static string Plain(string text)
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
