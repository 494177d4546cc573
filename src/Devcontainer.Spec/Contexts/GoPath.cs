using System.Text;

namespace Devcontainer.Spec.Contexts;

/// <summary>What Go's path/filepath does with slashes and patterns, because BuildKit's rules are written in its terms.</summary>
internal static class GoPath
{
    /// <summary>Go's <c>filepath.Clean</c>: no empty, <c>.</c> or resolvable <c>..</c> element; <c>.</c> where nothing is left.</summary>
    public static string Clean(ReadOnlySpan<char> path)
    {
        if (IsClean(path))
        {
            return path.ToString();
        }

        bool rooted = path.StartsWith('/');
        var elements = new List<Range>();
        int up = 0;
        foreach (Range range in path.Split('/'))
        {
            switch (path[range])
            {
                case "" or ".":
                    break;
                case ".." when elements.Count > up:
                    elements.RemoveAt(elements.Count - 1);
                    break;
                case ".." when rooted:
                    break;
                case "..":
                    elements.Add(range);
                    up++;
                    break;
                default:
                    elements.Add(range);
                    break;
            }
        }

        var clean = new StringBuilder(path.Length);
        foreach (Range range in elements)
        {
            if (rooted || clean.Length > 0)
            {
                clean.Append('/');
            }

            clean.Append(path[range]);
        }

        return clean.Length > 0 ? clean.ToString() : rooted ? "/" : ".";
    }

    /// <summary>Whether there is nothing to do, as there mostly is.</summary>
    private static bool IsClean(ReadOnlySpan<char> path)
    {
        ReadOnlySpan<char> rest = path.StartsWith('/') ? path[1..] : path;
        while (true)
        {
            int slash = rest.IndexOf('/');
            if ((slash < 0 ? rest : rest[..slash]) is "" or "." or "..")
            {
                return false;
            }

            if (slash < 0)
            {
                return true;
            }

            rest = rest[(slash + 1)..];
        }
    }

    /// <summary>Whether Go's <c>filepath.Match</c> finds no fault in the pattern.</summary>
    public static bool IsValidPattern(ReadOnlySpan<char> pattern)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\')
            {
                if (++i == pattern.Length)
                {
                    return false;
                }
            }
            else if (pattern[i] == '[' && !SkipClass(pattern, ref i))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Go's <c>filepath.Match</c>: no wildcard matches a slash. The pattern must be valid.</summary>
    public static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        // Where the last star stands, and how far it reaches by now; an earlier star need never be tried again.
        int star = -1;
        int reach = 0;
        int p = 0;
        int n = 0;
        while (true)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                reach = n;
            }
            else if (p == pattern.Length && n == name.Length)
            {
                return true;
            }
            else if (n < name.Length && p < pattern.Length && MatchesOne(pattern, ref p, name[n]))
            {
                n++;
            }
            else if (star >= 0 && reach < name.Length && name[reach] != '/')
            {
                p = star + 1;
                n = ++reach;
            }
            else
            {
                return false;
            }
        }
    }

    /// <summary>Whether what stands at <paramref name="p"/> matches a character; moves on if so.</summary>
    private static bool MatchesOne(ReadOnlySpan<char> pattern, ref int p, char c)
    {
        int next = p + 1;
        bool matches;
        switch (pattern[p])
        {
            case '?':
                matches = c != '/';
                break;
            case '[':
                int end = p;
                SkipClass(pattern, ref end);
                matches = c != '/' && ClassContains(pattern[(p + 1)..end], c);
                next = end + 1;
                break;
            case '\\':
                matches = pattern[p + 1] == c;
                next = p + 2;
                break;
            default:
                matches = pattern[p] == c;
                break;
        }

        p = matches ? next : p;
        return matches;
    }

    /// <summary>Whether an element of a path has a wildcard.</summary>
    public static bool HasWildcard(ReadOnlySpan<char> element)
    {
        for (int i = 0; i < element.Length; i++)
        {
            if (element[i] is '*' or '?' or '[')
            {
                return true;
            }

            i += element[i] == '\\' ? 1 : 0;
        }

        return false;
    }

    /// <summary>Whether the inside of a <c>[…]</c> class, <c>^</c> included, has <paramref name="c"/>.</summary>
    public static bool ClassContains(ReadOnlySpan<char> set, char c)
    {
        bool negated = set.StartsWith('^');
        set = negated ? set[1..] : set;
        bool found = false;
        while (!set.IsEmpty)
        {
            char low = ClassCharacter(ref set);
            char high = low;
            if (set.Length > 1 && set[0] == '-')
            {
                set = set[1..];
                high = ClassCharacter(ref set);
            }

            found |= low <= c && c <= high;
        }

        return found != negated;
    }

    private static char ClassCharacter(ref ReadOnlySpan<char> set)
    {
        if (set[0] == '\\' && set.Length > 1)
        {
            set = set[1..];
        }

        char c = set[0];
        set = set[1..];
        return c;
    }

    /// <summary>Moves from the opening to the closing bracket; false where the class is malformed.</summary>
    private static bool SkipClass(ReadOnlySpan<char> pattern, ref int i)
    {
        i++;
        if (i < pattern.Length && pattern[i] == '^')
        {
            i++;
        }

        for (bool first = true; ; first = false)
        {
            if (i >= pattern.Length)
            {
                return false;
            }

            if (pattern[i] == ']' && !first)
            {
                return true;
            }

            if (!SkipClassCharacter(pattern, ref i))
            {
                return false;
            }

            if (i < pattern.Length && pattern[i] == '-')
            {
                i++;
                if (!SkipClassCharacter(pattern, ref i))
                {
                    return false;
                }
            }
        }
    }

    private static bool SkipClassCharacter(ReadOnlySpan<char> pattern, ref int i)
    {
        if (i >= pattern.Length || pattern[i] is '-' or ']')
        {
            return false;
        }

        i += pattern[i] == '\\' ? 2 : 1;
        return i < pattern.Length;
    }
}
