using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>
/// Replaces variables in a text (Compose specification, "Interpolation"): <c>$NAME</c>, <c>${NAME}</c>, defaults, alternatives, required ones; <c>$$</c> is
/// <c>$</c>. No error says what the text is: it may be a line of a <c>.env</c> file.
/// </summary>
internal static class ComposeTemplate
{
    // Deeper than any default of a default.
    private const int MostNested = 32;

    /// <summary>Replaces the variables.</summary>
    /// <param name="text">The text.</param>
    /// <param name="find">The value of a name, null where it has none; the second argument says whether the text has something for that case.</param>
    /// <param name="invalid">Makes the error for what cannot be read.</param>
    internal static string Substitute(string text, Func<string, bool, string?> find, Func<string, DevcontainerException> invalid) => Substitute(text, find, invalid, 0);

    private static string Substitute(string text, Func<string, bool, string?> find, Func<string, DevcontainerException> invalid, int depth)
    {
        int dollar = text.IndexOf('$', StringComparison.Ordinal);
        if (dollar < 0)
        {
            return text;
        }

        if (depth > MostNested)
        {
            throw invalid("defaults are nested too deep");
        }

        var result = new StringBuilder();
        int copied = 0;
        while (dollar >= 0 && dollar + 1 < text.Length)
        {
            int end = dollar + 1;
            string? value;
            if (text[end] == '$')
            {
                (value, end) = ("$", end + 1);
            }
            else if (text[end] == '{')
            {
                int close = Closing(text, end);
                if (close < 0)
                {
                    throw invalid("'${' has no '}' behind it; where '$' is meant as it stands, write '$$'");
                }

                value = Braced(text[(end + 1)..close], find, invalid, depth);
                end = close + 1;
            }
            else
            {
                end = NameEnd(text, end);
                value = end == dollar + 1 ? "$" : find(text[(dollar + 1)..end], false) ?? "";
            }

            result.Append(text, copied, dollar - copied).Append(value);
            copied = end;
            dollar = text.IndexOf('$', end);
        }

        return result.Append(text, copied, text.Length - copied).ToString();
    }

    private static string Braced(string inside, Func<string, bool, string?> find, Func<string, DevcontainerException> invalid, int depth)
    {
        int end = NameEnd(inside, 0);
        string name = inside[..end];
        string rest = inside[end..];
        bool orEmpty = rest.StartsWith(':');
        char kind = rest.Length > (orEmpty ? 1 : 0) ? rest[orEmpty ? 1 : 0] : '\0';
        if (name.Length == 0 || (rest.Length > 0 && kind is not ('-' or '?' or '+')))
        {
            throw invalid($"'${{{JsonText.Escape(name)}' begins no variable: behind its name comes '}}', or :-, -, :+, +, :? or ? and a text; where '$' is meant as it stands, write '$$'");
        }

        string? value = find(name, rest.Length > 0);
        bool isMissing = value is null || (orEmpty && value.Length == 0);
        string Text() => Substitute(rest[(orEmpty ? 2 : 1)..], find, invalid, depth + 1);
        return kind switch
        {
            '\0' => value ?? "",
            '-' => isMissing ? Text() : value!,
            '+' => isMissing ? value ?? "" : Text(),
            _ => isMissing ? throw invalid($"the variable '{name}' is required and has no value{(Text() is { Length: > 0 } reason ? $": {JsonText.Escape(reason)}" : "")}") : value!,
        };
    }

    private static int NameEnd(string text, int from)
    {
        int end = from;
        while (end < text.Length && (char.IsAsciiLetter(text[end]) || text[end] == '_' || (end > from && char.IsAsciiDigit(text[end]))))
        {
            end++;
        }

        return end;
    }

    // Of the brace at a place; braces inside go in pairs.
    private static int Closing(string text, int open)
    {
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return i;
            }
        }

        return -1;
    }
}
