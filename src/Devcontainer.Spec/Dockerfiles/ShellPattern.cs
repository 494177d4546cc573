using System.Text;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>
/// The wildcards of <c>${x#p}</c>, <c>${x%p}</c> and <c>${x/p/r}</c>: <c>*</c> and <c>?</c>, escaped by a backslash; no bracket expressions
/// (moby/buildkit <c>frontend/dockerfile/shell/lex.go</c>, convertShellPatternToRegex). Wildcards do not match a line end.
/// </summary>
internal readonly struct ShellPattern
{
    private const char Any = '\uFFFE';
    private const char Star = '\uFFFF';
    private readonly string tokens;

    private ShellPattern(string tokens) => this.tokens = tokens;

    public static ShellPattern Parse(ReadOnlySpan<char> pattern)
    {
        var tokens = new StringBuilder(pattern.Length);
        for (int i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*':
                    tokens.Append(Star);
                    break;
                case '?':
                    tokens.Append(Any);
                    break;
                case '\\' when i + 1 < pattern.Length && pattern[i + 1] is '}' or '/' or '*' or '?' or '\\':
                    tokens.Append(pattern[++i]);
                    break;
                case '\\':
                    throw new ExpansionException($"invalid escape in the pattern '{pattern}'");
                default:
                    tokens.Append(pattern[i]);
                    break;
            }
        }

        return new ShellPattern(tokens.ToString());
    }

    /// <summary>Drops the shortest or longest beginning that matches.</summary>
    public string TrimPrefix(string value, bool longest)
    {
        int end = Match(tokens, value, 0, longest);
        return end < 0 ? value : value[end..];
    }

    /// <summary>Drops the shortest or longest end that matches.</summary>
    public string TrimSuffix(string value, bool longest)
    {
        string reversed = Reverse(value);
        int end = Match(Reverse(tokens), reversed, 0, longest);
        return end < 0 ? value : value[..^end];
    }

    /// <summary>Replaces the first match, or all of them; wildcards take as much as they can.</summary>
    public string Replace(string value, string replacement, bool all)
    {
        var result = new StringBuilder();
        int copied = 0;
        for (int start = 0; start <= value.Length; start++)
        {
            int end = Match(tokens, value, start, longest: true);
            if (end < 0)
            {
                continue;
            }

            // Nothing at the end of the last match is not another match.
            if (end == start && start == copied && start > 0)
            {
                continue;
            }

            result.Append(value, copied, start - copied).Append(replacement);
            copied = end;
            if (!all)
            {
                break;
            }

            start = Math.Max(start, end - 1);
        }

        return result.Append(value, copied, value.Length - copied).ToString();
    }

    /// <summary>The end of the match that begins at <paramref name="start"/>, or -1.</summary>
    private static int Match(ReadOnlySpan<char> tokens, string value, int start, bool longest)
    {
        if (tokens.IsEmpty)
        {
            return start;
        }

        if (tokens[0] == Star)
        {
            int most = value.AsSpan(start).IndexOf('\n');
            most = most < 0 ? value.Length : start + most;
            for (int i = 0; i <= most - start; i++)
            {
                int end = Match(tokens[1..], value, longest ? most - i : start + i, longest);
                if (end >= 0)
                {
                    return end;
                }
            }

            return -1;
        }

        bool matches = start < value.Length && (tokens[0] == Any ? value[start] != '\n' : value[start] == tokens[0]);
        return matches ? Match(tokens[1..], value, start + 1, longest) : -1;
    }

    private static string Reverse(string value) =>
        string.Create(value.Length, value, static (target, source) =>
        {
            source.CopyTo(target);
            target.Reverse();
        });
}
