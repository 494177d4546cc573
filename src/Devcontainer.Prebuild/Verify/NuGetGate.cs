using System.Globalization;
using System.Runtime.CompilerServices;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Verify.Content;
using Devcontainer.Prebuild.Verify.NuGet;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The image has no NuGet packages with known vulnerabilities.</summary>
/// <param name="packages">What is in the image.</param>
/// <param name="workspaceFolder">Where nuget.config is looked for, here and above.</param>
/// <param name="maxAge">How old the newest of what the sources know may be.</param>
/// <param name="reporter">Hears what NuGet says.</param>
internal sealed class NuGetGate(ImagePackages packages, string workspaceFolder, TimeSpan maxAge, IBuildReporter reporter) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "nuget";

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        var platforms = new List<(string Platform, IReadOnlyList<NuGetPackageId> Packages)>();
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            IReadOnlyList<string> purls = await packages.ReadAsync(image, platform, cancellationToken).ConfigureAwait(false);
            platforms.Add((platform.Platform, [.. purls.Select(NuGetPackageId.Parse).OfType<NuGetPackageId>().Distinct()]));
        }

        NuGetPackageId[] all = [.. platforms.SelectMany(static platform => platform.Packages).Distinct()];
        if (all.Length == 0)
        {
            return GateResult.Clean("there are no NuGet packages");
        }

        NuGetKnowledge knowledge;
        try
        {
            knowledge = await AskAsync(all, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException or TypeLoadException or MissingMemberException)
        {
            return GateResult.Failed(Diagnostic.Create(
                Codes.VerifyToolFailed, null, "NuGet's audit", image.Reference, $"the NuGet of this .NET SDK is older than what is needed ({e.Message.TrimEnd('.')})"));
        }

        if (knowledge.Updated is { } updated && DateTimeOffset.UtcNow - updated > maxAge)
        {
            return GateResult.Stale(Diagnostic.Create(
                Codes.VerifyDataStale,
                null,
                $"What {string.Join(", ", knowledge.Sources)} know of NuGet packages",
                updated.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                image.Reference,
                maxAge.TotalDays));
        }

        ILookup<NuGetPackageId, NuGetVulnerability> found = knowledge.Vulnerabilities.ToLookup(static vulnerability => vulnerability.Package);
        return GateResult.Of(
            $"{all.Length} NuGet packages, by what {string.Join(", ", knowledge.Sources)} know",
            Finding.Join([.. platforms.Select(platform => (
                platform.Platform, (IReadOnlyList<Finding>)[.. platform.Packages.SelectMany(package => found[package]).Select(one => Create(image, one))]))]));
    }

    // Of its own, so that a .NET SDK whose NuGet lacks something fails here and nowhere else.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Task<NuGetKnowledge> AskAsync(NuGetPackageId[] all, CancellationToken cancellationToken) =>
        NuGetAudit.RunAsync(workspaceFolder, all, reporter, cancellationToken);

    private static Finding Create(VerifiedImage image, NuGetVulnerability vulnerability) => new()
    {
        Id = vulnerability.Id,
        Severity = vulnerability.Severity,
        Diagnostic = Diagnostic.Create(
            Codes.PackageVulnerable,
            null,
            image.Reference,
            $"{vulnerability.Package.Id} {vulnerability.Package.Version}",
            vulnerability.Severity.ToString().ToLowerInvariant(),
            vulnerability.Advisory),
        Package = vulnerability.Package.Id,
        Version = vulnerability.Package.Version,
    };
}
