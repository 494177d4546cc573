using System.Globalization;
using System.Text;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>Writes package URLs in their canonical form (ECMA-427, package-url/purl-spec).</summary>
internal static class PackageUrl
{
    /// <summary>A package URL.</summary>
    /// <param name="type">Type, such as <c>deb</c>.</param>
    /// <param name="ns">Namespace, parts divided by <c>/</c>; null for none.</param>
    /// <param name="name">Name.</param>
    /// <param name="version">Version; null or empty for none.</param>
    /// <param name="qualifiers">Qualifiers in the order of their keys; those with null or an empty value are left out.</param>
    internal static string Create(
        string type, string? ns, string name, string? version, params ReadOnlySpan<(string Key, string? Value)> qualifiers)
    {
        var url = new StringBuilder("pkg:").Append(type);
        if (!string.IsNullOrEmpty(ns))
        {
            foreach (string part in ns.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                Encode(url.Append('/'), part);
            }
        }

        Encode(url.Append('/'), name);
        if (!string.IsNullOrEmpty(version))
        {
            Encode(url.Append('@'), version);
        }

        char separator = '?';
        foreach ((string key, string? value) in qualifiers)
        {
            if (!string.IsNullOrEmpty(value))
            {
                Encode(url.Append(separator).Append(key).Append('='), value);
                separator = '&';
            }
        }

        return url.ToString();
    }

    // The colon is not encoded, unlike in RFC 3986 (specification, "Character encoding").
    private static void Encode(StringBuilder url, string text)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value is '.' or '-' or '_' or '~' or ':'))
            {
                url.Append((char)rune.Value);
                continue;
            }

            foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)])
            {
                url.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }
    }
}
