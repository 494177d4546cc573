namespace Devcontainer.Prebuild.Replay;

/// <summary>Writes <c>replay.json</c>; docs/replay.md describes it field by field.</summary>
internal static class ReplayFile
{
    /// <summary>The file's name.</summary>
    internal const string FileName = "replay.json";

    private const int Schema = 1;

    /// <summary>The file's bytes.</summary>
    internal static byte[] Serialize(ReplayResult result) => JsonLayout.Document(writer =>
    {
        writer.WriteNumber("schema", Schema);
        writer.WriteString("head", result.Head);
        writer.WriteNumber("commits", result.Commits);
        writer.WriteNumber("images", result.Images);
        writer.WriteNumber("hits", result.Hits);
        writer.WriteNumber("appends", result.Appends);
        writer.WriteNumber("builds", result.Builds);
        writer.WriteNumber("naiveBuilds", result.NaiveBuilds);
        writer.WriteNumber("withoutEngine", Math.Round(result.WithoutEngine, 4));
        writer.WriteNumber("naiveWithoutEngine", Math.Round(result.NaiveWithoutEngine, 4));
        writer.WriteNumber("seconds", Math.Round(result.Elapsed.TotalSeconds, 3));
        JsonLayout.WriteList(writer, "causes", result.Causes, static (w, cause) =>
        {
            w.WriteString("name", cause.Key);
            w.WriteNumber("builds", cause.Value);
        });
        JsonLayout.WriteList(writer, "misses", result.Misses, static (w, miss) =>
        {
            w.WriteString("commit", miss.Commit);
            w.WriteString("outcome", Name(miss.Outcome));
            JsonLayout.WriteOptional(w, "code", miss.Code);
            JsonLayout.WriteTexts(w, "changes", miss.Changes.Select(static change => change.Text));
        });
    });

    /// <summary>An outcome as files name it.</summary>
    internal static string Name(CommitOutcome outcome) => outcome switch
    {
        CommitOutcome.Hit => "hit",
        CommitOutcome.Append => "append",
        CommitOutcome.Build => "build",
        _ => "none",
    };
}
