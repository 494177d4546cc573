using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Reproducibility;

/// <summary>
/// Builds an image twice from nothing, of the same inputs, and compares the manifests of its platforms. Neither build is given anything of an earlier one:
/// no cache of the engine or of a registry, no layer of an image that there is. The image of the output folder stays as it is.
/// </summary>
public sealed class ReproducibilityCheck(IBuildReporter reporter)
{
    /// <summary>Builds twice and compares.</summary>
    /// <param name="request">The prebuild.</param>
    /// <param name="cancellationToken">Ends it; what was built is gone then.</param>
    /// <exception cref="DevcontainerException">An input is missing or wrong, a registry or the engine does not answer, or a build failed.</exception>
    public async Task<ReproducibilityReport> RunAsync(PrebuildRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using OutputFolder output = await OutputFolder.AcquireAsync(request.OutputPath, request.LockTimeout, reporter, cancellationToken).ConfigureAwait(false);
        string staging = output.CreateStaging();
        try
        {
            string[] folders = [Path.Combine(staging, "first"), Path.Combine(staging, "second")];
            IReadOnlyList<Receipt> builds = await new PrebuildPipeline(reporter).RepeatAsync(FromNothing(request), folders, cancellationToken).ConfigureAwait(false);
            var report = new ReproducibilityReport(
            [
                .. builds[0].Platforms.Zip(builds[1].Platforms, (first, second) => Compare(
                    first.Platform, ImageOf(folders[0], first.Manifest), ImageOf(folders[1], second.Manifest), cancellationToken)),
            ]);
            foreach (PlatformRebuild platform in report.Platforms)
            {
                reporter.Status($"{request.ProjectName} {platform.Platform}: {Tell(platform)}");
            }

            return report;
        }
        finally
        {
            OutputFolder.Delete(staging);
        }
    }

    /// <summary>Compares two builds of one platform.</summary>
    internal static PlatformRebuild Compare(string platform, RebuiltImage first, RebuiltImage second, CancellationToken cancellationToken)
    {
        if (first.Digest == second.Digest)
        {
            return new PlatformRebuild(platform, first.Digest, second.Digest, []);
        }

        var differences = new List<RebuildDifference>();
        for (int i = 0; i < Math.Max(first.Manifest.Layers.Count, second.Manifest.Layers.Count); i++)
        {
            Descriptor? one = first.Manifest.Layers.ElementAtOrDefault(i);
            Descriptor? other = second.Manifest.Layers.ElementAtOrDefault(i);
            if (one?.Digest != other?.Digest)
            {
                cancellationToken.ThrowIfCancellationRequested();
                IReadOnlyList<PathDifference> paths = one is null || other is null
                    ? []
                    : LayerDifferences.Find(LayerContent.Read(first.Layout, one), LayerContent.Read(second.Layout, other));
                differences.Add(new RebuildDifference(one?.Digest, other?.Digest, first.InstructionOf(i) ?? second.InstructionOf(i), paths));
            }
        }

        // A layer that differs is in the configuration too: told is what differs besides.
        IReadOnlyList<PathDifference> fields = ConfigDifferences.Find(first.ReadConfig(), second.ReadConfig());
        if (fields.Count > 0)
        {
            differences.Add(new RebuildDifference(first.Manifest.Config.Digest, second.Manifest.Config.Digest, null, fields) { IsConfiguration = true });
        }

        return new PlatformRebuild(platform, first.Digest, second.Digest, differences);
    }

    /// <summary>The same image, of which no layer can come from elsewhere. An inline cache stays: it is part of the image.</summary>
    private static PrebuildRequest FromNothing(PrebuildRequest request) => request with
    {
        Force = true,
        DryRun = false,
        Registry = string.Empty,
        CacheFrom = [],
        CacheTo = [.. request.CacheTo.Where(static cache => cache.Type == "inline")],
        ReadsTeamCache = false,
        WritesTeamCache = false,
        GenerateSbom = false,
        GenerateProvenance = false,
    };

    private static RebuiltImage ImageOf(string folder, Descriptor manifest)
    {
        OciLayout layout = OciLayout.Open(Path.Combine(folder, "image"));
        return new RebuiltImage(layout, manifest.Digest, layout.ReadManifest(manifest));
    }

    private static string Tell(PlatformRebuild platform) => platform.IsReproducible
        ? $"reproducible, both builds are {platform.First}"
        : $"not reproducible, one build is {platform.First}, the other {platform.Second}";
}
