using System.Text;

namespace Devcontainer.Spec.Contexts;

/// <summary>
/// One pattern of a .dockerignore or an <c>--exclude</c>, matched against paths with <c>/</c>
/// (moby/patternmatcher: a pattern there becomes a regular expression; here it is walked, which starts faster and means the same).
/// </summary>
internal sealed class IgnorePattern
{
    private readonly Token[] tokens;
    private readonly int wildcards;
    private readonly string beginning;
    private readonly string end;

    /// <summary>Compiles a pattern that <see cref="GoPath.IsValidPattern"/> accepts.</summary>
    /// <param name="pattern">Clean, without the <c>!</c>.</param>
    /// <param name="isException">Whether a <c>!</c> stood before it: what matches is taken back in.</param>
    public IgnorePattern(string pattern, bool isException)
    {
        Text = pattern;
        IsException = isException;
        tokens = Compile(pattern);
        foreach (Token token in tokens)
        {
            wildcards += token.Kind is TokenKind.Star or TokenKind.Folders or TokenKind.Anything ? 1 : 0;
        }

        int first = 0;
        while (first < tokens.Length && tokens[first].Kind == TokenKind.Literal)
        {
            first++;
        }

        int last = tokens.Length;
        while (last > 0 && tokens[last - 1].Kind == TokenKind.Literal)
        {
            last--;
        }

        beginning = Literals(tokens.AsSpan(0, first));
        end = Literals(tokens.AsSpan(last));
    }

    private enum TokenKind
    {
        /// <summary>The character itself.</summary>
        Literal,

        /// <summary><c>?</c>: one character, no slash.</summary>
        One,

        /// <summary><c>*</c>: any characters, no slash.</summary>
        Star,

        /// <summary><c>**</c> or <c>**/</c> before something: any folders, or none.</summary>
        Folders,

        /// <summary><c>**</c> first or last: anything.</summary>
        Anything,

        /// <summary><c>[…]</c>.</summary>
        Class,

        /// <summary><c>^</c>, which only matches the beginning.</summary>
        Beginning,
    }

    /// <summary>The pattern, clean, without the <c>!</c>.</summary>
    public string Text { get; }

    /// <summary>Whether what matches is taken back in.</summary>
    public bool IsException { get; }

    /// <summary>
    /// What any path must begin with to match or to hold something that matches; null where a wildcard stands too early to say.
    /// </summary>
    public string? FixedPrefix
    {
        get
        {
            ReadOnlySpan<char> text = Text;
            text = text.EndsWith("/**", StringComparison.Ordinal) ? text[..^3] : text;
            text = text.EndsWith("/*", StringComparison.Ordinal) ? text[..^2] : text;
            return text.IndexOfAny("*[]?") < 0 && text.IndexOfAny('^', '\\') < 0 ? text.ToString() : null;
        }
    }

    /// <summary>Whether the whole <paramref name="path"/> matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> path)
    {
        // Most paths end otherwise than **/bin or **/*.log does, and nothing more need be tried.
        if (!path.StartsWith(beginning, StringComparison.Ordinal) || !path.EndsWith(end, StringComparison.Ordinal))
        {
            return false;
        }

        // With one wildcard nothing is tried twice; with more, what failed once is remembered, or the time would double with each.
        int size = wildcards < 2 ? 0 : tokens.Length * (path.Length + 1);
        Span<bool> failed = size <= 1024 ? stackalloc bool[size] : new bool[size];
        failed.Clear();
        return IsMatch(0, path, 0, failed);
    }

    private bool IsMatch(int t, ReadOnlySpan<char> path, int p, Span<bool> failed)
    {
        int place = (t * (path.Length + 1)) + p;
        if (failed.IsEmpty || t == tokens.Length)
        {
            return Matches(t, path, p, failed);
        }

        if (failed[place])
        {
            return false;
        }

        bool matches = Matches(t, path, p, failed);
        failed[place] = !matches;
        return matches;
    }

