namespace Devcontainer.Oci;

/// <summary>One way to sign in that a registry offers in WWW-Authenticate (RFC 9110, section 11).</summary>
/// <param name="Scheme">Lower case: <c>bearer</c>, <c>basic</c>.</param>
/// <param name="Parameters">Names in lower case.</param>
internal sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int Longest = 16 * 1024;

    // Those of a token (RFC 9110, section 5.6.2), and the colon and slash of an address without quotes.
    private const string Marks = "!#$%&'*+-.^_`|~:/";

    internal string? this[string name] => Parameters.GetValueOrDefault(name);

    /// <summary>Reads the challenges of one header line; several stand side by side, divided by commas as their parameters are.</summary>
    internal static IReadOnlyList<AuthChallenge> Parse(string header)
    {
        var challenges = new List<AuthChallenge>();
        if (header.Length > Longest)
        {
            return challenges;
        }

        int at = 0;
        while (SkipTo(header, ref at))
        {
            string scheme = Token(header, ref at);
            if (scheme.Length == 0)
            {
                // Padding of token68 credentials, or nonsense: what comes after may still be of use.
                at++;
                continue;
            }

            var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
            while (true)
            {
                int rewind = at;
                if (!SkipTo(header, ref at))
                {
                    break;
                }

                string name = Token(header, ref at);
                SkipBlanks(header, ref at);
                if (name.Length == 0 || at >= header.Length || header[at] != '=')
                {
                    // A token without a value begins the next challenge; token68 credentials are not parameters and of no use here.
                    at = rewind;
                    break;
                }

                at++;
                SkipBlanks(header, ref at);
                string value = at < header.Length && header[at] == '"' ? Quoted(header, ref at) : Token(header, ref at);
                parameters.TryAdd(name.ToLowerInvariant(), value);
            }

            challenges.Add(new AuthChallenge(scheme.ToLowerInvariant(), parameters));
        }

        return challenges;
    }

    private static bool SkipTo(string text, ref int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t' or ',')
        {
            at++;
        }

        return at < text.Length;
    }

    private static void SkipBlanks(string text, ref int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }
    }

    private static string Token(string text, ref int at)
    {
        int start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || Marks.Contains(text[at], StringComparison.Ordinal)))
        {
            at++;
        }

        return text[start..at];
    }

    private static string Quoted(string text, ref int at)
    {
        var value = new System.Text.StringBuilder();
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }

            value.Append(text[at]);
        }

        at++;
        return value.ToString();
    }
}
