using System.Text.Json;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Jobs;

/// <summary>What a prebuild came to in figures: <c>metrics.json</c>, which docs/files.md describes field by field.</summary>
internal sealed record PrebuildMetrics
{
    /// <summary>The file's name in the output folder.</summary>
    internal const string FileName = "metrics.json";

    private const int Schema = 1;

    /// <summary>The index key.</summary>
    internal required string Key { get; init; }

    /// <summary>Where the image is from; null where there is none.</summary>
    internal string? Source { get; init; }

    /// <summary>What became of the prebuild.</summary>
    internal required JobOutcome Outcome { get; init; }

    /// <summary>Code of its error, or null.</summary>
    internal string? Code { get; init; }

    /// <summary>When it ended, in UTC.</summary>
    internal required DateTimeOffset Ended { get; init; }

    /// <summary>How long it took.</summary>
    internal required TimeSpan Duration { get; init; }

    /// <summary>Its jobs, in order of beginning.</summary>
    internal required IReadOnlyList<JobRecord> Jobs { get; init; }

    /// <summary>The instructions of the build.</summary>
    internal required IReadOnlyList<BuildStep> Steps { get; init; }

    /// <summary>What the build carried in and out.</summary>
    internal required IReadOnlyList<BuildTransfer> Transfers { get; init; }

    /// <summary>How long what was not done here took when it was done, in seconds; null where nobody tells.</summary>
    internal double? SavedSeconds { get; init; }

    /// <summary>The images, sorted by platform.</summary>
    internal required IReadOnlyList<ReceiptPlatform> Images { get; init; }

    /// <summary>What has changed since the image before, in words.</summary>
    internal IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>The file's bytes.</summary>
    internal byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonLayout.Indented))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schema", Schema);
            writer.WriteString("key", Key);
            JsonLayout.WriteOptional(writer, "source", Source);
            writer.WriteString("outcome", NameOf(Outcome));
            JsonLayout.WriteOptional(writer, "code", Code);
            writer.WriteString("ended", Ended);
            writer.WriteNumber("seconds", Seconds(Duration));
            JsonLayout.WriteOptional(writer, "savedSeconds", SavedSeconds);
            JsonLayout.WriteList(writer, "jobs", Jobs, WriteJob);
            WriteSteps(writer);
            JsonLayout.WriteList(
                writer,
                "transfers",
                [.. Transfers.OrderBy(static t => t.Platform, StringComparer.Ordinal).ThenBy(static t => t.Kind).ThenBy(static t => t.Place, StringComparer.Ordinal)],
                WriteTransfer);
            JsonLayout.WriteList(writer, "images", Images, WriteImage);
            JsonLayout.WriteTexts(writer, "changes", Changes);
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private void WriteSteps(Utf8JsonWriter writer)
    {
        BuildStep[] counted = [.. Steps.Where(static step => step.CountsForCache)];
        writer.WriteStartObject("steps");
        WriteCounts(writer, counted);
        JsonLayout.WriteList(
            writer,
            "platforms",
            [.. counted.GroupBy(static step => step.Platform).OrderBy(static group => group.Key, StringComparer.Ordinal)],
            static (w, group) =>
            {
                w.WriteString("platform", group.Key);
                WriteCounts(w, [.. group]);
            });
        writer.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter writer, BuildStep[] steps)
    {
        int cached = steps.Count(static step => step.Cached);
        writer.WriteNumber("total", steps.Length);
        writer.WriteNumber("cached", cached);
        if (steps.Length > 0)
        {
            writer.WriteNumber("hitRate", Math.Round((double)cached / steps.Length, 3));
        }

        writer.WriteNumber("seconds", Math.Round(steps.Sum(static step => step.Seconds), 3));
        JsonLayout.WriteOptional(writer, "savedSeconds", BuildStep.Saved(steps));
    }

    private static void WriteJob(Utf8JsonWriter writer, JobRecord job)
    {
        writer.WriteString("name", job.Name);
        JsonLayout.WriteOptional(writer, "platform", job.Platform);
        writer.WriteNumber("start", Seconds(job.Start));
        writer.WriteNumber("seconds", Seconds(job.Duration));
        writer.WriteNumber("attempts", job.Attempts);
        writer.WriteString("outcome", NameOf(job.Outcome));
        JsonLayout.WriteOptional(writer, "code", job.Code);
    }

    private static void WriteTransfer(Utf8JsonWriter writer, BuildTransfer transfer)
    {
        writer.WriteString("kind", transfer.Kind switch
        {
            TransferKind.CacheImport => "cache import",
            TransferKind.CacheExport => "cache export",
            _ => "image export",
        });
        JsonLayout.WriteOptional(writer, "platform", transfer.Platform.Length > 0 ? transfer.Platform : null);
        writer.WriteString("place", transfer.Place);
        writer.WriteNumber("seconds", transfer.Seconds);
        writer.WriteString("outcome", NameOf(transfer.Succeeded ? JobOutcome.Succeeded : JobOutcome.Failed));
    }

    private static void WriteImage(Utf8JsonWriter writer, ReceiptPlatform image)
    {
        writer.WriteString("platform", image.Platform);
        writer.WriteString("digest", image.Digest);
        writer.WriteNumber("size", image.Size);
        if (image.Sbom is { } sbom)
        {
            writer.WriteNumber("packages", sbom.PackageCount);
        }
    }

    private static double Seconds(TimeSpan duration) => Math.Round(duration.TotalSeconds, 3);

    /// <summary>What an outcome is called.</summary>
    internal static string NameOf(JobOutcome outcome) => outcome switch
    {
        JobOutcome.Succeeded => "succeeded",
        JobOutcome.Failed => "failed",
        _ => "cancelled",
    };
}
