namespace Devcontainer.Prebuild.Replay;

/// <summary>Writes <c>detected.json</c>; docs/replay.md describes it field by field.</summary>
internal static class DetectedFile
{
    /// <summary>The file's name.</summary>
    internal const string FileName = "detected.json";

    private const int Schema = 1;

    /// <summary>The file's bytes.</summary>
    internal static byte[] Serialize(DetectedChange detected) => JsonLayout.Document(writer =>
    {
        writer.WriteNumber("schema", Schema);
        writer.WriteString("project", detected.Project);
        writer.WriteString("from", detected.From);
        writer.WriteString("to", detected.To);
        writer.WriteString("outcome", detected.Word);
        JsonLayout.WriteOptional(writer, "code", detected.Code);
        JsonLayout.WriteTexts(writer, "changes", detected.Changes.Select(static change => change.Text));
    });
}
