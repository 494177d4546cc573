using Devcontainer.Spec.Contexts;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>
/// What earlier builds have hashed, so that a file which has not changed is not opened again: <c>inputs.cache</c> in the output folder. It has
/// digests by the file's <see cref="FileStamp"/> (settled ones only) and digests of projections by the digest of what was projected.
/// </summary>
/// <remarks>
/// Never more than a saving of time: a file that is missing, damaged, a link, or of another build of this library counts as empty, and one that
/// cannot be written is no error. To be used from one thread at a time.
/// </remarks>
internal sealed class InputCache : IDisposable
{
    /// <summary>The file's name in the output folder.</summary>
    internal const string FileName = "inputs.cache";

    // FAT counts in steps of two seconds, and the clock of a file server may be behind ours.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly bool _isKept;
    private readonly DateTime _limit;
    private readonly Task<InputCacheFile> _known;
    private readonly List<InputCacheEntry> _added = [];
    private readonly Dictionary<string, string> _projections = new(StringComparer.Ordinal);

    private InputCache(string path, bool isKept, DateTime limit, Task<InputCacheFile> known)
    {
        _path = path;
        _isKept = isKept;
        _limit = limit;
        _known = known;
    }

    /// <summary>Whether this build has hashed anything that is worth keeping.</summary>
    internal bool HasChanged { get; private set; }

    /// <summary>Opens the cache of an output folder, before any input is looked at. It is read while folders are listed.</summary>
    /// <param name="outputPath">The output folder, which need not be there.</param>
    /// <param name="isTrusted">Whether what it has counts; else everything is hashed, and the cache written anew.</param>
    /// <param name="isKept">Whether it is written at its end.</param>
    /// <param name="now">The time, in UTC: files that have changed shortly before, or change later, are not kept.</param>
    internal static InputCache Open(string outputPath, bool isTrusted, bool isKept, DateTime now)
    {
        string path = Path.Combine(outputPath, FileName);
        return new InputCache(path, isKept, now - Settling, isTrusted ? Task.Run(() => InputCacheFile.Read(path)) : Task.FromResult(InputCacheFile.Empty));
    }

    /// <summary>Gives the digest of the content of a file; false where it has to be read.</summary>
    internal bool TryFind(in FileStamp stamp, Span<byte> digest) => _known.GetAwaiter().GetResult().TryFind(stamp, digest);

    /// <summary>Keeps the digest of a file that had this stamp before it was read.</summary>
    internal void Add(in FileStamp stamp, ReadOnlySpan<byte> digest)
    {
        if (stamp.IsSettled(_limit))
        {
            _added.Add(new InputCacheEntry(stamp, digest.ToArray()));
            HasChanged = true;
        }
    }

    /// <summary>The digest of what a projection makes of a content, both in hexadecimal digits; null where it has to be read.</summary>
    internal string? FindProjection(string content, string projection)
    {
        string key = content + projection;
        if (_known.GetAwaiter().GetResult().Projections.TryGetValue(key, out string? digest))
        {
            _projections[key] = digest;
        }

        return digest;
    }

    /// <summary>Keeps the digest of what a projection makes of a content.</summary>
    internal void AddProjection(string content, string projection, string digest)
    {
        _projections[content + projection] = digest;
        HasChanged = true;
    }

    /// <summary>Writes what this build has asked for or added, where that is more than there was. Makes no folder.</summary>
    public void Dispose()
    {
        if (!_isKept || !HasChanged || !Directory.Exists(Path.GetDirectoryName(_path)))
        {
            return;
        }

        try
        {
            // Not forced to the disk: what a crash leaves has another checksum.
            byte[] content = InputCacheFile.Serialize([.. _known.GetAwaiter().GetResult().Used(), .. _added], _projections);
            AtomicFile.Write(_path, content, durable: false);
            HasChanged = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next build hashes again.
        }
    }

    /// <summary>Forgets everything: a file was not what the cache said.</summary>
    internal void Forget()
    {
        HasChanged = false;
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then it could not have been written either.
        }
    }
}

/// <summary>A file that was hashed.</summary>
/// <param name="Stamp">Its stamp before that.</param>
/// <param name="Digest">SHA-256 of its content.</param>
internal sealed record InputCacheEntry(FileStamp Stamp, byte[] Digest);
