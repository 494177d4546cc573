using System.Text;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Plan;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild;

/// <summary>Says what a prebuild would do: keys, bases, Dockerfile, and the exact command with what it reads on standard input.</summary>
internal static class DryRun
{
    /// <summary>Says it.</summary>
    internal static void Print(PrebuildPlan plan, Receipt? receipt, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        PrebuildRequest request = plan.Inputs.Request;
        reporter.Status("Dry run: nothing is written and no engine is asked.");
        foreach (CacheKey key in plan.Keys)
        {
            reporter.Status($"  key  {key.TierName,-11} {key.Platform ?? "all",-12} {key.Value}");
        }

        foreach (ReceiptBase image in plan.Platforms.SelectMany(static platform => platform.Bases))
        {
            reporter.Status($"  base {image.Reference} {image.Platform} {image.Digest}");
        }

        IReadOnlyList<ReceiptPlatform> reusable = request.Force ? [] : Probe.Reusable(receipt, plan.Keys, KeyTier.Environment, request.OutputPath);
        PlatformPlan[] missing = [.. plan.Platforms.Where(platform => reusable.All(known => known.Platform != platform.Platform.ToString()))];
        if (missing.Length == 0)
        {
            reporter.Status("  Nothing to build: every platform's image is there.");
            return;
        }

        // The plan's files are written elsewhere for a moment, for their digests are part of the definition; into a folder that nobody else may read.
        string folder = Directory.CreateTempSubdirectory("devcontainer-plan-").FullName;
        string temporary = Path.Combine(folder, "plan");
        string root = Path.Combine(request.OutputPath, "plan");
        try
        {
            PlanFiles files = PlanFiles.Write(plan, temporary, cancellationToken);
            foreach (PlatformPlan platform in missing.DistinctBy(static platform => platform.Dockerfile))
            {
                reporter.Status($"  {files.Dockerfile(platform.Platform).Replace(temporary, root, StringComparison.Ordinal)}:");
                Indent(platform.Dockerfile, reporter);
            }

            string builder = request.Builder.Name ?? "<current>";
            reporter.Status("  command: docker " + string.Join(' ', ImageBuild.Arguments(builder, plan.Inputs.Options)));
            reporter.Status("  on its standard input:");
            byte[] definition = BakeDefinition.Write(ImageBuild.Targets(plan, missing, TeamCache.Of(request, reporter), files, Path.Combine(request.OutputPath, "<staging>")));
            Indent(Encoding.UTF8.GetString(definition).Replace(temporary, root, StringComparison.Ordinal), reporter);
        }
        finally
        {
            OutputFolder.Delete(folder);
        }
    }

    private static void Indent(string text, IBuildReporter reporter)
    {
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            reporter.Status("    " + line);
        }
    }
}
