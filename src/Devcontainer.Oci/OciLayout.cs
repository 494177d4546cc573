using System.IO.Compression;
using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// An OCI image layout: a folder with <c>oci-layout</c>, <c>index.json</c> and content-addressed blobs (OCI image specification,
/// image-layout.md). Safe for several readers and writers at a time: every file appears whole, under a rename, or not at all.
/// </summary>
public sealed class OciLayout
{
    /// <summary>The most bytes that <see cref="ReadBlob"/> takes into memory.</summary>
    public const long MaxInMemory = 128L * 1024 * 1024;

    private const string LayoutFile = "oci-layout";
    private const string IndexFile = "index.json";
    private const string UnfinishedPrefix = ".unfinished-";
    private const int DeepestIndex = 8;

    private OciLayout(string path) => Root = path;

    /// <summary>The layout's folder, an absolute path.</summary>
    public string Root { get; }

    private string BlobFolder => Path.Combine(Root, "blobs", "sha256");

    // containerd and BuildKit keep unfinished blobs here too; readers of layouts ignore it.
    private string IngestFolder => Path.Combine(Root, "ingest");

    /// <summary>Opens a layout that is there.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.LayoutNotFound"/>, or <see cref="Codes.LayoutInvalid"/> for a folder that
    /// holds something else.</exception>
    public static OciLayout Open(string path)
    {
        var layout = new OciLayout(Path.GetFullPath(path));
        if (!Directory.Exists(layout.Root))
        {
            throw new DevcontainerException(Codes.LayoutNotFound, layout.Root);
        }

        layout.CheckVersion();
        if (!File.Exists(Path.Combine(layout.Root, IndexFile)))
        {
            throw new DevcontainerException(Codes.LayoutInvalid, layout.Root, "index.json is missing");
        }

        return layout;
    }

    /// <summary>Makes an empty layout, or opens the one that is there.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.LayoutInvalid"/>: what is there is not a layout, or leads elsewhere by symbolic
    /// links.</exception>
    public static OciLayout Create(string path)
    {
        var layout = new OciLayout(Path.GetFullPath(path));
        layout.CheckKinds();
        Directory.CreateDirectory(layout.BlobFolder);
        if (!File.Exists(Path.Combine(layout.Root, IndexFile)))
        {
            layout.WriteIndex(new ImageIndex { Manifests = [] });
        }

        string marker = Path.Combine(layout.Root, LayoutFile);
        if (!File.Exists(marker))
        {
            layout.Replace(marker, """{"imageLayoutVersion":"1.0.0"}"""u8);
        }

        layout.CheckVersion();
        return layout;
    }

