using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.CI;

/// <summary>The CI systems that are known, and the one that this build runs on.</summary>
public static class CISystems
{
    private static readonly ICISystem[] All = [new GitHubActions(), new AzurePipelines(), new GitLabCI()];

    /// <summary>What is built: from the CI system, and from git what that does not tell.</summary>
    /// <param name="environment">The environment of the build.</param>
    /// <param name="folder">A folder of the repository.</param>
    /// <param name="defaultBranch">DevcontainerDefaultBranch: wins over what is found; null for none.</param>
    /// <param name="reporter">Where a warning goes (DEVC5052).</param>
    public static SourceRevision Revision(IReadOnlyDictionary<string, string> environment, string folder, string? defaultBranch, IBuildReporter reporter)
    {
        var variables = new CIEnvironment(environment);
        GitRevision? git = GitRepository.Find(folder)?.Read();
        SourceRevision revision = Active(variables)?.Read(variables, reporter) ?? new SourceRevision
        {
            System = git is null ? string.Empty : "git",
            Commit = git?.Commit,
            Branch = git?.Branch,
            Tags = git?.TagsAtCommit ?? [],
        };
        return revision with
        {
            DefaultBranch = defaultBranch ?? revision.DefaultBranch ?? git?.DefaultBranch,
            KnownTags = git?.Tags ?? [],
        };
    }

    /// <summary>Where this build runs, and from which sources: on a CI system the commit that is checked out there, wherever its variables point.</summary>
    /// <param name="environment">The environment of the build.</param>
    /// <param name="folder">A folder of the repository.</param>
    internal static BuildOrigin Origin(IReadOnlyDictionary<string, string> environment, string folder)
    {
        var variables = new CIEnvironment(environment);
        if (Active(variables)?.Origin(variables) is not { } origin)
        {
            return BuildOrigin.Local;
        }

        string? commit = GitRepository.Find(folder)?.Read().Commit;
        return commit is null || commit == origin.Commit ? origin : origin with { Commit = commit, Reference = null };
    }

    /// <summary>Tells the CI system what was published; elsewhere nobody.</summary>
    /// <param name="environment">The environment of the build.</param>
    /// <param name="report">What was published.</param>
    /// <param name="reporter">Where a warning goes (DEVC5053): what is published is published, whoever can be told.</param>
    public static void Write(IReadOnlyDictionary<string, string> environment, PublishReport report, IBuildReporter reporter)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(reporter);
        var variables = new CIEnvironment(environment);
        ICISystem? system = Active(variables);
        try
        {
            system?.Write(variables, report, reporter);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reporter.Warning(Diagnostic.Create(Codes.CIReportNotWritten, null, system!.Name, e.Message));
        }
    }

    private static ICISystem? Active(CIEnvironment environment) => Array.Find(All, system => system.IsActive(environment));
}
