using System.Text;
using System.Text.Json;

namespace Devcontainer.Prebuild.Comparison;

/// <summary>Writes what differs between two images: <c>changes.json</c>, and <c>changes.md</c> for people. docs/files.md describes both.</summary>
internal static class ChangesFile
{
    /// <summary>The file's name.</summary>
    internal const string FileName = "changes.json";

    /// <summary>The name of the page.</summary>
    internal const string PageName = "changes.md";

    private const int Schema = 1;

    /// <summary>Writes both.</summary>
    internal static void Write(ImageChanges changes, string outputPath)
    {
        AtomicFile.Write(Path.Combine(outputPath, FileName), Serialize(changes));
        AtomicFile.Write(Path.Combine(outputPath, PageName), Encoding.UTF8.GetBytes(ChangesText.Markdown(changes)));
    }

    /// <summary>The bytes of <c>changes.json</c>.</summary>
    internal static byte[] Serialize(ImageChanges changes) => JsonLayout.Document(writer =>
    {
        writer.WriteNumber("schema", Schema);
        WriteImage(writer, "from", changes.From);
        WriteImage(writer, "to", changes.To);
        WriteChanges(writer, "packages", changes, ChangeKind.Package);
        WriteChanges(writer, "features", changes, ChangeKind.Feature);
        WriteChanges(writer, "bases", changes, ChangeKind.Base);
        JsonLayout.WriteList(writer, "platforms", changes.Sizes, static (w, size) =>
        {
            w.WriteString("platform", size.Platform);
            WriteSize(w, "from", size.From);
            WriteSize(w, "to", size.To);
        });
        JsonLayout.WriteList(writer, "layers", changes.Layers, static (w, layer) =>
        {
            JsonLayout.WriteTexts(w, "platforms", layer.Platforms);
            w.WriteString("digest", layer.Layer.Digest.Value);
            w.WriteNumber("size", layer.Layer.Size);
            w.WriteString("createdBy", layer.CreatedBy);
        });
        JsonLayout.WriteTexts(writer, "withoutSbom", changes.WithoutSbom);
    });

    private static void WriteImage(Utf8JsonWriter writer, string name, ImageRecord image)
    {
        writer.WriteStartObject(name);
        writer.WriteString("reference", image.Reference);
        writer.WriteString("key", image.Receipt.IndexKey);
        writer.WriteString("built", image.Receipt.Built);
        writer.WriteEndObject();
    }

    private static void WriteChanges(Utf8JsonWriter writer, string name, ImageChanges changes, ChangeKind kind) =>
        JsonLayout.WriteList(writer, name, [.. changes.Changes.Where(change => change.Kind == kind)], static (w, change) =>
        {
            w.WriteString("change", change.Change);
            if (change.Type.Length > 0)
            {
                w.WriteString("type", change.Type);
            }

            w.WriteString("name", change.Name);
            w.WriteString("from", change.From);
            w.WriteString("to", change.To);
            JsonLayout.WriteTexts(w, "platforms", change.Platforms);
        });

    private static void WriteSize(Utf8JsonWriter writer, string name, long? size)
    {
        if (size is { } bytes)
        {
            writer.WriteNumber(name, bytes);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