    /// <summary>Reads <c>index.json</c>, the layout's entry points.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.LayoutInvalid"/>, <see cref="Codes.ContentInvalid"/> or
    /// <see cref="Codes.ContentTooLarge"/>.</exception>
    public ImageIndex ReadIndex()
    {
        string path = Path.Combine(Root, IndexFile);
        try
        {
            return ImageIndex.Parse(ReadSmallFile(path), path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.LayoutInvalid, null, Root, "index.json is missing"), e);
        }
    }

    /// <summary>Replaces <c>index.json</c>: whoever reads it sees the old one or the new one, also after a crash.</summary>
    public void WriteIndex(ImageIndex index) => Replace(Path.Combine(Root, IndexFile), index.ToBytes());

    /// <summary>Where a blob lies, or would.</summary>
    public string BlobPath(Digest digest) => Path.Combine(BlobFolder, digest.Hex);

    /// <summary>Whether a blob is there in its full size. Its bytes are not read; <see cref="ReadBlob"/> and
    /// <see cref="OpenBlob(Descriptor)"/> do check them.</summary>
    public bool Contains(Descriptor descriptor) =>
        new FileInfo(BlobPath(descriptor.Digest)) is { Exists: true } file && file.Length == descriptor.Size;

    /// <summary>Opens a blob for reading; its digest is checked when the end is read.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.BlobMissing"/>; on reading <see cref="Codes.BlobCorrupt"/>.</exception>
    public Stream OpenBlob(Digest digest) => Open(digest, size: null);

    /// <summary>Opens a blob for reading; its size and digest are checked when the end is read.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.BlobMissing"/>; on reading <see cref="Codes.BlobCorrupt"/>.</exception>
    public Stream OpenBlob(Descriptor descriptor) => Open(descriptor.Digest, descriptor.Size);

    /// <summary>Opens a blob for reading from an offset on; only its size is checked.</summary>
    internal Stream OpenBlobAt(Descriptor descriptor, long offset)
    {
        FileStream file = OpenFile(descriptor.Digest);
        if (file.Length != descriptor.Size)
        {
            file.Dispose();
            throw Wrong(descriptor);
        }

        file.Position = offset;
        return file;
    }

    /// <summary>Reads a blob into memory and checks its size and digest.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.BlobMissing"/>, <see cref="Codes.BlobCorrupt"/>, or
    /// <see cref="Codes.ContentTooLarge"/> above <see cref="MaxInMemory"/>.</exception>
    public byte[] ReadBlob(Descriptor descriptor)
    {
        if (descriptor.Size > MaxInMemory)
        {
            throw new DevcontainerException(Codes.ContentTooLarge, $"blob {descriptor.Digest}", descriptor.Size, MaxInMemory);
        }

        string path = BlobPath(descriptor.Digest);
        using FileStream file = OpenFile(descriptor.Digest);
        if (file.Length != descriptor.Size)
        {
            throw new DevcontainerException(
                Codes.BlobCorrupt, descriptor.Digest.Value, path, $"it has {file.Length} of {descriptor.Size} bytes");
        }

        byte[] bytes = new byte[descriptor.Size];
        file.ReadExactly(bytes);
        Digest actual = Digest.Sha256(bytes);
        return actual == descriptor.Digest
            ? bytes
            : throw new DevcontainerException(Codes.BlobCorrupt, descriptor.Digest.Value, path, $"its bytes have the digest {actual}");
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="DevcontainerException">What <see cref="ReadBlob"/> and <see cref="ImageManifest.Parse"/> throw.</exception>
    public ImageManifest ReadManifest(Descriptor descriptor) => ImageManifest.Parse(ReadBlob(descriptor), descriptor.Digest.Value);

    /// <summary>Reads an index that is a blob, such as an image's; <see cref="ReadIndex()"/> reads the layout's own.</summary>
    /// <exception cref="DevcontainerException">What <see cref="ReadBlob"/> and <see cref="ImageIndex.Parse"/> throw.</exception>
    public ImageIndex ReadIndex(Descriptor descriptor) => ImageIndex.Parse(ReadBlob(descriptor), descriptor.Digest.Value);

    /// <summary>Reads an image's configuration.</summary>
    /// <exception cref="DevcontainerException">What <see cref="ReadBlob"/> and <see cref="ImageConfig.Parse"/> throw.</exception>
    public ImageConfig ReadConfig(ImageManifest manifest) => ImageConfig.Parse(ReadBlob(manifest.Config), manifest.Config.Digest.Value);

    /// <summary>Adds a blob, unless it is there.</summary>
    public Descriptor AddBlob(ReadOnlySpan<byte> content, string mediaType)
    {
        var descriptor = Descriptor.Of(content, mediaType);
        if (!Contains(descriptor))
        {
            using Ingest ingest = BeginIngest();
            ingest.File.Write(content);
            ingest.Commit(BlobPath(descriptor.Digest));
        }

        return descriptor;
    }

    /// <summary>Adds a blob from a stream, unless it is there, in constant memory.</summary>
    public async Task<Descriptor> AddBlobAsync(Stream content, string mediaType, CancellationToken cancellationToken = default)
    {
        using Ingest ingest = BeginIngest();
        await using var hashed = new HashingStream(ingest.File);
        await content.CopyToAsync(hashed, cancellationToken).ConfigureAwait(false);
        return Finish(ingest, hashed, mediaType);
    }

    /// <summary>Adds a blob that can be had again from where it comes, in constant memory; its size and digest are checked.</summary>
    /// <param name="content">Its bytes.</param>
    /// <param name="blob">What they must be.</param>
    /// <param name="origin">Where they come from, for messages.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DevcontainerException"><see cref="Codes.BlobCorrupt"/>; then nothing was added.</exception>
    internal async Task AddBlobAsync(Stream content, Descriptor blob, string origin, CancellationToken cancellationToken)
    {
        using Ingest ingest = BeginIngest();
        using var hashed = new HashingStream(ingest.File);
        await content.ReadAheadAsync(
            piece =>
            {
                hashed.Write(piece);
                if (hashed.Length > blob.Size)
                {
                    throw new DevcontainerException(Codes.BlobCorrupt, blob.Digest.Value, origin, $"it is longer than {blob.Size} bytes");
                }
            },
            cancellationToken).ConfigureAwait(false);
        if (hashed.Length != blob.Size)
        {
            throw new DevcontainerException(Codes.BlobCorrupt, blob.Digest.Value, origin, $"it has {hashed.Length} of {blob.Size} bytes");
        }

        Digest actual = hashed.TakeDigest();
        if (actual != blob.Digest)
        {
            throw new DevcontainerException(Codes.BlobCorrupt, blob.Digest.Value, origin, $"its bytes have the digest {actual}");
        }

        // Not flushed, which would take longer than all the rest: what a power failure leaves unwritten is too short, so it is fetched again.
        ingest.Commit(BlobPath(blob.Digest), flush: false);
    }

    /// <summary>Adds a blob that a callback writes, unless it is there, in constant memory.</summary>
    public Descriptor AddBlob(Action<Stream> write, string mediaType)
    {
        using Ingest ingest = BeginIngest();
        using var buffered = new BufferedStream(ingest.File, 128 * 1024);
        using var hashed = new HashingStream(buffered);
        write(hashed);
        hashed.Flush();
        return Finish(ingest, hashed, mediaType);
    }

    /// <summary>Adds a compressed layer, unless it is there, in constant memory.</summary>
    /// <param name="entries">What the layer holds (see <see cref="CanonicalTar"/>).</param>
    /// <param name="modified">The time of every entry.</param>
    /// <param name="cancellationToken">Stops between two pieces of content.</param>
    /// <returns>The layer, and the digest of what it is uncompressed (OCI image specification, config.md, "DiffID").</returns>
    /// <exception cref="DevcontainerException"><see cref="Codes.ArchiveEntryInvalid"/>.</exception>
    public (Descriptor Layer, Digest DiffId) AddLayer(
        IEnumerable<TarEntry> entries, DateTimeOffset modified, CancellationToken cancellationToken = default)
    {
        Digest diffId = default;
        Descriptor layer = AddBlob(
            stream =>
            {
                using var compressed = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true);
                using var hashed = new HashingStream(compressed);
                CanonicalTar.Write(hashed, entries, modified, cancellationToken);
                hashed.Flush();
                diffId = hashed.TakeDigest();
            },
            MediaTypes.LayerGzip);
        return (layer, diffId);
    }

    /// <summary>
    /// Adds an image <c>FROM scratch</c> with one uncompressed layer, for the same bytes on every platform; such as a build's named context
    /// (<c>oci-layout://folder@digest</c>). The layout's index does not name it.
    /// </summary>
    /// <param name="entries">What the layer holds (see <see cref="CanonicalTar"/>).</param>
    /// <param name="modified">The time of every entry.</param>
    /// <param name="platforms">None or one: the result is a manifest; several: an index of manifests that share the layer.</param>
    /// <returns>The manifest or index.</returns>
    /// <exception cref="DevcontainerException"><see cref="Codes.ArchiveEntryInvalid"/>.</exception>
    public Descriptor WriteSingleLayerImage(
        IEnumerable<TarEntry> entries, DateTimeOffset modified, params IReadOnlyList<Platform> platforms)
    {
        Descriptor layer = AddBlob(stream => CanonicalTar.Write(stream, entries, modified), MediaTypes.Layer);
        if (platforms.Count <= 1)
        {
            // A platform of its own choice would make the digest depend on the machine; builders do not ask for one here.
            return AddManifest(platforms is [var only] ? only : new Platform("unknown", "unknown"));
        }

        var manifests = new List<Descriptor>(platforms.Count);
        foreach (Platform platform in platforms)
        {
            manifests.Add(AddManifest(platform) with { Platform = platform });
        }

        return AddBlob(new ImageIndex { Manifests = manifests }.ToBytes(), MediaTypes.ImageIndex);

        Descriptor AddManifest(Platform platform)
        {
            // Uncompressed, so that the layer's digest is its diff id.
            var config = new ImageConfig
            {
                Architecture = platform.Architecture, Os = platform.Os, Variant = platform.Variant, DiffIds = [layer.Digest],
            };
            return AddBlob(
                new ImageManifest { Config = AddBlob(config.ToBytes(), MediaTypes.ImageConfig), Layers = [layer] }.ToBytes(),
                MediaTypes.ImageManifest);
        }
    }

    /// <summary>
    /// Takes over everything reachable from a descriptor of another layout: indexes and manifests are checked, configurations and layers
    /// must be there in full size. A good blob that is here already stays untouched.
    /// </summary>
    /// <param name="other">Where the blobs are.</param>
    /// <param name="root">An index, a manifest or a single blob.</param>
    /// <param name="move">Whether the blobs may leave the other layout, which costs a rename instead of a copy.</param>
    /// <exception cref="DevcontainerException"><see cref="Codes.BlobMissing"/>, <see cref="Codes.BlobCorrupt"/> or
    /// <see cref="Codes.ContentInvalid"/>; then nothing was taken.</exception>
    public void ImportFrom(OciLayout other, Descriptor root, bool move = false)
    {
        // Children first, so that a manifest is here only once all that it names is.
        IReadOnlyList<Descriptor> blobs = other.Reachable(root);
        foreach (Descriptor blob in blobs)
        {
            if (!other.Contains(blob))
            {
                throw other.Wrong(blob);
            }
        }

        for (int i = blobs.Count - 1; i >= 0; i--)
        {
            Descriptor blob = blobs[i];
            if (Contains(blob))
            {
                continue;
            }

            string source = other.BlobPath(blob.Digest);
            string passing = NewIngestPath();
            if (move)
            {
                // Two moves: the first may cross file systems and then copies, the second is always a rename.
                File.Move(source, passing);
            }
            else
            {
                File.Copy(source, passing);
            }

            File.Move(passing, BlobPath(blob.Digest), overwrite: true);
        }
    }

    /// <summary>
    /// Everything reachable from a descriptor, each digest once, and each before all that it names: an index's manifests, a manifest's
    /// configuration and layers. A subject is not followed: a referrer points at it, and does not contain it.
    /// </summary>
    /// <exception cref="DevcontainerException">An index or manifest is missing, damaged or nested without end.</exception>
    public IReadOnlyList<Descriptor> Reachable(Descriptor root)
    {
        var found = new List<Descriptor>();
        Collect(root, found, new HashSet<string>(StringComparer.Ordinal), 0);
        found.Reverse();
        return found;
    }

    /// <summary>What an index or manifest names: manifests, or configuration and layers; nothing where it is a blob.</summary>
    internal IReadOnlyList<Descriptor> Named(Descriptor descriptor)
    {
        if (MediaTypes.IsIndex(descriptor.MediaType))
        {
            return ReadIndex(descriptor).Manifests;
        }

        return MediaTypes.IsManifest(descriptor.MediaType) && ReadManifest(descriptor) is var manifest
            ? [manifest.Config, .. manifest.Layers]
            : [];
    }

    /// <summary>Deletes blobs that no entry of <c>index.json</c> reaches, and what unfinished writes left.</summary>
    /// <returns>How many bytes became free.</returns>
    /// <exception cref="DevcontainerException">The layout is damaged; then nothing was deleted.</exception>
    public long DeleteUnreachable()
    {
        var found = new List<Descriptor>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (Descriptor root in ReadIndex().Manifests)
        {
            Collect(root, found, seen, 0);
        }

        var keep = new HashSet<string>(StringComparer.Ordinal);
        foreach (Descriptor blob in found)
        {
            keep.Add(blob.Digest.Hex);
        }

        long freed = 0;
        foreach (FileInfo file in new DirectoryInfo(BlobFolder).EnumerateFiles())
        {
            if (!keep.Contains(file.Name))
            {
                freed += file.Length;
                file.Delete();
            }
        }

        if (Directory.Exists(IngestFolder))
        {
            Directory.Delete(IngestFolder, recursive: true);
        }

        foreach (string unfinished in Directory.EnumerateFiles(Root, UnfinishedPrefix + "*"))
        {
            File.Delete(unfinished);
        }

        return freed;
    }

    // Adds what a descriptor names before the descriptor: backwards, a blob that two manifests share still comes after both.
    private void Collect(Descriptor descriptor, List<Descriptor> found, HashSet<string> seen, int depth)
    {
        if (depth > DeepestIndex)
        {
            throw new DevcontainerException(Codes.LayoutInvalid, Root, "its indexes are nested without end");
        }

        if (!seen.Add(descriptor.Digest.Value))
        {
            return;
        }

        foreach (Descriptor named in Named(descriptor))
        {
            Collect(named, found, seen, depth + 1);
        }

        found.Add(descriptor);
    }

    private void CheckKinds()
    {
        foreach (string folder in (ReadOnlySpan<string>)[Path.GetDirectoryName(BlobFolder)!, BlobFolder, IngestFolder])
        {
            if (new DirectoryInfo(folder).LinkTarget is not null || File.Exists(folder))
            {
                throw new DevcontainerException(Codes.LayoutInvalid, Root, $"'{folder}' is not a folder");
            }
        }

        foreach (string name in (ReadOnlySpan<string>)[IndexFile, LayoutFile])
        {
            if (Directory.Exists(Path.Combine(Root, name)))
            {
                throw new DevcontainerException(Codes.LayoutInvalid, Root, $"{name} is not a file");
            }
        }
    }

    private void CheckVersion()
    {
        string path = Path.Combine(Root, LayoutFile);
        byte[] bytes;
        try
        {
            bytes = ReadSmallFile(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.LayoutInvalid, null, Root, "the file oci-layout is missing"), e);
        }

        string? version = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            version = document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("imageLayoutVersion", out JsonElement value)
                && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Said below, as for any other content that is no version.
        }

        if (version != "1.0.0")
        {
            throw new DevcontainerException(Codes.LayoutInvalid, Root, "the file oci-layout does not say version 1.0.0");
        }
    }

    private static byte[] ReadSmallFile(string path)
    {
        using FileStream file = File.OpenRead(path);
        if (file.Length > ImageManifest.MaxSize)
        {
            throw new DevcontainerException(Codes.ContentTooLarge, path, file.Length, ImageManifest.MaxSize);
        }

        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private VerifyingStream Open(Digest digest, long? size) => new(OpenFile(digest), digest, size, BlobPath(digest));

    private FileStream OpenFile(Digest digest)
    {
        try
        {
            return new FileStream(BlobPath(digest), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.BlobMissing, null, digest.Value, Root), e);
        }
    }

    private DevcontainerException Wrong(Descriptor blob)
    {
        var file = new FileInfo(BlobPath(blob.Digest));
        return file.Exists
            ? new DevcontainerException(Codes.BlobCorrupt, blob.Digest.Value, file.FullName, $"it has {file.Length} of {blob.Size} bytes")
            : new DevcontainerException(Codes.BlobMissing, blob.Digest.Value, Root);
    }

    private string NewIngestPath()
    {
        Directory.CreateDirectory(IngestFolder);
        return Path.Combine(IngestFolder, Path.GetRandomFileName());
    }

    private Descriptor Finish(Ingest ingest, HashingStream hashed, string mediaType)
    {
        var descriptor = new Descriptor(mediaType, hashed.TakeDigest(), hashed.Length);
        if (!Contains(descriptor))
        {
            ingest.Commit(BlobPath(descriptor.Digest));
        }

        return descriptor;
    }

    private Ingest BeginIngest() => new(NewIngestPath());

    private void Replace(string path, ReadOnlySpan<byte> content)
    {
        // Beside the file, so that the rename stays in one file system; created anew, so that a planted link is never followed.
        using var ingest = new Ingest(Path.Combine(Root, $"{UnfinishedPrefix}{Path.GetRandomFileName()}"));
        ingest.File.Write(content);
        ingest.Commit(path);
    }

    /// <summary>A file in the making: renamed to its place by <see cref="Commit"/>, gone otherwise.</summary>
    private sealed class Ingest(string path) : IDisposable
    {
        private bool _committed;

        internal FileStream File { get; } = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);

        internal void Commit(string target, bool flush = true)
        {
            if (flush)
            {
                DurableFile.Flush(File);
            }

            File.Dispose();
            System.IO.File.Move(path, target, overwrite: true);
            _committed = true;
        }

        public void Dispose()
        {
            File.Dispose();
            if (!_committed)
            {
                System.IO.File.Delete(path);
            }
        }
    }
}
