using System.Text;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>
/// A <c>.env</c> file (Compose, "Syntax for environment files in Docker Compose"): names and values, quoted or not, that may use the names before them. Which of
/// them are looked up decides which are expanded.
/// </summary>
internal sealed partial class EnvironmentFile
{
    private readonly string _file;
    private readonly List<Entry> _entries = [];

    private EnvironmentFile(string file) => _file = file;

    /// <summary>Reads a file.</summary>
    /// <param name="file">Absolute path.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="DevcontainerException">DEVC1011: a line cannot be read. DEVC1003, DEVC1004: the file cannot.</exception>
    internal static EnvironmentFile? Load(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        byte[] bytes = JsonParser.Read(file, JsonLimits.Default);
        var result = new EnvironmentFile(file);
        result.Read(Encoding.UTF8.GetString(bytes.AsSpan(JsonParser.StartOf(bytes))));
        return result;
    }

    /// <summary>Absolute path of the file.</summary>
    internal string Path => _file;

    /// <summary>The value of a name; null where the file has none.</summary>
    /// <param name="name">The name.</param>
    /// <param name="decide">Decides what a variable in a value stands for.</param>
    internal string? Find(string name, Decide decide) => Find(name, _entries.Count, decide);

    private string? Find(string name, int before, Decide decide)
    {
        for (int i = before - 1; i >= 0; i--)
        {
            Entry entry = _entries[i];
            if (entry.Name == name)
            {
                var location = new SourceLocation(_file, entry.Line);
                return entry.Text is null ? decide(name, true, null, location)
                    : !entry.IsExpanded ? entry.Text
                    : ComposeTemplate.Substitute(
                        entry.Text, (inner, isOptional) => decide(inner, isOptional, Find(inner, i, decide), location), reason => Invalid(entry.Line, reason));
            }
        }

        return null;
    }

    private void Read(string text)
    {
        int line = 1;
        int at = 0;
        while (true)
        {
            for (; at < text.Length && char.IsWhiteSpace(text[at]); at++)
            {
                line += text[at] == '\n' ? 1 : 0;
            }

            if (at == text.Length)
            {
                return;
            }

            if (text[at] == '#')
            {
                int end = text.IndexOf('\n', at);
                at = end < 0 ? text.Length : end;
                continue;
            }

            Match head = Head().Match(text, at);
            if (!head.Success)
            {
                throw Invalid(line, "a name of letters, digits, '_', '.' and '-', and '=' behind it, is expected");
            }

            at = head.Index + head.Length;
            string name = head.Groups["name"].Value;
            if (!head.Groups["assigned"].Success)
            {
                _entries.Add(new Entry(name, null, false, line));
                continue;
            }

            if (at < text.Length && text[at] is '"' or '\'')
            {
                int started = line;
                string value = Quoted(text, ref at, ref line);
                _entries.Add(new Entry(name, value, text[at - 1] == '"', started));
                continue;
            }

            int next = text.IndexOf('\n', at);
            string rest = next < 0 ? text[at..] : text[at..next];
            int comment = rest.IndexOf(" #", StringComparison.Ordinal);
            _entries.Add(new Entry(name, (comment < 0 ? rest : rest[..comment]).TrimEnd(), true, line));
            at = next < 0 ? text.Length : next;
        }
    }

    // In double quotes the escapes of a shell; in single quotes only the quote itself.
    private string Quoted(string text, ref int at, ref int line)
    {
        char quote = text[at];
        int started = line;
        var value = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            char c = text[at];
            if (c == quote)
            {
                at++;
                return value.ToString();
            }

            if (c == '\\' && at + 1 < text.Length && (quote == '"' || text[at + 1] == quote))
            {
                char escaped = text[++at];
                value.Append(escaped switch
                {
                    'n' => "\n",
                    'r' => "\r",
                    't' => "\t",
                    'a' => "\a",
                    'b' => "\b",
                    'f' => "\f",
                    'v' => "\v",
                    '$' => "$$",
                    '"' or '\\' or '\'' => escaped.ToString(),
                    _ => $"\\{escaped}",
                });
                continue;
            }

            line += c == '\n' ? 1 : 0;
            value.Append(c);
        }

        throw Invalid(started, "the quotes are not closed");
    }

    private DevcontainerException Invalid(int line, string reason) => new(Codes.ComposeInvalid, new SourceLocation(_file, line), $"'{_file}'", reason);

    // As Compose reads names: `export` before them, and YAML's colon for '='.
    [GeneratedRegex(@"\G(?:export[ \t]+)?(?<name>[\p{L}\p{N}_.\-\[\]]+)[ \t]*(?:(?<assigned>[=:])[ \t\r]*|\r?(?=\n|\z))")]
    private static partial Regex Head();

    /// <summary>Decides what a variable stands for.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="isOptional">Whether nothing is needed.</param>
    /// <param name="own">What the file itself has for it.</param>
    /// <param name="location">Where it is written.</param>
    internal delegate string? Decide(string name, bool isOptional, string? own, SourceLocation location);

    /// <summary>A line.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Text">Its value, not expanded; null for what the environment has.</param>
    /// <param name="IsExpanded">Whether variables in it are replaced.</param>
    /// <param name="Line">Where it is, from 1.</param>
    private sealed record Entry(string Name, string? Text, bool IsExpanded, int Line);
}
