using System.Buffers;
using System.Globalization;

namespace Devcontainer.Prebuild.Verify.Secrets;

/// <summary>What tells a secret from what only stands where one could, and how one is shown.</summary>
internal static class SecretText
{
    // What of a secret may be shown helps to find it, and not to guess the rest.
    private const int ShownOfLong = 4;
    private const int Long = 20;

    // Bits for each character: words and names of things have about three, random letters and digits of this length well over.
    private const double LeastEntropy = 3.5;

    private static readonly SearchValues<string> Placeholders = SearchValues.Create(
        [
            "example", "sample", "placeholder", "changeme", "change_me", "change-me", "your", "xxxx", "****", "....", "dummy", "redacted", "insert", "todo",
            "0123456789", "abcdef", "123456", "${", "$(", "{{", "<", "%(", "%s",
        ],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>The first characters of a long one, and its length.</summary>
    internal static string Mask(ReadOnlySpan<char> secret)
    {
        string shown = secret.Length < Long || secret[..ShownOfLong].ContainsAnyExceptInRange('!', '~') ? string.Empty : secret[..ShownOfLong].ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{shown}****, {secret.Length} characters");
    }

    /// <summary>Whether it stands for a secret that the reader is to put there.</summary>
    internal static bool IsPlaceholder(ReadOnlySpan<char> text) => text.IsEmpty || text.ContainsAny(Placeholders) || text.IndexOfAnyExcept(text[0]) < 0;

    /// <summary>Whether it is as random as a secret that a machine has made: letters and digits, and no order.</summary>
    internal static bool IsRandom(ReadOnlySpan<char> text)
    {
        Span<int> counts = stackalloc int[128];
        bool hasLetter = false;
        bool hasDigit = false;
        foreach (char c in text)
        {
            if (c >= counts.Length)
            {
                return false;
            }

            counts[c]++;
            hasLetter |= char.IsAsciiLetter(c);
            hasDigit |= char.IsAsciiDigit(c);
        }

        double entropy = 0;
        foreach (int count in counts)
        {
            if (count > 0)
            {
                double share = (double)count / text.Length;
                entropy -= share * Math.Log2(share);
            }
        }

        return hasLetter && hasDigit && entropy >= LeastEntropy;
    }
}
