using System.Globalization;
using Devcontainer.Diagnostics;
using NuGet.Common;
using NuGet.Configuration;
using NuGet.Credentials;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;
using NuGet.Protocol.Model;
using NuGet.Protocol.Resources;
using NuGet.Versioning;

namespace Devcontainer.Prebuild.Verify.NuGet;

/// <summary>
/// Asks the package sources of a workspace for known vulnerabilities, as a restore does (NuGet API, VulnerabilityInfo): its audit sources, else its package
/// sources, with the user's credentials. This is the one type that knows NuGet's own libraries, which are those of the .NET SDK that runs.
/// </summary>
internal static class NuGetAudit
{
    /// <summary>Looks packages up.</summary>
    /// <param name="workspaceFolder">Where nuget.config is looked for, here and above.</param>
    /// <param name="packages">The packages.</param>
    /// <param name="reporter">Hears what NuGet says.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC6004: no source knows of vulnerabilities, or one does not answer.</exception>
    internal static async Task<NuGetKnowledge> RunAsync(
        string workspaceFolder, IReadOnlyCollection<NuGetPackageId> packages, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        try
        {
            var logger = new ReporterLogger(reporter);
            DefaultCredentialServiceUtility.SetupDefaultCredentialService(logger, nonInteractive: true);
            PackageSource[] sources = SourcesOf(workspaceFolder);
            using var cache = new SourceCacheContext();
            (string? Source, DateTimeOffset? Updated, IReadOnlyList<NuGetVulnerability> Found)[] answers = await Task.WhenAll(
                sources.Select(source => AskAsync(source, packages, cache, logger, cancellationToken))).ConfigureAwait(false);
            string[] known = [.. answers.Select(static answer => answer.Source).OfType<string>()];
            return known.Length > 0
                ? new NuGetKnowledge([.. answers.SelectMany(static answer => answer.Found).Distinct()], known, answers.Max(static answer => answer.Updated))
                : throw Failed($"no source of '{workspaceFolder}' knows of vulnerabilities ({string.Join(", ", sources.Select(static source => source.Name))}): add one that does, as nuget.org, to auditSources in nuget.config");
        }
        catch (Exception e) when (e is NuGetConfigurationException or FatalProtocolException or InvalidDataException or System.Text.Json.JsonException)
        {
            throw new DevcontainerException(Failed(e.Message.TrimEnd('.')).Diagnostic, e);
        }
    }

    private static PackageSource[] SourcesOf(string workspaceFolder)
    {
        var provider = new PackageSourceProvider(Settings.LoadDefaultSettings(workspaceFolder));
        PackageSource[] audit = [.. provider.LoadAuditSources().Where(static source => source.IsEnabled)];
        return audit.Length > 0 ? audit : [.. provider.LoadPackageSources().Where(static source => source.IsEnabled)];
    }

    private static async Task<(string? Source, DateTimeOffset? Updated, IReadOnlyList<NuGetVulnerability> Found)> AskAsync(
        PackageSource source, IReadOnlyCollection<NuGetPackageId> packages, SourceCacheContext cache, ILogger logger, CancellationToken cancellationToken)
    {
        SourceRepository repository = Repository.Factory.GetCoreV3(source);
        if (await repository.GetResourceAsync<IVulnerabilityInfoResource>(cancellationToken).ConfigureAwait(false) is not { } resource)
        {
            return (null, null, []);
        }

        GetVulnerabilityInfoResult answer = await resource.GetVulnerabilityInfoAsync(cache, logger, cancellationToken).ConfigureAwait(false);
        if (answer.Exceptions is { } problems)
        {
            // Part of what is known is not enough.
            throw Failed($"{source.Name}: {string.Join("; ", problems.InnerExceptions.Select(static problem => problem.Message.TrimEnd('.')))}");
        }

        if (!(answer.KnownVulnerabilities ?? []).Any(static known => known.Count > 0))
        {
            // Who has never heard of any does not know that there are none.
            return (null, null, []);
        }

        NuGetVulnerability[] found = [.. answer.KnownVulnerabilities!.SelectMany(known => packages.SelectMany(package => Of(package, known)))];
        return (source.Name, await UpdatedAsync(resource, cache, logger, cancellationToken).ConfigureAwait(false), found);
    }

    // The answer does not say how old it is; the index that it comes from does, and NuGet has just read it.
    private static async Task<DateTimeOffset?> UpdatedAsync(
        IVulnerabilityInfoResource resource, SourceCacheContext cache, ILogger logger, CancellationToken cancellationToken)
    {
        if (resource is not VulnerabilityInfoResourceV3 files)
        {
            return null;
        }

        return (await files.GetVulnerabilityFilesAsync(cache, logger, cancellationToken).ConfigureAwait(false))
            .Max(static file => DateTimeOffset.TryParse(file.Updated, CultureInfo.InvariantCulture, out DateTimeOffset time) ? time : (DateTimeOffset?)null);
    }

    // Ids ignore case, and the keys are in lower case (NuGet API, "Vulnerability page").
    private static IEnumerable<NuGetVulnerability> Of(NuGetPackageId package, IReadOnlyDictionary<string, IReadOnlyList<PackageVulnerabilityInfo>> known) =>
        NuGetVersion.TryParse(package.Version, out NuGetVersion? version)
        && (known.TryGetValue(package.Id.ToLowerInvariant(), out IReadOnlyList<PackageVulnerabilityInfo>? infos) || known.TryGetValue(package.Id, out infos))
            ? infos.Where(info => info.Versions.Satisfies(version)).Select(info => new NuGetVulnerability(package, SeverityOf(info.Severity), info.Url))
            : [];

    private static FindingSeverity SeverityOf(PackageVulnerabilitySeverity severity) => severity switch
    {
        PackageVulnerabilitySeverity.Low => FindingSeverity.Low,
        PackageVulnerabilitySeverity.High => FindingSeverity.High,
        PackageVulnerabilitySeverity.Critical => FindingSeverity.Critical,
        _ => FindingSeverity.Medium,
    };

    private static DevcontainerException Failed(string reason) => new(Codes.VerifyToolFailed, "NuGet's audit", "the image", reason);

    /// <summary>Sends what NuGet says to the build's log.</summary>
    private sealed class ReporterLogger(IBuildReporter reporter) : LoggerBase
    {
        public override void Log(ILogMessage message) => reporter.Detail("NuGet: " + message.Message);

        public override Task LogAsync(ILogMessage message)
        {
            Log(message);
            return Task.CompletedTask;
        }
    }
}
