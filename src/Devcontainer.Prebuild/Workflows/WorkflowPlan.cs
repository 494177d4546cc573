namespace Devcontainer.Prebuild.Workflows;

/// <summary>What a workflow is for: all that its text depends on. Paths are relative to the repository, with <c>/</c>.</summary>
internal sealed record WorkflowPlan
{
    /// <summary>The project.</summary>
    internal required string Project { get; init; }

    /// <summary>Whether the project is a dev container and nothing else, so that <c>dotnet publish</c> means it.</summary>
    internal required bool OwnsProject { get; init; }

    /// <summary>A name for people, of letters, digits, dots, hyphens and underscores.</summary>
    internal required string Name { get; init; }

    /// <summary>The branch whose pushes are published.</summary>
    internal required string DefaultBranch { get; init; }

    /// <summary>Path filters, sorted.</summary>
    internal required IReadOnlyList<string> Paths { get; init; }

    /// <summary>The platforms, in order, one job each.</summary>
    internal required IReadOnlyList<WorkflowPlatform> Platforms { get; init; }

    /// <summary>The registry that the project names; null for GitHub's own, with an image under the repository's owner.</summary>
    internal string? Registry { get; init; }

    /// <summary>The image's repository, as the project names it.</summary>
    internal required string Repository { get; init; }

    /// <summary>The global.json that says which .NET SDK to set up; null for the latest that this SDK supports.</summary>
    internal string? GlobalJson { get; init; }

    /// <summary>A command that runs before dotnet in every job; null for none.</summary>
    internal string? Before { get; init; }

    /// <summary>When pins are refreshed, as cron writes it; null for never.</summary>
    internal string? Schedule { get; init; }

    /// <summary>The lock files that a refresh may change.</summary>
    internal required IReadOnlyList<string> LockFiles { get; init; }
}

/// <summary>A platform and the machine that builds for it.</summary>
/// <param name="Platform">As <c>linux/arm64</c>.</param>
/// <param name="FileName">As <c>linux-arm64</c>.</param>
/// <param name="Runner">Label of the machine.</param>
/// <param name="IsEmulated">Whether that machine has another architecture.</param>
internal sealed record WorkflowPlatform(string Platform, string FileName, string Runner, bool IsEmulated);
