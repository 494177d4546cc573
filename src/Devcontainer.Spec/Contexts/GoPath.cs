using System.Text;

namespace Devcontainer.Spec.Contexts;

/// <summary>What Go's path/filepath does with slashes and patterns, because BuildKit's rules are written in its terms.</summary>
internal static class GoPath
{
    /// <summary>Go's <c>filepath.Clean</c>: no empty, <c>.</c> or resolvable <c>..</c> element; <c>.</c> where nothing is left.</summary>
    public static string Clean(ReadOnlySpan<char> path)
    {
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
        while (!pattern.IsEmpty)
        {
            switch (pattern[0])
            {
                case '*':
                    pattern = pattern.TrimStart('*');
                    for (int i = 0; i <= name.Length; i++)
                    {
                        if (IsMatch(pattern, name[i..]))
                        {
                            return true;
                        }

                        if (i < name.Length && name[i] == '/')
                        {
                            return false;
                        }
                    }

                    return false;
                case '?':
                    if (name.IsEmpty || name[0] == '/')
                    {
                        return false;
                    }

                    pattern = pattern[1..];
                    name = name[1..];
                    break;
                case '[':
                    int end = 0;
                    SkipClass(pattern, ref end);
                    if (name.IsEmpty || name[0] == '/' || !ClassContains(pattern[1..end], name[0]))
                    {
                        return false;
                    }

                    pattern = pattern[(end + 1)..];
                    name = name[1..];
                    break;
                default:
                    if (pattern[0] == '\\')
                    {
                        pattern = pattern[1..];
                    }

                    if (name.IsEmpty || name[0] != pattern[0])
                    {
                        return false;
                    }

                    pattern = pattern[1..];
                    name = name[1..];
                    break;
            }
        }

        return name.IsEmpty;
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