    private bool Matches(int t, ReadOnlySpan<char> path, int p, Span<bool> failed)
    {
        for (; t < tokens.Length; t++)
        {
            Token token = tokens[t];
            switch (token.Kind)
            {
                case TokenKind.Anything when t == tokens.Length - 1:
                    return !path[p..].Contains('\n');
                case TokenKind.Star:
                    while (true)
                    {
                        if (IsMatch(t + 1, path, p, failed))
                        {
                            return true;
                        }

                        if (p == path.Length || path[p] == '/')
                        {
                            return false;
                        }

                        p++;
                    }

                case TokenKind.Anything:
                    for (; p <= path.Length; p++)
                    {
                        if (IsMatch(t + 1, path, p, failed))
                        {
                            return true;
                        }
                    }

                    return false;
                case TokenKind.Folders:
                    if (IsMatch(t + 1, path, p, failed))
                    {
                        return true;
                    }

                    for (; p < path.Length && path[p] != '\n'; p++)
                    {
                        if (path[p] == '/' && IsMatch(t + 1, path, p + 1, failed))
                        {
                            return true;
                        }
                    }

                    return false;
                case TokenKind.Beginning:
                    if (p != 0)
                    {
                        return false;
                    }

                    break;
                default:
                    if (p == path.Length || !token.Matches(path[p]))
                    {
                        return false;
                    }

                    p++;
                    break;
            }
        }

        return p == path.Length;
    }

    private static string Literals(ReadOnlySpan<Token> literals)
    {
        var text = new StringBuilder(literals.Length);
        foreach (Token token in literals)
        {
            text.Append(token.Character);
        }

        return text.ToString();
    }

    private static Token[] Compile(string pattern)
    {
        var tokens = new List<Token>(pattern.Length);
        for (int i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    bool first = i == 0;
                    i++;
                    bool slash = i + 1 < pattern.Length && pattern[i + 1] == '/';
                    i += slash ? 1 : 0;

                    // A leading ** before plain text is a test of the path's end, whatever stands before it.
                    bool suffix = first && !slash && pattern.AsSpan(i + 1).IndexOfAny("*?[]\\") < 0;
                    tokens.Add(new Token(i + 1 == pattern.Length || suffix ? TokenKind.Anything : TokenKind.Folders));
                    break;
                case '*':
                    tokens.Add(new Token(TokenKind.Star));
                    break;
                case '?':
                    tokens.Add(new Token(TokenKind.One));
                    break;
                case '[':
                    int end = ClassEnd(pattern, i);
                    tokens.Add(new Token(TokenKind.Class, set: pattern[(i + 1)..end]));
                    i = end;
                    break;
                case '^' when pattern.AsSpan().IndexOfAny("*?[]\\") >= 0:
                    tokens.Add(new Token(TokenKind.Beginning));
                    break;
                case '\\' when i + 1 < pattern.Length:
                    tokens.Add(new Token(TokenKind.Literal, pattern[++i]));
                    break;
                default:
                    tokens.Add(new Token(TokenKind.Literal, pattern[i]));
                    break;
            }
        }

        return [.. tokens];
    }

    /// <summary>The index of the bracket that closes the class; the pattern has been checked to have one.</summary>
    private static int ClassEnd(string pattern, int start)
    {
        int i = start + 1;
        if (i < pattern.Length && pattern[i] == '^')
        {
            i++;
        }

        for (; i < pattern.Length - 1 && pattern[i] != ']'; i++)
        {
            if (pattern[i] == '\\')
            {
                i++;
            }
        }

        return i;
    }

    /// <summary>A part of the pattern. A class: lists of structs are compiled anew at every start.</summary>
    private sealed class Token(TokenKind kind, char literal = '\0', string? set = null)
    {
        public TokenKind Kind { get; } = kind;

        public char Character { get; } = literal;

        public bool Matches(char c) => Kind switch
        {
            TokenKind.Literal => c == Character,
            TokenKind.One => c != '/',
            _ => GoPath.ClassContains(set!, c),
        };
    }
}
