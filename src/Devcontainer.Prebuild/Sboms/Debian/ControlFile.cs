using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Devcontainer.Prebuild.Sboms.Debian;

/// <summary>
/// Reads text in the format of Debian's control files (Debian policy, section 5.1, deb822(5)): paragraphs of fields, divided by empty lines.
/// </summary>
internal static class ControlFile
{
    /// <summary>Reads paragraphs. Bytes that are not UTF-8, as old maintainers' names have them, become U+FFFD.</summary>
    /// <param name="content">The file.</param>
    /// <param name="paragraphs">The paragraphs. A field's name counts in any case; its value keeps its line feeds, without the
    /// first blank of each continuation line.</param>
    /// <param name="reason">Why the file is not of the format.</param>
    internal static bool TryParse(
        ReadOnlySpan<byte> content,
        [NotNullWhen(true)] out IReadOnlyList<IReadOnlyDictionary<string, string>>? paragraphs,
        [NotNullWhen(false)] out string? reason)
    {
        var found = new List<IReadOnlyDictionary<string, string>>();
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var value = new StringBuilder();
        string? name = null;
        int number = 0;
        paragraphs = null;
        string text = Encoding.UTF8.GetString(content);
        foreach (ReadOnlySpan<char> line in new Lines(text.StartsWith('\uFEFF') ? text.AsSpan(1) : text))
        {
            number++;
            if (line.IsWhiteSpace())
            {
                EndField();
                EndParagraph();
                continue;
            }

            if (line[0] is ' ' or '\t')
            {
                if (name is null)
                {
                    reason = $"line {number} continues a field that there is none of";
                    return false;
                }

                value.Append('\n').Append(line[1..].TrimEnd());
                continue;
            }

            EndField();
            int colon = line.IndexOf(':');
            if (colon <= 0 || line[..colon].ContainsAnyExceptInRange('!', '~'))
            {
                reason = $"line {number} is neither a field nor the continuation of one";
                return false;
            }

            name = line[..colon].ToString();
            if (fields.ContainsKey(name))
            {
                reason = $"line {number} gives the field '{name}' a second time";
                return false;
            }

            value.Append(line[(colon + 1)..].Trim());
        }

        EndField();
        EndParagraph();
        paragraphs = found;
        reason = null;
        return true;

        void EndField()
        {
            if (name is not null)
            {
                fields[name] = value.ToString();
                value.Clear();
                name = null;
            }
        }

        void EndParagraph()
        {
            if (fields.Count > 0)
            {
                found.Add(fields);
                fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            }
        }
    }

    // Lines end at a line feed and nothing else: EnumerateLines would also end them at a form feed, which licence texts have.
    private ref struct Lines(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly Lines GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            int end = _rest.IndexOf('\n');
            Current = (end < 0 ? _rest : _rest[..end]).TrimEnd('\r');
            _rest = end < 0 ? [] : _rest[(end + 1)..];
            return true;
        }
    }
}
