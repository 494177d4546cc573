using System.Globalization;
using System.Text;

namespace Devcontainer.Prebuild.Workflows;

/// <summary>Writes texts that people chose into a workflow so that they stay what they are: for YAML, for expressions, for path filters.</summary>
internal static class WorkflowText
{
    // What a path filter takes for more than itself, and what begins an expression. Braces and parentheses to be safe.
    private const string FilterCharacters = "*?+[]!\\{}()|^$";

    /// <summary>
    /// A double-quoted YAML scalar (YAML 1.2.2, 7.3.1), on one line, for a place where expressions count: a text that has <c>${{</c> is an
    /// expression whose value it is (actions/runner, <c>TemplateReader.ParseScalar</c>), so nothing in it is evaluated.
    /// </summary>
    internal static string Value(string text) =>
        Quote(text.Contains("${{", StringComparison.Ordinal) ? $"${{{{ '{text.Replace("'", "''", StringComparison.Ordinal)}' }}}}" : text);

    /// <summary>A double-quoted YAML scalar, on one line.</summary>
    internal static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' or '\\' => quoted.Append('\\').Append(rune),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),

                // Controls, other line breaks, the byte order mark, and characters that turn the direction of what follows.
                < 0x20 or (>= 0x7F and < 0xA0) or (>= 0x200E and <= 0x200F) or (>= 0x2028 and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0xFEFF =>
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(rune),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>
    /// A path as a filter that matches it. What a filter would read as more than itself becomes <c>*</c>: the filter may match another path too,
    /// and never misses this one.
    /// </summary>
    internal static string Filter(string path)
    {
        var filter = new StringBuilder(path.Length);
        foreach (char c in path)
        {
            if (!char.IsControl(c) && !FilterCharacters.Contains(c, StringComparison.Ordinal))
            {
                filter.Append(c);
            }
            else if (filter.Length == 0 || filter[^1] != '*')
            {
                filter.Append('*');
            }
        }

        return filter.ToString();
    }

    /// <summary>A name for where people read it, and where nothing but letters and digits may have a meaning.</summary>
    internal static string Plain(string name)
    {
        var plain = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            {
                plain.Append(c);
            }
            else if (plain.Length > 0 && plain[^1] != '-')
            {
                plain.Append('-');
            }
        }

        string trimmed = plain.ToString().Trim('-', '.');
        return trimmed.Length > 0 ? trimmed : "devcontainer";
    }
}
