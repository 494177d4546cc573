namespace Devcontainer.Prebuild.Jobs;

/// <summary>What became of a job.</summary>
internal enum JobOutcome
{
    /// <summary>It did what it was for.</summary>
    Succeeded,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>The prebuild was cancelled.</summary>
    Cancelled,
}

/// <summary>A job that has ended.</summary>
/// <param name="Name">What it does: <c>build</c>, <c>sbom</c>, …</param>
/// <param name="Platform">For which platform; null for all of them.</param>
/// <param name="Start">When it began, after the prebuild did.</param>
/// <param name="Duration">How long it took, all attempts and the waits between them together.</param>
/// <param name="Attempts">How often it was begun.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Code">Code of its error, or null.</param>
internal sealed record JobRecord(string Name, string? Platform, TimeSpan Start, TimeSpan Duration, int Attempts, JobOutcome Outcome, string? Code)
{
    /// <summary>The name for a reader.</summary>
    internal string Title => Platform is null ? Name : $"{Name} {Platform}";
}
