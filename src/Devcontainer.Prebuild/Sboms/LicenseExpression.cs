using Devcontainer.Prebuild.Sboms.Debian;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>Reads licences that packages give as SPDX expressions, or as something near (SPDX 2.3, annex D).</summary>
internal static class LicenseExpression
{
    /// <summary>The licence. What is not an expression of licences on the SPDX list is one licence of that name.</summary>
    /// <param name="text">As the package has it; null or blank for none.</param>
    internal static License? Parse(string? text)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (Normalize(text) is { } expression)
        {
            return new License(expression, []);
        }

        var other = ExtractedLicense.Of(text.Length <= 200 ? text : text[..200], text.Length <= 200 ? null : text);
        return new License(other.Id, [other]);
    }

    // Licences and operators take turns; null where they do not, or where a licence or exception has no name in SPDX.
    private static string? Normalize(string text)
    {
        var words = new List<string>();
        int open = 0;
        Next next = Next.License;
        foreach (string word in text.Replace("(", " ( ", StringComparison.Ordinal).Replace(")", " ) ", StringComparison.Ordinal)
            .Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            string? known;
            (known, next) = (next, word.ToUpperInvariant()) switch
            {
                (Next.License, "(") => ("(", Next.License),
                (Next.License, _) => (IdOf(word), Next.OperatorOrWith),
                (Next.Exception, _) => (SpdxLicenses.FindException(word), Next.Operator),
                (_, ")") => (")", Next.Operator),
                (_, "AND" or "OR") => (word.ToUpperInvariant(), Next.License),
                (Next.OperatorOrWith, "WITH") => ("WITH", Next.Exception),
                _ => (null, next),
            };
            open += known switch { "(" => 1, ")" => -1, _ => 0 };
            if (known is null || open < 0)
            {
                return null;
            }

            words.Add(known);
        }

        return next is Next.License or Next.Exception || open != 0
            ? null
            : string.Join(' ', words).Replace("( ", "(", StringComparison.Ordinal).Replace(" )", ")", StringComparison.Ordinal);
    }

    // "GPL-2.0" is an older name of "GPL-2.0-only". A family without a version is none in particular.
    private static string? IdOf(string word) =>
        SpdxLicenses.Find(word)
        ?? (word.AsSpan().ContainsAnyInRange('0', '9') && DebianLicenses.ToSpdx(word) is { } id && !id.Contains(' ', StringComparison.Ordinal) ? id : null);

    // What may come after what was read.
    private enum Next
    {
        License,
        Exception,
        Operator,
        OperatorOrWith,
    }
}
