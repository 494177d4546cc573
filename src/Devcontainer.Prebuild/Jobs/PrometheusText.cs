using System.Globalization;
using System.Text;
using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Jobs;

/// <summary>
/// The figures of <see cref="PrebuildMetrics"/> as a text that Prometheus reads, through node_exporter's textfile collector or a push gateway
/// (prometheus.io, "Exposition formats"). docs/files.md lists the metrics.
/// </summary>
internal static class PrometheusText
{
    /// <summary>The file's name in the output folder.</summary>
    internal const string FileName = "metrics.prom";

    private const string Prefix = "devcontainer_prebuild_";

    /// <summary>The file's bytes.</summary>
    /// <param name="metrics">The figures.</param>
    /// <param name="project">Name of the project, the label that all of them have.</param>
    internal static byte[] Write(PrebuildMetrics metrics, string project)
    {
        var text = new StringBuilder();
        (string, string) own = ("project", project);
        Add("ended_timestamp_seconds", "When the last prebuild that did something ended.", [([own], metrics.Ended.ToUnixTimeMilliseconds() / 1000.0)]);
        Add(
            "seconds",
            "How long it took.",
            [([own, ("source", metrics.Source ?? string.Empty), ("outcome", PrebuildMetrics.NameOf(metrics.Outcome)), ("code", metrics.Code ?? string.Empty)], metrics.Duration.TotalSeconds)]);
        Add("saved_seconds", "How long what was not done took when it was done.", metrics.SavedSeconds is { } saved ? [([own], saved)] : []);
        Add(
            "job_seconds",
            "How long jobs took, all of one name and platform together.",
            metrics.Jobs.GroupBy(static job => (job.Name, job.Platform ?? string.Empty))
                .Select(jobs => (Labels(own, ("job", jobs.Key.Name), ("platform", jobs.Key.Item2)), jobs.Sum(static job => job.Duration.TotalSeconds))));
        ILookup<string, BuildStep> steps = metrics.Steps.Where(static step => step.CountsForCache).ToLookup(static step => step.Platform);
        Add("steps", "Instructions of the build.", steps.Select(one => (Labels(own, ("platform", one.Key)), (double)one.Count())));
        Add("steps_cached", "Instructions that the engine had.", steps.Select(one => (Labels(own, ("platform", one.Key)), (double)one.Count(static step => step.Cached))));
        Add("cache_export_seconds", "How long caches were written.", BuildTransfer.CacheExportSeconds(metrics.Transfers) is { } export ? [([own], export)] : []);
        Add("image_bytes", "Layers and configuration as stored.", metrics.Images.Select(image => (Labels(own, ("platform", image.Platform)), (double)image.Size)));
        Add(
            "image_packages",
            "Packages that the SBOM lists.",
            metrics.Images.Where(static image => image.Sbom is not null).Select(image => (Labels(own, ("platform", image.Platform)), (double)image.Sbom!.PackageCount)));
        return Encoding.UTF8.GetBytes(text.ToString());

        void Add(string name, string help, IEnumerable<((string, string)[] Labels, double Value)> samples)
        {
            bool isFirst = true;
            foreach (((string, string)[] labels, double value) in samples)
            {
                if (isFirst)
                {
                    text.Append(CultureInfo.InvariantCulture, $"# HELP {Prefix}{name} {help}\n# TYPE {Prefix}{name} gauge\n");
                    isFirst = false;
                }

                text.Append(CultureInfo.InvariantCulture, $"{Prefix}{name}{{{string.Join(',', labels.Where(static label => label.Item2.Length > 0).Select(Label))}}} {Math.Round(value, 3)}\n");
            }
        }
    }

    private static (string, string)[] Labels(params (string, string)[] labels) => labels;

    private static string Label((string Name, string Value) label) =>
        $"{label.Name}=\"{label.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
