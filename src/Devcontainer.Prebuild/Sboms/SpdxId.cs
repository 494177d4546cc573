using System.Security.Cryptography;
using System.Text;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>Makes the identifiers of an SPDX document's elements, which have letters, digits, <c>.</c> and <c>-</c> only.</summary>
internal static class SpdxId
{
    /// <summary>The document itself.</summary>
    internal const string Document = "SPDXRef-DOCUMENT";

    /// <summary>An id that people can read and that is unique for a kind and key.</summary>
    /// <param name="kind">Kind of element: <c>Package</c>.</param>
    /// <param name="name">Its name, for people.</param>
    /// <param name="key">What makes it what it is, such as its package URL.</param>
    internal static string Of(string kind, string name, string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return $"SPDXRef-{kind}-{Sanitize(name)}-{Convert.ToHexStringLower(hash[..8])}";
    }

    internal static string Sanitize(string name)
    {
        const int Longest = 64;
        var text = new StringBuilder(name.Length);
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, Longest)))
        {
            text.Append(char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '-');
        }

        return text.ToString();
    }
}
