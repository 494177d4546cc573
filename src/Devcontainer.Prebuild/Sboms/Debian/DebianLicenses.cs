namespace Devcontainer.Prebuild.Sboms.Debian;

/// <summary>Puts the licence names of Debian's copyright files into SPDX expressions (copyright-format 1.0, "License specification").</summary>
internal static class DebianLicenses
{
    // Names that differ from SPDX's by more than a rule can tell.
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["BSD-2-clause"] = "BSD-2-Clause",
        ["BSL"] = "BSL-1.0",
        ["CC0"] = "CC0-1.0",
        ["Expat"] = "MIT",
        ["MIT/X11"] = "MIT",
        ["Perl"] = "Artistic-1.0-Perl OR GPL-1.0-or-later",
        ["PSF-2"] = "PSF-2.0",
        ["Python"] = "Python-2.0",
        ["SIL-1.1"] = "OFL-1.1",
        ["SIL-OFL-1.1"] = "OFL-1.1",
        ["Zope"] = "ZPL-1.1",
        ["Zope-2.1"] = "ZPL-2.1",
    };

    // Lowest precedence first: "and" binds closer than "or", and a comma before either of them loosens it.
    private static readonly (string Word, bool IsAnd)[] Operators = [(", or ", false), (", and ", true), (" or ", false), (" and ", true)];

    /// <summary>All of several synopses together.</summary>
    /// <param name="synopses">First lines of <c>License</c> fields, such as <c>GPL-2+ or Artistic, and BSD-3-clause</c>.</param>
    /// <param name="texts">Texts of licences by name.</param>
    internal static License Combine(IEnumerable<string> synopses, IReadOnlyDictionary<string, string> texts)
    {
        var extracted = new SortedDictionary<string, ExtractedLicense>(StringComparer.Ordinal);
        var all = new Term(true, new(StringComparer.Ordinal));
        foreach (string synopsis in synopses)
        {
            all.Add(Parse(synopsis, 0, texts, extracted));
        }

        // One alternative alone needs no parentheses.
        string text = all.Text;
        return new License(all.Parts.Count == 1 && text[0] == '(' ? text[1..^1] : text, [.. extracted.Values]);
    }

    /// <summary>The SPDX name of a licence; null where it has none.</summary>
    internal static string? ToSpdx(string name)
    {
        if (Aliases.TryGetValue(name, out string? alias))
        {
            return alias;
        }

        if (SpdxLicenses.Find(name) is { } same)
        {
            return same;
        }

        bool orLater = name.EndsWith('+');
        string plain = orLater ? name[..^1] : name;
        int dash = plain.LastIndexOf('-') + 1;
        bool versioned = dash > 0 && dash < plain.Length && char.IsAsciiDigit(plain[dash]);
        string family = versioned ? plain[..(dash - 1)] : plain;
        string version = versioned ? plain[dash..] : "";
        return WithVersion(family, version, orLater);
    }

    // "GPL-2", "GPL-2.0" and "GPL-2.0.0" are one licence, and no version means the lowest there is.
    private static string? WithVersion(string family, string version, bool orLater)
    {
        string infix = "";
        if (family.Equals("GFDL-NIV", StringComparison.OrdinalIgnoreCase))
        {
            family = "GFDL";
            infix = "-no-invariants";
        }

        while (version.EndsWith(".0", StringComparison.Ordinal))
        {
            version = version[..^2];
        }

        string[] versions = version.Length == 0 ? ["1.0", "1.1", "2.0"] : [version, version + ".0"];
        foreach (string candidate in versions)
        {
            // GNU licences have two names each, others one.
            string id = $"{family}-{candidate}{infix}";
            if (SpdxLicenses.Find(id + (orLater ? "-or-later" : "-only")) is { } gnu)
            {
                return gnu;
            }

            if (SpdxLicenses.Find(id) is { } other)
            {
                return orLater ? other + "+" : other;
            }
        }

        return null;
    }

    private static Term Parse(
        string text, int from, IReadOnlyDictionary<string, string> texts, SortedDictionary<string, ExtractedLicense> extracted)
    {
        for (int level = from; level < Operators.Length; level++)
        {
            (string word, bool isAnd) = Operators[level];
            if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                var whole = new Term(isAnd, new(StringComparer.Ordinal));
                int end;
                for (int start = 0; start <= text.Length; start = end + word.Length)
                {
                    end = text.IndexOf(word, start, StringComparison.OrdinalIgnoreCase);
                    end = end < 0 ? text.Length : end;
                    whole.Add(Parse(text[start..end], level + 1, texts, extracted));
                }

                return whole;
            }
        }

        string name = text.Trim(' ', '\t', ',');
        if (ToSpdx(name) is { } id)
        {
            return new Term(false, new(id.Split(" OR "), StringComparer.Ordinal));
        }

        var license = ExtractedLicense.Of(name, texts.GetValueOrDefault(name));
        extracted[license.Id] = license;
        return new Term(false, new([license.Id], StringComparer.Ordinal));
    }

    /// <summary>Parts joined by one operator; a part is a licence or a term in parentheses.</summary>
    private sealed record Term(bool IsAnd, SortedSet<string> Parts)
    {
        internal string Text => string.Join(IsAnd ? " AND " : " OR ", Parts);

        internal void Add(Term other)
        {
            if (other.Parts.Count == 1 || other.IsAnd == IsAnd)
            {
                Parts.UnionWith(other.Parts);
            }
            else
            {
                Parts.Add($"({other.Text})");
            }
        }
    }
}
