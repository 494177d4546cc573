using System.Text;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>Looks a variable up; null where it is not set.</summary>
internal delegate string? VariableLookup(string name);

/// <summary>How <see cref="WordExpander"/> treats what it does not expand.</summary>
[Flags]
internal enum ExpansionModes
{
    None = 0,

    /// <summary>Quotes stay in the result.</summary>
    RawQuotes = 1,

    /// <summary>Escape characters stay in the result.</summary>
    RawEscapes = 2,

    /// <summary>Quotes are ordinary characters.</summary>
    IgnoreQuotes = 4,

    /// <summary>A reference to a variable that is not set stays as it is.</summary>
    KeepUnset = 8,
}

/// <summary>A word that cannot be expanded; the reader of the instruction gives it a place and a code.</summary>
internal sealed class ExpansionException(string message) : Exception(message);

/// <summary>
/// Quotes, escapes and variables of a Dockerfile word, as BuildKit treats them
/// (moby/buildkit <c>frontend/dockerfile/shell/lex.go</c>; the reference's "Environment replacement").
/// </summary>
internal sealed class WordExpander
{
    private readonly char escape;
    private readonly bool rawQuotes;
    private readonly bool ignoreQuotes;
    private readonly bool keepUnset;
    private readonly VariableLookup lookup;
    private readonly string text;
    private readonly List<string>? unmatched;
    private int position;
    private bool rawEscapes;

    private WordExpander(string text, char escape, VariableLookup lookup, ExpansionModes modes, List<string>? unmatched)
    {
        this.text = text;
        this.escape = escape;
        this.lookup = lookup;
        this.unmatched = unmatched;
        rawQuotes = modes.HasFlag(ExpansionModes.RawQuotes);
        rawEscapes = modes.HasFlag(ExpansionModes.RawEscapes);
        ignoreQuotes = modes.HasFlag(ExpansionModes.IgnoreQuotes);
        keepUnset = modes.HasFlag(ExpansionModes.KeepUnset);
    }

    private bool AtEnd => position >= text.Length;

    /// <summary>Expands <paramref name="text"/> to one string, spaces kept.</summary>
    /// <param name="text">The word as written.</param>
    /// <param name="escape">The escape character of the file.</param>
    /// <param name="lookup">The variables.</param>
    /// <param name="modes">What to leave as it is.</param>
    /// <param name="unmatched">Receives the names that <paramref name="lookup"/> did not know, each time they are met.</param>
    /// <exception cref="ExpansionException">A quote or brace is open, or a substitution is not known or not allowed.</exception>
    public static string Expand(
        string text, char escape, VariableLookup lookup, ExpansionModes modes = ExpansionModes.None, List<string>? unmatched = null)
    {
        // Most words have nothing to expand.
        if (text.AsSpan().IndexOfAny("$'\"") < 0 && !text.Contains(escape, StringComparison.Ordinal))
        {
            return text;
        }

        return new WordExpander(text, escape, lookup, modes, unmatched).Process(null, null);
    }

    /// <summary>Expands <paramref name="text"/> and splits it at white space that is not quoted.</summary>
    /// <exception cref="ExpansionException">As <see cref="Expand"/>.</exception>
    public static List<string> Split(string text, char escape, VariableLookup lookup, ExpansionModes modes = ExpansionModes.None)
    {
        var words = new Words();
        new WordExpander(text, escape, lookup, modes, null).Process(null, words);
        return words.Finish();
    }

    private string Process(char? stop, Words? words)
    {
        var result = new StringBuilder();
        while (!AtEnd)
        {
            char c = text[position];
            if (c == stop)
            {
                position++;
                return result.ToString();
            }

            switch (c)
            {
                case '\'' when !ignoreQuotes:
                    Add(SingleQuoted(), raw: true);
                    break;
                case '"' when !ignoreQuotes:
                    Add(DoubleQuoted(), raw: true);
                    break;
                case '$':
                    Add(Dollar(), raw: false);
                    break;
                case '<':
                    Add(PossibleHeredoc(), raw: true);
                    break;
                default:
                    position++;
                    if (c != escape)
                    {
                        result.Append(c);
                        words?.Add(c);
                        break;
                    }

                    if (rawEscapes)
                    {
                        result.Append(c);
                        words?.AddRaw(c);
                    }

                    // An escape at the very end escapes nothing.
                    if (!AtEnd)
                    {
                        result.Append(text[position]);
                        words?.AddRaw(text[position]);
                        position++;
                    }

                    break;
            }
        }

        return stop is null ? result.ToString() : throw new ExpansionException($"'{stop}' is missing");

        void Add(string part, bool raw)
        {
            result.Append(part);
            words?.Add(part, raw);
        }
    }

    private string ProcessRaw(char stop, bool raw)
    {
        bool before = rawEscapes;
        rawEscapes = raw;
        try
        {
            return Process(stop, null);
        }
        finally
        {
            rawEscapes = before;
        }
    }

    private string SingleQuoted()
    {
        int end = text.IndexOf('\'', position + 1);
        if (end < 0)
        {
            throw new ExpansionException("a single quote is not closed");
        }

        string inner = rawQuotes ? text[position..(end + 1)] : text[(position + 1)..end];
        position = end + 1;
        return inner;
    }

