using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>The bytes of <c>inputs.cache</c>, which are searched as they are: nothing is made of an entry that nobody asks for.</summary>
/// <remarks>
/// Little-endian: a magic number with the format's version; the module version id of this library, for another build of it may project in another
/// way; the count of entries and the length of the projections, each in 32 bits; the entries (inode, device, size, modified, changed, digest); the
/// projections (key and digest, each with its length before); SHA-256 of all that.
/// </remarks>
internal sealed class InputCacheFile
{
    private const int CountPlace = 24;
    private const int HeaderLength = CountPlace + (2 * sizeof(int));
    private const int StampLength = 5 * sizeof(long);
    private const int EntryLength = StampLength + SHA256.HashSizeInBytes;
    private const int MinLength = HeaderLength + SHA256.HashSizeInBytes;
    private const int MaxLength = 1 << 28;

    private readonly byte[] _content;
    private readonly bool[] _used;

    // A hash table by inode: the first entry of each bucket, and for each entry the next, counted from one.
    private readonly int[] _buckets;
    private readonly int[] _next;

    private InputCacheFile(byte[] content, int count, Dictionary<string, string> projections)
    {
        _content = content;
        _used = new bool[count];
        _next = new int[count];
        _buckets = new int[BitOperations.RoundUpToPowerOf2((uint)count + 1)];
        for (int i = 0; i < count; i++)
        {
            ref int bucket = ref Bucket((ulong)Long(Entry(i), 0));
            _next[i] = bucket;
            bucket = i + 1;
        }

        Projections = projections;
    }

    /// <summary>A cache of nothing.</summary>
    internal static InputCacheFile Empty => new([], 0, []);

    /// <summary>Digests of projections, by the digest of the content with the projection's name behind it.</summary>
    internal IReadOnlyDictionary<string, string> Projections { get; }

    private static ReadOnlySpan<byte> Magic => "dcinput\x01"u8;

    /// <summary>Reads a file; one that is missing, damaged, a link, or of another version is empty.</summary>
    internal static InputCacheFile Read(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return !file.Exists || file.LinkTarget is not null || file.Length is < MinLength or > MaxLength
                ? Empty
                : Parse(RegularFile.ReadAllBytes(path, out _));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return Empty;
        }
    }

    /// <summary>Gives the digest of the content of the file that has a stamp, and counts it as <see cref="Used"/>; false where it is not known.</summary>
    internal bool TryFind(in FileStamp stamp, Span<byte> digest)
    {
        for (int i = Bucket(stamp.Inode) - 1; i >= 0; i = _next[i] - 1)
        {
            ReadOnlySpan<byte> entry = Entry(i);
            if (StampOf(entry) == stamp)
            {
                _used[i] = true;
                entry[StampLength..].CopyTo(digest);
                return true;
            }
        }

        return false;
    }

    /// <summary>The entries that were found.</summary>
    internal IEnumerable<InputCacheEntry> Used()
    {
        for (int i = 0; i < _used.Length; i++)
        {
            if (_used[i])
            {
                yield return new InputCacheEntry(StampOf(Entry(i)), Entry(i)[StampLength..].ToArray());
            }
        }
    }

    /// <summary>The bytes of a file.</summary>
    internal static byte[] Serialize(IReadOnlyList<InputCacheEntry> entries, IReadOnlyDictionary<string, string> projections)
    {
        using var stream = new MemoryStream(MinLength + (entries.Count * EntryLength));
        using var writer = new BinaryWriter(stream);
        writer.Write(Header());
        writer.Write(entries.Count);
        writer.Write(0);
        foreach (InputCacheEntry entry in entries)
        {
            writer.Write(entry.Stamp.Inode);
            writer.Write(entry.Stamp.Device);
            writer.Write(entry.Stamp.Size);
            writer.Write(entry.Stamp.Modified);
            writer.Write(entry.Stamp.Changed);
            writer.Write(entry.Digest);
        }

        long start = stream.Position;
        foreach ((string key, string digest) in projections)
        {
            writer.Write(key);
            writer.Write(digest);
        }

        int length = (int)(stream.Position - start);
        stream.Position = CountPlace + sizeof(int);
        writer.Write(length);
        stream.Position = stream.Length;
        writer.Write(SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        return stream.ToArray();
    }

    private static InputCacheFile Parse(byte[] content)
    {
        int end = content.Length - SHA256.HashSizeInBytes;
        if (end < HeaderLength || !content.AsSpan().StartsWith(Header()))
        {
            return Empty;
        }

        long count = BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(CountPlace));
        long length = BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(CountPlace + sizeof(int)));
        if (count < 0
            || length < 0
            || HeaderLength + (count * EntryLength) + length != end
            || !SHA256.HashData(content.AsSpan(0, end)).AsSpan().SequenceEqual(content.AsSpan(end)))
        {
            return Empty;
        }

        var projections = new Dictionary<string, string>(StringComparer.Ordinal);
        using var reader = new BinaryReader(new MemoryStream(content, end - (int)length, (int)length));
        while (reader.BaseStream.Position < length)
        {
            projections[reader.ReadString()] = reader.ReadString();
        }

        return new InputCacheFile(content, (int)count, projections);
    }

    private static byte[] Header() => [.. Magic, .. typeof(InputCacheFile).Module.ModuleVersionId.ToByteArray()];

    private ReadOnlySpan<byte> Entry(int index) => _content.AsSpan(HeaderLength + (index * EntryLength), EntryLength);

    private ref int Bucket(ulong inode) => ref _buckets[inode & (ulong)(_buckets.Length - 1)];

    private static FileStamp StampOf(ReadOnlySpan<byte> entry) =>
        new((ulong)Long(entry, 1), (ulong)Long(entry, 0), Long(entry, 2), Long(entry, 3), Long(entry, 4));

    private static long Long(ReadOnlySpan<byte> entry, int place) => BinaryPrimitives.ReadInt64LittleEndian(entry[(place * sizeof(long))..]);
}
