using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Toolchain;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>
/// The pins of a configuration, checked in beside it as <c>devcontainer-prebuild.lock.json</c>: base images by digest, and an epoch that a scheduled
/// refresh raises to take in updates of what a Dockerfile downloads. A build adds what is missing and moves nothing.
/// </summary>
/// <param name="Path">Absolute path of the file, which need not exist.</param>
/// <param name="Epoch">Counts refreshes; part of the key.</param>
/// <param name="Images">Pinned images by canonical reference.</param>
public sealed record LockFile(string Path, int Epoch, IReadOnlyDictionary<string, PinnedImage> Images)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "devcontainer-prebuild.lock.json";

    // A file without a toolchain is one that older versions read too.
    private const int Version = 1;
    private const int VersionWithToolchain = 2;

    /// <summary>Pinned .NET SDKs and runtimes by what was asked for.</summary>
    public IReadOnlyDictionary<string, PinnedToolchain> Toolchain { get; init; } = new Dictionary<string, PinnedToolchain>(StringComparer.Ordinal);

    /// <summary>Where the lock file of a configuration is.</summary>
    internal static string PathFor(string configFile) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(configFile)!, FileName);

    /// <summary>Reads the lock file beside a configuration; an empty one where there is none.</summary>
    /// <exception cref="DevcontainerException">DEVC3061: the file cannot be used.</exception>
    public static LockFile Read(string configFile)
    {
        string path = PathFor(configFile);
        if (!File.Exists(path))
        {
            return new LockFile(path, 0, new Dictionary<string, PinnedImage>(StringComparer.Ordinal));
        }

        try
        {
            return Parse(path, File.ReadAllBytes(path));
        }
        catch (JsonException e)
        {
            throw Invalid(path, e.Message, e, (int)(e.LineNumber ?? -1) + 1, (int)(e.BytePositionInLine ?? -1) + 1);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw Invalid(path, e.Message, e);
        }
    }

    /// <summary>This lock file with one more pin.</summary>
    internal LockFile With(string reference, PinnedImage image) =>
        this with { Images = new Dictionary<string, PinnedImage>(Images, StringComparer.Ordinal) { [reference] = image } };

    /// <summary>This lock file with a pin less.</summary>
    internal LockFile Without(string reference) =>
        this with { Images = Images.Where(pin => pin.Key != reference).ToDictionary(StringComparer.Ordinal) };

    /// <summary>This lock file with one more pin of .NET.</summary>
    internal LockFile With(string name, PinnedToolchain pin) =>
        this with { Toolchain = new Dictionary<string, PinnedToolchain>(Toolchain, StringComparer.Ordinal) { [name] = pin } };

    /// <summary>This lock file with a pin of .NET less.</summary>
    internal LockFile WithoutToolchain(string name) =>
        this with { Toolchain = Toolchain.Where(pin => pin.Key != name).ToDictionary(StringComparer.Ordinal) };

    /// <summary>This lock file with its epoch raised by one.</summary>
    /// <exception cref="DevcontainerException">DEVC3061: it is the last one.</exception>
    internal LockFile Raised() => Epoch < int.MaxValue
        ? this with { Epoch = Epoch + 1 }
        : throw new DevcontainerException(Codes.LockFileInvalid, new SourceLocation(Path), Path, $"its epoch is {Epoch}, and there is none above");

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="DevcontainerException">DEVC3062: it cannot be written; what was there is still there.</exception>
    internal void Write() => Write(Path, ToBytes());

    /// <summary>Writes a lock file, whole or not at all.</summary>
    /// <exception cref="DevcontainerException">DEVC3062: it cannot be written; what was there is still there.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            AtomicFile.Write(path, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.LockFileNotWritable, null, path, e.Message), e);
        }
    }

    /// <summary>The file's bytes: sorted, two spaces, a line feed at the end.</summary>
    internal byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonLayout.Indented))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", Toolchain.Count > 0 ? VersionWithToolchain : Version);
            writer.WriteNumber("epoch", Epoch);
            writer.WriteStartObject("images");
            foreach ((string reference, PinnedImage image) in Images.OrderBy(static pin => pin.Key, StringComparer.Ordinal))
            {
                writer.WriteStartObject(reference);
                writer.WriteString("digest", image.Digest.Value);
                writer.WriteStartObject("platforms");
                foreach ((string platform, string digest) in image.Platforms.OrderBy(static pin => pin.Key, StringComparer.Ordinal))
                {
                    writer.WriteString(platform, digest);
                }

                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            WriteToolchain(writer);
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private void WriteToolchain(Utf8JsonWriter writer)
    {
        if (Toolchain.Count == 0)
        {
            return;
        }

        writer.WriteStartObject("toolchain");
        foreach ((string name, PinnedToolchain pin) in Toolchain.OrderBy(static pin => pin.Key, StringComparer.Ordinal))
        {
            writer.WriteStartObject(name);
            writer.WriteString("version", pin.Version);
            writer.WriteStartObject("sha512");
            foreach ((string rid, string hash) in pin.Sha512.OrderBy(static one => one.Key, StringComparer.Ordinal))
            {
                writer.WriteString(rid, hash);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static LockFile Parse(string path, byte[] content)
    {
        using JsonDocument document = JsonDocument.Parse(content);
        JsonElement root = document.RootElement;
        if (Property(root, "version").GetInt32() is var version && version is not (Version or VersionWithToolchain))
        {
            throw new FormatException($"it has version {version}, and this SDK reads versions {Version} and {VersionWithToolchain}");
        }

        var images = new Dictionary<string, PinnedImage>(StringComparer.Ordinal);
        foreach (JsonProperty image in Property(root, "images").EnumerateObject())
        {
            var platforms = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty platform in Property(image.Value, "platforms").EnumerateObject())
            {
                platforms[platform.Name] = ParseDigest(platform.Value).Value;
            }

            images[image.Name] = new PinnedImage(ParseDigest(Property(image.Value, "digest")), platforms);
        }

        int epoch = Property(root, "epoch").GetInt32();
        return epoch >= 0 ? new LockFile(path, epoch, images) { Toolchain = ParseToolchain(root, version) } : throw new FormatException($"its epoch is {epoch}, and counts from 0");
    }

    private static Dictionary<string, PinnedToolchain> ParseToolchain(JsonElement root, int version)
    {
        var pins = new Dictionary<string, PinnedToolchain>(StringComparer.Ordinal);
        if (version < VersionWithToolchain)
        {
            return pins;
        }

        foreach (JsonProperty pin in Property(root, "toolchain").EnumerateObject())
        {
            string text = Property(pin.Value, "version").GetString() ?? string.Empty;
            var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty hash in Property(pin.Value, "sha512").EnumerateObject())
            {
                hashes[hash.Name] = hash.Value.GetString() is { } digits && ReleaseIndex.IsSha512(digits)
                    ? digits
                    : throw new FormatException($"'{hash.Value}' is no SHA-512");
            }

            pins[pin.Name] = SdkVersion.TryParse(text, out _) ? new PinnedToolchain(text, hashes) : throw new FormatException($"'{text}' is no version of .NET");
        }

        return pins;
    }

    private static JsonElement Property(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value : throw new FormatException($"it has no '{name}'");

    private static Digest ParseDigest(JsonElement element) =>
        Digest.TryParse(element.GetString(), out Digest digest) ? digest : throw new FormatException($"'{element.GetString()}' is no digest");

    private static DevcontainerException Invalid(string path, string reason, Exception inner, int line = 0, int column = 0) =>
        new(Diagnostic.Create(Codes.LockFileInvalid, new SourceLocation(path, line, column), path, reason.TrimEnd('.')), inner);
}

/// <summary>A pinned image.</summary>
/// <param name="Digest">Digest that the reference had: of an index, or of a manifest where the image has one platform.</param>
/// <param name="Platforms">Digests of the manifests of the platforms that are used.</param>
public sealed record PinnedImage(Digest Digest, IReadOnlyDictionary<string, string> Platforms);