    private string DoubleQuoted()
    {
        var result = new StringBuilder();
        position++;
        if (rawQuotes)
        {
            result.Append('"');
        }

        while (!AtEnd)
        {
            char c = text[position];
            if (c == '"')
            {
                position++;
                return rawQuotes ? result.Append('"').ToString() : result.ToString();
            }

            if (c == '$')
            {
                result.Append(Dollar());
                continue;
            }

            position++;
            if (c == escape)
            {
                if (rawEscapes)
                {
                    result.Append(c);
                }

                if (AtEnd)
                {
                    continue;
                }

                // Within double quotes only these can be escaped; before anything else the escape is itself.
                char next = text[position];
                if (next == '"' || next == '$' || next == escape)
                {
                    c = next;
                    position++;
                }
            }

            result.Append(c);
        }

        throw new ExpansionException("a double quote is not closed");
    }

    private string Dollar()
    {
        position++;
        if (AtEnd || text[position] != '{')
        {
            string bare = Name();
            return bare.Length == 0 ? "$" : Value(bare) ?? (keepUnset ? "$" + bare : string.Empty);
        }

        position++;
        if (AtEnd)
        {
            throw new ExpansionException("'}' is missing");
        }

        if (text[position] is '{' or '}' or ':')
        {
            throw new ExpansionException("bad substitution");
        }

        string name = Name();
        char modifier = Next();
        switch (modifier)
        {
            case '}':
                return Value(name) ?? (keepUnset ? "${" + name + "}" : string.Empty);
            case ':':
                return Conditional(name, Next(), emptyIsUnset: true);
            case '+' or '-' or '?' or '#' or '%':
                return Conditional(name, modifier, emptyIsUnset: false);
            case '/':
                return Replace(name);
            default:
                throw new ExpansionException($"unsupported modifier '{modifier}' in a substitution of '{name}'");
        }
    }

    private string Conditional(string name, char modifier, bool emptyIsUnset)
    {
        bool trims = modifier is '#' or '%';
        if (modifier is not ('+' or '-' or '?' or '#' or '%') || (emptyIsUnset && trims))
        {
            throw new ExpansionException($"unsupported modifier '{(emptyIsUnset ? ":" : "")}{modifier}' in a substitution of '{name}'");
        }

        string word = ProcessRaw('}', raw: trims);
        string? value = Value(name);
        if (value is null && keepUnset)
        {
            return "${" + name + (emptyIsUnset ? ":" : "") + modifier + word + "}";
        }

        bool unset = value is null || (emptyIsUnset && value.Length == 0);
        switch (modifier)
        {
            case '-':
                return unset ? word : value!;
            case '+':
                return unset ? string.Empty : word;
            case '?' when unset:
                string reason = word.Length > 0 ? word : value is null ? "is not allowed to be unset" : "is not allowed to be empty";
                throw new ExpansionException($"{name}: {reason}");
            case '?':
                return value!;
            default:
                bool longest = word.Length > 0 && word[0] == modifier;
                var pattern = ShellPattern.Parse(longest ? word.AsSpan(1) : word);
                return modifier == '#' ? pattern.TrimPrefix(value ?? "", longest) : pattern.TrimSuffix(value ?? "", longest);
        }
    }

    private string Replace(string name)
    {
        bool all = !AtEnd && text[position] == '/';
        if (all)
        {
            position++;
        }

        string pattern = ProcessRaw('/', raw: true);
        string replacement = ProcessRaw('}', raw: true);
        string? value = Value(name);
        if (value is null && keepUnset)
        {
            return "${" + name + "/" + pattern + "/" + replacement + "}";
        }

        return ShellPattern.Parse(pattern).Replace(value ?? string.Empty, replacement, all);
    }

    private char Next() => AtEnd ? throw new ExpansionException("'}' is missing") : text[position++];

    /// <summary>A name, a number, or one of the shell's special parameters (which are never set here).</summary>
    private string Name()
    {
        int start = position;
        if (!AtEnd && char.IsDigit(text[position]))
        {
            while (!AtEnd && char.IsDigit(text[position]))
            {
                position++;
            }
        }
        else if (!AtEnd && text[position] is '@' or '*' or '#' or '?' or '-' or '$' or '!')
        {
            position++;
        }
        else
        {
            while (!AtEnd && (char.IsLetterOrDigit(text[position]) || text[position] == '_'))
            {
                position++;
            }
        }

        return text[start..position];
    }

    private string? Value(string name)
    {
        string? value = lookup(name);
        if (value is null)
        {
            unmatched?.Add(name);
        }

        return value;
    }

    /// <summary>White space between <c>&lt;&lt;</c> and its delimiter does not end the word.</summary>
    private string PossibleHeredoc()
    {
        int start = position++;
        if (!AtEnd && text[position] == '<')
        {
            position++;
            while (!AtEnd && text[position] is '\t' or '\r' or ' ')
            {
                position++;
            }
        }

        return text[start..position];
    }

    /// <summary>Collects words; what is quoted or escaped never ends one.</summary>
    private sealed class Words
    {
        private readonly List<string> words = [];
        private readonly StringBuilder current = new();

        public void Add(string part, bool raw)
        {
            if (raw)
            {
                current.Append(part);
                return;
            }

            foreach (char c in part)
            {
                Add(c);
            }
        }

        public void Add(char c)
        {
            if (!char.IsWhiteSpace(c))
            {
                current.Append(c);
            }
            else
            {
                End();
            }
        }

        public void AddRaw(char c) => current.Append(c);

        public List<string> Finish()
        {
            End();
            return words;
        }

        private void End()
        {
            if (current.Length > 0)
            {
                words.Add(current.ToString());
                current.Clear();
            }
        }
    }
}
