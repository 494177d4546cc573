using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// A content digest: <c>sha256:</c> and 64 lower-case hexadecimal digits (OCI image specification, descriptor.md). Other registered
/// algorithms are refused: no registry or builder in use produces them, and a digest that we cannot compute verifies nothing.
/// </summary>
public readonly record struct Digest
{
    private const string Sha256Prefix = "sha256:";
    private const int HexLength = 64;

    private readonly string? _value;

    private Digest(string value) => _value = value;

    /// <summary>The whole text, <c>sha256:…</c>; empty for <c>default</c>, which no parse returns.</summary>
    public string Value => _value ?? "";

    /// <summary>The algorithm's name, <c>sha256</c>.</summary>
    public string Algorithm => _value?[..(Sha256Prefix.Length - 1)] ?? "";

    /// <summary>The 64 hexadecimal digits.</summary>
    public string Hex => _value?[Sha256Prefix.Length..] ?? "";

    /// <summary>Reads a digest.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.DigestInvalid"/>: any other shape.</exception>
    public static Digest Parse(string? text) =>
        TryParse(text, out Digest digest) ? digest : throw new DevcontainerException(Codes.DigestInvalid, Printable.Quote(text));

    /// <summary>Reads a digest; false for any other shape, upper-case digits included.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length != Sha256Prefix.Length + HexLength || !text.StartsWith(Sha256Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        foreach (char c in text.AsSpan(Sha256Prefix.Length))
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        digest = new Digest(text);
        return true;
    }

    /// <summary>The digest of bytes in memory.</summary>
    public static Digest Sha256(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return FromHash(hash);
    }

    /// <summary>The digest of everything from the stream's position to its end.</summary>
    public static async Task<Digest> Sha256Async(Stream content, CancellationToken cancellationToken = default)
    {
        byte[] hash = await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false);
        return FromHash(hash);
    }

    /// <summary>The text, as it stands in manifests.</summary>
    public override string ToString() => Value;

    internal static Digest FromHash(ReadOnlySpan<byte> hash) => new(Sha256Prefix + Convert.ToHexStringLower(hash));

    /// <summary>Ends an incremental SHA-256.</summary>
    internal static Digest FromHash(IncrementalHash sha256)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        sha256.GetHashAndReset(hash);
        return FromHash(hash);
    }
}
