using Devcontainer.Oci;
using Devcontainer.Prebuild.CI;

namespace Devcontainer.Prebuild.Build;

/// <summary>
/// The build cache that a team shares without asking for it: under tags of the image's own repository, where whoever may fetch the image may fetch it too.
/// Every build reads it, so that on a new machine only changed instructions run; only a push writes it. A branch has one of its own beside that of the
/// default branch, so that what is tried on a branch does not displace what everybody builds on.
/// </summary>
/// <param name="Imports">The caches to read: the branch's own first.</param>
/// <param name="Export">The cache to write; null for none.</param>
internal sealed record TeamCache(IReadOnlyList<CacheReference> Imports, CacheReference? Export)
{
    private static readonly TeamCache None = new([], null);

    /// <summary>The cache of what is built.</summary>
    /// <param name="request">What is asked for; none where the image has no registry, or none may be asked.</param>
    /// <param name="reporter">Where a warning goes about what the CI system tells (DEVC5052).</param>
    internal static TeamCache Of(PrebuildRequest request, IBuildReporter reporter) =>
        request.ReadsTeamCache && request.Registry.Length > 0 && !request.Registries.Offline
            ? Of(request, CISystems.Revision(request.Environment, request.Registries.WorkspaceFolder, request.DefaultBranch, reporter))
            : None;

    /// <summary>
    /// Whether a build of one platform has something to add: an instruction ran, or there is no cache to read yet. Where all of them were cached, the cache
    /// that they are from would be written again.
    /// </summary>
    internal bool Needs(Platform platform, BuiltImages built)
    {
        string name = platform.ToString();
        BuildStep[] steps = [.. built.Steps.Where(step => step.Platform == name && step.CountsForCache)];
        return Export is not null
            && steps.Length > 0
            && (!Array.TrueForAll(steps, static step => step.Cached)
                || !Imports.Any(cache => built.Transfers.Any(transfer =>
                    transfer is { Kind: TransferKind.CacheImport, Succeeded: true } && transfer.Place == CacheOptions.PlaceOf(cache, platform))));
    }

    internal static TeamCache Of(PrebuildRequest request, SourceRevision revision)
    {
        KeyValuePair<string, string>[] plainHttp =
            request.Registries.Insecure.Contains(request.Registry, StringComparer.OrdinalIgnoreCase) ? [new("registry.insecure", "true")] : [];
        string? branch = revision.Branch == revision.DefaultBranch || revision.DefaultBranch is null ? null : revision.Branch;
        string?[] branches = branch is null ? [null] : [branch, null];
        CacheReference[] imports =
        [
            .. branches.Select(one => new CacheReference("registry", [new("ref", $"{request.Registry}/{request.Repository}:{CacheTag.Of(one)}"), .. plainHttp])),
        ];
        bool isWritten = request.WritesTeamCache
            && revision.MayPush(request.PushesPullRequests)
            && IsBuiltForAll(revision, branch)
            && !request.CacheTo.Any(cache => cache.Attributes.Contains(imports[0].Attributes[0]));

        // As an image manifest, for some registries take nothing else (aws/containers-roadmap issue 876).
        return new TeamCache(
            imports,
            isWritten ? new CacheReference("registry", [.. imports[0].Attributes, new("mode", "max"), new("image-manifest", "true")]) : null);
    }

    // A release's tag is built from a commit that its branch has built; and a pull request from the default branch into another is not that branch.
    private static bool IsBuiltForAll(SourceRevision revision, string? branch) =>
        branch is not null || (!revision.IsPullRequest && (revision.Branch is not null || revision.Tags.Count == 0));
}
