using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Devcontainer.Prebuild.Keys;

/// <summary>
/// Hashes a sequence of fields so that different sequences are different byte strings: every field is preceded by its length, every list by
/// its count (docs/keys.md gives the format and test vectors). SHA-256 over those bytes is the key.
/// </summary>
internal sealed class KeyHasher : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _scratch = new byte[512];

    /// <summary>Starts a key of one kind: the format's name and version are its first field, so that kinds never meet.</summary>
    internal KeyHasher(string format) => Field(format);

    /// <summary>A text field, as UTF-8; null is a field of its own, other than the empty one.</summary>
    internal KeyHasher Field(string? value)
    {
        if (value is null)
        {
            return Length(-1);
        }

        int count = Encoding.UTF8.GetByteCount(value);
        Span<byte> bytes = count <= _scratch.Length ? _scratch.AsSpan(0, count) : new byte[count];
        Encoding.UTF8.GetBytes(value, bytes);
        return Field(bytes);
    }

    /// <summary>A field of bytes.</summary>
    internal KeyHasher Field(ReadOnlySpan<byte> value)
    {
        Length(value.Length);
        _hash.AppendData(value);
        return this;
    }

    /// <summary>The count of a list whose entries follow.</summary>
    internal KeyHasher Count(int count) => Length(count);

    /// <summary>The key: 64 hexadecimal digits in lower case.</summary>
    internal string ToKey() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    /// <inheritdoc />
    public void Dispose() => _hash.Dispose();

    private KeyHasher Length(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _hash.AppendData(bytes);
        return this;
    }
}
