using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Devcontainer.Prebuild.Verify.Secrets;

/// <summary>Finds in a text what looks like a secret.</summary>
internal static class SecretScanner
{
    private static readonly SearchValues<string> Anchors =
        SearchValues.Create([.. SecretRules.All.Select(static rule => rule.Anchor).Distinct()], StringComparison.Ordinal);

    /// <summary>Finds secrets that are known by their own form.</summary>
    internal static IReadOnlyList<FoundSecret> Find(ReadOnlySpan<char> text)
    {
        var found = new List<FoundSecret>();
        int at = 0;
        for (int next; (next = text[at..].IndexOfAny(Anchors)) >= 0; at++)
        {
            at += next;
            if (At(text, at) is { } secret && !found.Exists(known => known.Overlaps(secret)))
            {
                found.Add(secret);
            }
        }

        return found;
    }

    /// <summary>Finds also what a name or its place gives away: in what people write, and not in programs.</summary>
    /// <param name="text">The text.</param>
    /// <param name="severity">Of those, which are less sure.</param>
    /// <param name="isNetrc">Whether the text is a <c>.netrc</c>.</param>
    internal static IReadOnlyList<FoundSecret> FindInSettings(ReadOnlySpan<char> text, FindingSeverity severity, bool isNetrc = false)
    {
        var found = new List<FoundSecret>(Find(text));
        Add("secret-value", SecretRules.Assigned(), text, mustBeRandom: true);
        Add("address-password", SecretRules.Address(), text, mustBeRandom: false);
        if (isNetrc)
        {
            Add("netrc-password", SecretRules.Netrc(), text, mustBeRandom: false);
        }

        return found;

        void Add(string rule, Regex pattern, ReadOnlySpan<char> text, bool mustBeRandom)
        {
            foreach (ValueMatch match in pattern.EnumerateMatches(text))
            {
                Group secret = pattern.Match(text.Slice(match.Index, match.Length).ToString()).Groups["secret"];
                var one = new FoundSecret(rule, severity, match.Index + secret.Index, secret.Length);
                if (secret.Success && !SecretText.IsPlaceholder(secret.ValueSpan) && (!mustBeRandom || SecretText.IsRandom(secret.ValueSpan))
                    && !found.Exists(known => known.Overlaps(one)))
                {
                    found.Add(one);
                }
            }
        }
    }

    /// <summary>A text for people without what looks like a secret in it.</summary>
    internal static string Redact(string text)
    {
        var redacted = new StringBuilder(text);
        foreach (FoundSecret secret in FindInSettings(text, FindingSeverity.High).OrderByDescending(static secret => secret.Start))
        {
            redacted.Remove(secret.Start, secret.Length).Insert(secret.Start, "****");
        }

        return redacted.ToString();
    }

    private static FoundSecret? At(ReadOnlySpan<char> text, int anchor)
    {
        foreach (SecretRule rule in SecretRules.All)
        {
            if (!text[anchor..].StartsWith(rule.Anchor, StringComparison.Ordinal))
            {
                continue;
            }

            // With the character before, by which a pattern knows where a word begins.
            int start = Math.Max(0, anchor - Math.Max(rule.Before, 1));
            string window = text[start..Math.Min(text.Length, anchor + SecretRules.Reach)].ToString();
            Match match = rule.Pattern.Match(window);
            Group secret = match.Groups["secret"] is { Success: true } group ? group : match;
            if (match.Success && match.Index <= anchor - start && IsReal(rule, secret.ValueSpan))
            {
                return new FoundSecret(rule.Id, rule.Severity, start + secret.Index, secret.Length);
            }
        }

        return null;
    }

    private static bool IsReal(SecretRule rule, ReadOnlySpan<char> secret) => rule.Id switch
    {
        // Long enough to have any word in it by chance.
        "private-key" or "private-key-encrypted" => true,
        "registry-login" => HasPassword(secret),
        _ => !SecretText.IsPlaceholder(secret),
    };

    private static bool HasPassword(ReadOnlySpan<char> login)
    {
        byte[] bytes = new byte[login.Length];
        return Convert.TryFromBase64Chars(login, bytes, out int length)
            && bytes.AsSpan(0, length).IndexOf((byte)':') is > 0 and int colon
            && colon < length - 1;
    }
}

/// <summary>Where in a text a secret is.</summary>
/// <param name="Rule">What it looks like.</param>
/// <param name="Severity">How sure that is.</param>
/// <param name="Start">Its first character.</param>
/// <param name="Length">Its length.</param>
internal readonly record struct FoundSecret(string Rule, FindingSeverity Severity, int Start, int Length)
{
    /// <summary>Whether both are about the same characters.</summary>
    internal bool Overlaps(FoundSecret other) => Start < other.Start + other.Length && other.Start < Start + Length;
}
