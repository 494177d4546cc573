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

    // A field has few bytes, and a call of the hash has its price.
    private readonly byte[] _buffer = new byte[4096];
    private int _used;

    /// <summary>Starts a key of one kind: the format's name and version are its first field, so that kinds never meet.</summary>
    internal KeyHasher(string format) => Field(format);

    /// <summary>A text field, as UTF-8; null is a field of its own, other than the empty one.</summary>
    internal KeyHasher Field(string? value)
    {
        if (value is null)
        {
            return Length(-1);
        }

        int most = Encoding.UTF8.GetMaxByteCount(value.Length) + sizeof(long);
        if (most > _buffer.Length)
        {
            return Field(Encoding.UTF8.GetBytes(value));
        }

        if (most > _buffer.Length - _used)
        {
            Flush();
        }

        int count = Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_used + sizeof(long)));
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_used), count);
        _used += sizeof(long) + count;
        return this;
    }

    /// <summary>A field of bytes.</summary>
    internal KeyHasher Field(ReadOnlySpan<byte> value) => Length(value.Length).Append(value);

    /// <summary>The count of a list whose entries follow.</summary>
    internal KeyHasher Count(int count) => Length(count);

    /// <summary>The key: 64 hexadecimal digits in lower case.</summary>
    internal string ToKey()
    {
        Flush();
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <inheritdoc />
    public void Dispose() => _hash.Dispose();

    private KeyHasher Length(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Append(bytes);
    }

    private KeyHasher Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _buffer.Length - _used)
        {
            Flush();
        }

        if (bytes.Length > _buffer.Length)
        {
            _hash.AppendData(bytes);
            return this;
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
        return this;
    }

    private void Flush()
    {
        _hash.AppendData(_buffer, 0, _used);
        _used = 0;
    }
}
