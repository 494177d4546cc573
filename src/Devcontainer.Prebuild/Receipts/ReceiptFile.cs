using System.Text.Json;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Keys;
using Microsoft.Win32.SafeHandles;

namespace Devcontainer.Prebuild.Receipts;

/// <summary>Reads and writes <c>receipt.json</c>. docs/files.md describes it field by field.</summary>
public static class ReceiptFile
{
    // A receipt of ten thousand inputs has two megabytes.
    private const long MaxLength = 64 * 1024 * 1024;

    // All but the inputs is a few kilobytes.
    private const int HeadLength = 64 * 1024;

    /// <summary>
    /// The receipt in <paramref name="outputPath"/>, or null where there is none that can be used: missing, empty, cut short, or of another
    /// version. State that cannot be read is state that is not there: the image is built anew.
    /// </summary>
    public static Receipt? TryRead(string outputPath)
    {
        try
        {
            var file = new FileInfo(Path.Combine(outputPath, Receipt.FileName));
            if (!file.Exists || file.Length is 0 or > MaxLength || file.LinkTarget is not null)
            {
                return null;
            }

            return (file.Length > HeadLength ? ReadHead(file.FullName) : null) ?? Parse(File.ReadAllBytes(file.FullName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes the receipt: whole under its name or not at all.</summary>
    public static void Write(Receipt receipt, string outputPath) =>
        AtomicFile.Write(Path.Combine(outputPath, Receipt.FileName), Serialize(receipt));

    /// <summary>The receipt in <paramref name="json"/>, or null where it is none.</summary>
    /// <param name="json">The receipt.</param>
    /// <param name="inputs">Its inputs, where the text is without.</param>
    internal static Receipt? Parse(ReadOnlyMemory<byte> json, IReadOnlyList<ReceiptInput>? inputs = null)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            return root.GetProperty("schema").GetInt32() == Receipt.CurrentSchema ? Read(root, inputs) : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The file's bytes.</summary>
    internal static byte[] Serialize(Receipt receipt) => JsonLayout.Document(writer =>
    {
        writer.WriteNumber("schema", Receipt.CurrentSchema);
        writer.WriteString("key", receipt.IndexKey);
        WriteImage(writer, receipt.Image);
        writer.WriteString("built", receipt.Built);
        writer.WriteNumber("seconds", receipt.Seconds);
        JsonLayout.WriteOptional(writer, "cacheExportSeconds", receipt.CacheExportSeconds);
        writer.WriteString("builder", receipt.Builder);
        JsonLayout.WriteList(writer, "keys", receipt.Keys, static (w, k) =>
        {
            w.WriteString("tier", k.TierName);
            if (k.Platform is not null)
            {
                w.WriteString("platform", k.Platform);
            }

            w.WriteString("key", k.Value);
        });
        JsonLayout.WriteList(writer, "platforms", receipt.Platforms, WritePlatform);
        JsonLayout.WriteList(writer, "features", receipt.Features, static (w, f) =>
        {
            w.WriteString("id", f.Id);
            w.WriteString("source", f.Source);
            w.WriteString("resolved", f.Resolved);
            w.WriteString("version", f.Version);
            w.WriteString("digest", f.Digest);
        });
        JsonLayout.WriteList(writer, "bases", receipt.Bases, static (w, b) =>
        {
            w.WriteString("reference", b.Reference);
            w.WriteString("platform", b.Platform);
            w.WriteString("digest", b.Digest);
            w.WriteBoolean("isAncestor", b.IsAncestor);
        });
        JsonLayout.WriteList(writer, "steps", receipt.Steps, static (w, s) =>
        {
            w.WriteString("platform", s.Platform);
            w.WriteString("name", s.Name);
            w.WriteBoolean("cached", s.Cached);
            w.WriteNumber("seconds", s.Seconds);
            JsonLayout.WriteOptional(w, "ran", s.Ran);
        });
        JsonLayout.WriteList(writer, "inputs", receipt.Inputs, static (w, i) =>
        {
            w.WriteString("path", i.Path);
            w.WriteString("tier", i.Tier);
            w.WriteString("projection", i.Projection);
            w.WriteString("sha256", i.Sha256);
            JsonLayout.WriteOptional(w, "rawSha256", i.RawSha256);
            JsonLayout.WriteOptional(w, "kind", i.Kind);
            JsonLayout.WriteOptional(w, "value", i.Value);
        });
    });

    // How a receipt that is written here goes on to its inputs, and ends.
    private static ReadOnlySpan<byte> BeforeInputs => ",\n  \"inputs\": ["u8;

    private static ReadOnlySpan<byte> AfterInputs => "]\n}\n"u8;

    /// <summary>
    /// Reads a long receipt but for its inputs, which are nearly all of it and which nobody asks for where nothing is to be done. Null where it is not
    /// as it is written here.
    /// </summary>
    private static Receipt? ReadHead(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        byte[] head = new byte[HeadLength];
        byte[] tail = new byte[AfterInputs.Length];
        int length = RandomAccess.Read(file, head, 0) == HeadLength ? head.AsSpan().IndexOf(BeforeInputs) : -1;
        if (length < 0 || RandomAccess.Read(file, tail, RandomAccess.GetLength(file) - tail.Length) < tail.Length || !tail.AsSpan().SequenceEqual(AfterInputs))
        {
            return null;
        }

        return Parse((byte[])[.. head.AsSpan(0, length), (byte)'}'], new DeferredInputs(path, head.AsMemory(0, length)));
    }

    private static void WriteImage(Utf8JsonWriter writer, ReceiptImage image)
    {
        writer.WriteStartObject("image");
        writer.WriteString("digest", image.Digest);
        writer.WriteNumber("size", image.Size);
        writer.WriteString("registry", image.Registry);
        writer.WriteString("repository", image.Repository);
        JsonLayout.WriteTexts(writer, "tags", image.Tags);
        writer.WriteEndObject();
    }

    private static void WritePlatform(Utf8JsonWriter writer, ReceiptPlatform platform)
    {
        writer.WriteString("platform", platform.Platform);
        writer.WriteString("digest", platform.Digest);
        writer.WriteNumber("manifestSize", platform.ManifestSize);
        writer.WriteNumber("size", platform.Size);
        writer.WriteString("source", platform.Source);
        WriteSbom(writer, platform.Sbom);
        if (platform.Environment is { } environment)
        {
            writer.WriteStartObject("environment");
            writer.WriteString("digest", environment.Digest);
            writer.WriteNumber("manifestSize", environment.ManifestSize);
            WriteSbom(writer, environment.Sbom);
            writer.WriteEndObject();
        }
    }

    private static void WriteSbom(Utf8JsonWriter writer, ReceiptSbom? sbom)
    {
        if (sbom is not null)
        {
            writer.WriteStartObject("sbom");
            writer.WriteString("path", sbom.Path);
            writer.WriteString("digest", sbom.Digest);
            writer.WriteNumber("packageCount", sbom.PackageCount);
            writer.WriteEndObject();
        }
    }

    private static Receipt Read(JsonElement root, IReadOnlyList<ReceiptInput>? inputs)
    {
        JsonElement image = root.GetProperty("image");
        return new Receipt
        {
            Image = new ReceiptImage(
                Text(image, "digest"),
                image.GetProperty("size").GetInt64(),
                Text(image, "registry"),
                Text(image, "repository"),
                List(image, "tags", static e => e.GetString() ?? throw new FormatException())),
            Built = root.GetProperty("built").GetDateTimeOffset(),
            Seconds = root.GetProperty("seconds").GetDouble(),
            CacheExportSeconds = Number(root, "cacheExportSeconds"),
            Builder = Text(root, "builder"),
            Keys = List(root, "keys", static e => new CacheKey(
                ParseTier(Text(e, "tier")),
                e.TryGetProperty("platform", out JsonElement platform) ? platform.GetString() : null,
                Text(e, "key"))),
            Platforms = List(root, "platforms", static e => new ReceiptPlatform(
                Text(e, "platform"),
                Text(e, "digest"),
                e.GetProperty("manifestSize").GetInt64(),
                e.GetProperty("size").GetInt64(),
                Text(e, "source"),
                ReadSbom(e),
                e.TryGetProperty("environment", out JsonElement environment)
                    ? new ReceiptEnvironment(Text(environment, "digest"), environment.GetProperty("manifestSize").GetInt64(), ReadSbom(environment))
                    : null)),
            Features = List(root, "features", static e => new ReceiptFeature(
                Text(e, "id"), Text(e, "source"), Text(e, "resolved"), Text(e, "version"), Text(e, "digest"))),
            Bases = List(root, "bases", static e => new ReceiptBase(
                Text(e, "reference"), Text(e, "platform"), Text(e, "digest"), e.GetProperty("isAncestor").GetBoolean())),
            Steps = List(root, "steps", static e => new BuildStep(
                Text(e, "platform"), Text(e, "name"), e.GetProperty("cached").GetBoolean(), e.GetProperty("seconds").GetDouble(), Number(e, "ran"))),
            Inputs = inputs ?? List(root, "inputs", static e => new ReceiptInput(
                Text(e, "path"),
                Text(e, "tier"),
                Text(e, "projection"),
                Text(e, "sha256"),
                Optional(e, "rawSha256"),
                Optional(e, "kind"),
                Optional(e, "value"))),
        };
    }

    private static ReceiptSbom? ReadSbom(JsonElement element) => element.TryGetProperty("sbom", out JsonElement sbom)
        ? new ReceiptSbom(Text(sbom, "path"), Text(sbom, "digest"), sbom.GetProperty("packageCount").GetInt32())
        : null;

    private static double? Number(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : null;

    private static string? Optional(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw new FormatException();

    private static List<T> List<T>(JsonElement element, string name, Func<JsonElement, T> read)
    {
        JsonElement array = element.GetProperty(name);
        var list = new List<T>(array.GetArrayLength());
        foreach (JsonElement item in array.EnumerateArray())
        {
            list.Add(read(item));
        }

        return list;
    }

    private static KeyTier ParseTier(string name) =>
        CacheKey.TryParseTier(name, out KeyTier tier) ? tier : throw new FormatException($"No tier {name}.");
}
