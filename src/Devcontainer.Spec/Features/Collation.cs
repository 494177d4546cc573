namespace Devcontainer.Spec;

/// <summary>
/// Compares texts as JavaScript's <c>localeCompare</c> does in English, which is Unicode's root collation: the same on every machine, with or
/// without ICU. Exact for ASCII, which ids are made of; other characters come after it, by code point, where the root collation would know their alphabets.
/// </summary>
internal static class Collation
{
    /// <summary>Visible ASCII before the digits in the root collation's order. Control characters count as nothing.</summary>
    private const string BeforeDigits = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

    public static int Compare(string a, string b)
    {
        // Letters first, then, between texts that differ in case only, small before capital.
        int i = 0;
        int j = 0;
        int byCase = 0;
        while (true)
        {
            int x = Next(a, ref i, out bool capitalA);
            int y = Next(b, ref j, out bool capitalB);
            if (x != y)
            {
                return x < y ? -1 : 1;
            }

            if (x < 0)
            {
                // Texts that differ only in what counts as nothing are still two.
                return byCase != 0 ? byCase : string.CompareOrdinal(a, b);
            }

            if (byCase == 0 && capitalA != capitalB)
            {
                byCase = capitalA ? 1 : -1;
            }
        }
    }

    /// <summary>The rank of the next character that counts, or −1 at the end.</summary>
    private static int Next(string text, ref int index, out bool capital)
    {
        capital = false;
        while (index < text.Length)
        {
            char c = text[index++];
            if (char.IsAsciiLetter(c))
            {
                capital = char.IsAsciiLetterUpper(c);
                return 200 + char.ToLowerInvariant(c);
            }

            if (char.IsAsciiDigit(c))
            {
                return 100 + c;
            }

            if (c > '~')
            {
                if (c == '\u007f')
                {
                    continue;
                }

                return 1000 + c;
            }

            int rank = BeforeDigits.IndexOf(c, StringComparison.Ordinal);
            if (rank >= 0)
            {
                return rank;
            }
        }

        return -1;
    }
}
