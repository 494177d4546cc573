using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Plan;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Prebuild.Build;

/// <summary>Where the instruction that failed is written: the user's Dockerfile, or the Feature's install script.</summary>
internal static class FailureLocation
{
    /// <summary>The place, or null where it is not known.</summary>
    /// <param name="plainLines">What buildx wrote beside its events; it ends with <c>Dockerfile:12</c> and an excerpt.</param>
    /// <param name="failed">The instruction.</param>
    /// <param name="plan">What was built.</param>
    internal static SourceLocation? Find(IReadOnlyList<string> plainLines, FailedStep failed, PrebuildPlan plan)
    {
        foreach (FeatureInput feature in plan.Inputs.Features)
        {
            if (failed.FullName.Contains($"{PrebuildDockerfile.FeaturesFolder}/{feature.Files.FolderName}", StringComparison.Ordinal))
            {
                return new SourceLocation(Path.Combine(feature.Feature.Folder, "install.sh"));
            }
        }

        if (plan.Inputs.Configuration.Build is not { } build)
        {
            return null;
        }

        // The generated Dockerfile begins with the user's, line by line, so a line up to its end is one of the user's.
        foreach (string line in plainLines)
        {
            int colon = line.LastIndexOf(':');
            if (line.StartsWith("Dockerfile", StringComparison.Ordinal)
                && colon > 0
                && int.TryParse(line.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && number <= plan.Inputs.Dockerfile!.LineCount)
            {
                return new SourceLocation(build.Dockerfile, number);
            }
        }

        return new SourceLocation(build.Dockerfile);
    }
}
