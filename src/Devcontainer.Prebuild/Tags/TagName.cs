using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Devcontainer.Prebuild.Tags;

/// <summary>What may be a tag of an image: <c>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}</c> (OCI distribution specification, "Pulling manifests").</summary>
internal static class TagName
{
    private const int MaxLength = 128;

    // Digits of a hash that tells two names apart whose tags would be one.
    private const int HashLength = 8;

    // Tags that are keys of images and lists of referrers end in a whole digest; a shorter one is a name that somebody chose.
    private static readonly string[] KeyPrefixes = ["prebuild-", "env-", "sha256-", "sha512-"];
    private const int KeyLength = 64;
    private static readonly SearchValues<char> KeyDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>
    /// The tag for a name of git's. A slash becomes a hyphen: <c>feature/x</c> is <c>feature-x</c>. Where more than that is lost, eight digits of
    /// the name's SHA-256 follow, so that names of other scripts and very long ones stay apart.
    /// </summary>
    /// <param name="name">A branch or a tag.</param>
    /// <param name="standIn">What stands for a name of which nothing is left.</param>
    /// <param name="maxLength">The most characters, where it becomes part of a tag.</param>
    internal static string Of(string name, string standIn, int maxLength = MaxLength)
    {
        var text = new StringBuilder(name.Length);
        bool isLossy = false;
        foreach (char c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '_' || (c is '.' or '-' or '/' && text.Length > 0))
            {
                text.Append(c == '/' ? '-' : c);
                continue;
            }

            isLossy = true;
            if (text.Length > 0 && text[^1] != '-')
            {
                text.Append('-');
            }
        }

        if (!isLossy && text.Length > 0 && text.Length <= maxLength)
        {
            return text.ToString();
        }

        string readable = text.ToString(0, Math.Min(text.Length, maxLength - HashLength - 1)).TrimEnd('-');
        return $"{(readable.Length > 0 ? readable : standIn)}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..HashLength]}";
    }

    /// <summary>Whether a tag means something else by its form: <c>prebuild-</c> or <c>env-</c> and a key, <c>sha256-</c> and a digest.</summary>
    internal static bool IsKey(string tag)
    {
        foreach (string prefix in KeyPrefixes)
        {
            if (tag.StartsWith(prefix, StringComparison.Ordinal)
                && tag.Length >= prefix.Length + KeyLength
                && !tag.AsSpan(prefix.Length, KeyLength).ContainsAnyExcept(KeyDigits))
            {
                return true;
            }
        }

        return false;
    }
}
