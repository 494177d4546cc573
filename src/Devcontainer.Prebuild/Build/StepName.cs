using System.Buffers;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Prebuild.Build;

/// <summary>Shortens an instruction as the engine names it to what a person wants to read in a log.</summary>
internal static class StepName
{
    private const int MaxLength = 100;
    private const string FeaturesFolder = PrebuildDockerfile.FeaturesFolder + "/";

    private static readonly SearchValues<char> FolderEnds = SearchValues.Create(" ,/\"'&;");

    /// <summary>Whether it is an instruction of a Dockerfile, not something that the engine does for itself.</summary>
    internal static bool IsInstruction(string text)
    {
        foreach (string keyword in (ReadOnlySpan<string>)["FROM ", "RUN ", "COPY ", "ADD ", "WORKDIR "])
        {
            if (text.StartsWith(keyword, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Leaves out mount flags and digests; the run of a Feature becomes <c>Feature name</c>.</summary>
    internal static string Shorten(string instruction)
    {
        string text = instruction.ReplaceLineEndings(" ");
        int feature = text.IndexOf(FeaturesFolder, StringComparison.Ordinal);
        if (text.StartsWith("RUN ", StringComparison.Ordinal) && feature >= 0 && FeatureName(text[(feature + FeaturesFolder.Length)..]) is { } name)
        {
            return "Feature " + name;
        }

        while (text.IndexOf(" --mount=", StringComparison.Ordinal) is >= 0 and int mount)
        {
            int end = text.IndexOf(' ', mount + 1);
            text = end < 0 ? text[..mount] : text.Remove(mount, end - mount);
        }

        if (text.StartsWith("FROM ", StringComparison.Ordinal) && text.IndexOf("@sha256:", StringComparison.Ordinal) is >= 0 and int digest)
        {
            text = text[..digest];
        }

        return text.Length <= MaxLength ? text : text[..(char.IsHighSurrogate(text[MaxLength - 2]) ? MaxLength - 2 : MaxLength - 1)] + "…";
    }

    // The folder of a Feature is `<id>_<index>`.
    private static string? FeatureName(string rest)
    {
        int end = rest.AsSpan().IndexOfAny(FolderEnds);
        string folder = end < 0 ? rest : rest[..end];
        int index = folder.LastIndexOf('_');
        return index > 0 ? folder[..index] : null;
    }
}
