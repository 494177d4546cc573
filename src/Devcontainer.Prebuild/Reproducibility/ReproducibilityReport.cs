using System.Globalization;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Reproducibility;

/// <summary>What two builds of the same inputs came to.</summary>
/// <param name="Platforms">Each platform, in the order of the receipt.</param>
public sealed record ReproducibilityReport(IReadOnlyList<PlatformRebuild> Platforms)
{
    /// <summary>Whether both builds are the same image on every platform.</summary>
    public bool IsReproducible => Platforms.All(static platform => platform.IsReproducible);

    /// <summary>What differs: an error for each layer and configuration.</summary>
    public IEnumerable<Diagnostic> Errors => Platforms.SelectMany(static platform => platform.Differences.Select(difference => difference.Tell(platform.Platform)));
}

/// <summary>Two builds of a platform.</summary>
/// <param name="Platform">As <c>linux/arm64</c>.</param>
/// <param name="First">Digest of the manifest of the first.</param>
/// <param name="Second">Digest of the manifest of the second.</param>
/// <param name="Differences">What differs; none where the digests are the same.</param>
public sealed record PlatformRebuild(string Platform, Digest First, Digest Second, IReadOnlyList<RebuildDifference> Differences)
{
    /// <summary>Whether both are the same image.</summary>
    public bool IsReproducible => First == Second;
}

/// <summary>A layer, or the configuration, in which two builds differ.</summary>
/// <param name="First">Its digest in the first; null where it is not there.</param>
/// <param name="Second">Its digest in the second; null where it is not there.</param>
/// <param name="Instruction">What made the layer, as the image's history has it; null where that is not known.</param>
/// <param name="Paths">Where they differ: paths without leading <c>/</c>, of a configuration its fields. None where only the order or the compression differs.</param>
public sealed record RebuildDifference(Digest? First, Digest? Second, string? Instruction, IReadOnlyList<PathDifference> Paths)
{
    private const int MostPaths = 20;

    /// <summary>Whether it is the configuration.</summary>
    public bool IsConfiguration { get; init; }

    /// <summary>Says it: what differs, where, and what most likely mends it.</summary>
    internal Diagnostic Tell(string platform)
    {
        string place = IsConfiguration ? "its configuration"
            : Instruction is { } instruction ? $"the layer of '{StepName.Shorten(Written(instruction))}'"
            : $"the layer {First?.Value ?? "that the first has not"}";
        var text = new StringBuilder();
        foreach (IGrouping<string, PathDifference> group in Paths.Take(MostPaths).GroupBy(static path => path.Fix))
        {
            foreach (PathDifference path in group)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n    {(IsConfiguration ? string.Empty : "/")}{Printable(path.Path)}: {path.What}");
            }

            text.Append(CultureInfo.InvariantCulture, $"\n      {group.Key}");
        }

        if (Paths.Count > MostPaths)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n    and {Paths.Count - MostPaths} more");
        }
        else if (Paths.Count == 0)
        {
            text.Append("\n    no file: only their order, or how the layer is compressed");
        }

        return Diagnostic.Create(Codes.NotReproducible, null, platform, place, text.ToString());
    }

    // The history has a RUN as the shell's arguments, with build arguments before them, and BuildKit's own mark behind.
    private static string Written(string instruction)
    {
        const string Shell = "/bin/sh -c ";
        const string Mark = " # buildkit";
        string text = instruction.EndsWith(Mark, StringComparison.Ordinal) ? instruction[..^Mark.Length] : instruction;
        int shell = text.IndexOf(Shell, StringComparison.Ordinal);
        return text.StartsWith("RUN ", StringComparison.Ordinal) && shell >= 0 ? "RUN " + text[(shell + Shell.Length)..] : text;
    }

    // A path may have anything in it: none of it begins a line of its own, which some CI systems take for a command.
    private static string Printable(string path) => string.Concat(path.Select(static c => char.IsControl(c) ? '?' : c));
}

/// <summary>A path in which two builds differ.</summary>
/// <param name="Path">Path in the layer, without leading <c>/</c>; or a field of the configuration.</param>
/// <param name="What">What differs, as <c>content, time</c>.</param>
/// <param name="Fix">What most likely mends it, a sentence.</param>
public sealed record PathDifference(string Path, string What, string Fix);
