using System.Security.Cryptography;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// Reads a blob and checks it on the way: the end of the stream is reached only if size and digest are those that were promised. Whoever
/// stops before the end has read unverified bytes.
/// </summary>
internal sealed class VerifyingStream(Stream inner, Digest digest, long? size, string origin) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _read;
    private bool _verified;

    public override long Length => size ?? throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int read = inner.Read(buffer);
        Account(buffer[..read], buffer.IsEmpty);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Account(buffer.Span[..read], buffer.IsEmpty);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Account(ReadOnlySpan<byte> bytes, bool nothingAsked)
    {
        if (bytes.Length > 0)
        {
            _read += bytes.Length;
            if (_read > size)
            {
                throw new DevcontainerException(Codes.BlobCorrupt, digest.Value, origin, $"it is longer than {size} bytes");
            }

            _hash.AppendData(bytes);
        }
        else if (!nothingAsked && !_verified)
        {
            if (size is { } expected && _read != expected)
            {
                throw new DevcontainerException(Codes.BlobCorrupt, digest.Value, origin, $"it has {_read} of {expected} bytes");
            }

            Digest actual = Digest.FromHash(_hash);
            if (actual != digest)
            {
                throw new DevcontainerException(Codes.BlobCorrupt, digest.Value, origin, $"its bytes have the digest {actual}");
            }

            _verified = true;
        }
    }
}
