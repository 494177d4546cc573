using System.Text;

namespace Devcontainer.Prebuild.Sboms.Debian;

/// <summary>
/// Reads the licences of a package out of its copyright file, where that is machine-readable
/// (www.debian.org/doc/packaging-manuals/copyright-format/1.0/, once DEP-5). Others are prose, which nothing is guessed from.
/// </summary>
internal static class CopyrightFile
{
    /// <summary>What the package as a whole is under: all licences of its files together.</summary>
    /// <returns>Null where the file is not machine-readable, or names no licence.</returns>
    internal static License? Read(ReadOnlySpan<byte> content)
    {
        if (!ControlFile.TryParse(content, out IReadOnlyList<IReadOnlyDictionary<string, string>>? paragraphs, out _)
            || paragraphs.Count == 0 || !IsFormat(paragraphs[0]))
        {
            return null;
        }

        var synopses = new List<string>();
        var texts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < paragraphs.Count; i++)
        {
            if (!paragraphs[i].TryGetValue("License", out string? license))
            {
                continue;
            }

            int line = license.IndexOf('\n', StringComparison.Ordinal);
            string synopsis = (line < 0 ? license : license[..line]).Trim();
            synopsis = synopsis.Length == 0 ? "unnamed" : synopsis;
            if (line >= 0)
            {
                texts.TryAdd(synopsis, Unfold(license[(line + 1)..]));
            }

            // The header's is the whole's; one without files only gives the text of a licence that others name.
            if (i == 0 || paragraphs[i].ContainsKey("Files"))
            {
                synopses.Add(synopsis);
            }
        }

        return synopses.Count == 0 ? null : DebianLicenses.Combine(synopses, texts);
    }

    private static bool IsFormat(IReadOnlyDictionary<string, string> header)
    {
        string format = header.GetValueOrDefault("Format") ?? header.GetValueOrDefault("Format-Specification") ?? "";
        return format.Contains("copyright-format", StringComparison.OrdinalIgnoreCase) || format.Contains("dep5", StringComparison.OrdinalIgnoreCase);
    }

    // A line with nothing but a dot stands for an empty one.
    private static string Unfold(string text)
    {
        var lines = new StringBuilder(text.Length);
        foreach (string line in text.Split('\n'))
        {
            lines.Append(line == "." ? "" : line).Append('\n');
        }

        return lines.ToString().Trim('\n');
    }
}
