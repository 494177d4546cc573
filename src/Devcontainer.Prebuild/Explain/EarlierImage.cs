using Devcontainer.Oci;
using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Tags;

namespace Devcontainer.Prebuild.Explain;

/// <summary>An earlier image to compare with.</summary>
/// <param name="Receipt">Its receipt.</param>
/// <param name="Tag">The tag that the registry has it under; null for that of the output folder.</param>
public sealed record EarlierImage(Receipt Receipt, string? Tag)
{
    /// <summary>Looks in the registry: for the image that the branch's tag names, then those of the project's own tags, then that of <c>latest</c>.</summary>
    /// <param name="client">The client.</param>
    /// <param name="repository">The image's repository.</param>
    /// <param name="request">What is asked for: its tags, and what tells of the branch.</param>
    /// <param name="reporter">Where a warning goes about what the CI system tells (DEVC5052).</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null where none of them has a receipt.</returns>
    /// <exception cref="Diagnostics.DevcontainerException">The registry does not answer.</exception>
    internal static async Task<EarlierImage?> FindAsync(
        RegistryClient client, ImageReference repository, PrebuildRequest request, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        SourceRevision revision = CISystems.Revision(request.Environment, request.Registries.WorkspaceFolder, defaultBranch: null, reporter);
        IEnumerable<string> tags = revision is { IsPullRequest: false, Branch: { } branch } ? [TagName.Of(branch, "branch")] : [];
        foreach (string tag in tags.Concat(request.ImageTags).Append("latest").Distinct(StringComparer.Ordinal))
        {
            if (await client.GetManifestAsync(repository.WithTag(tag), cancellationToken).ConfigureAwait(false) is { } index
                && MediaTypes.IsIndex(index.Descriptor.MediaType)
                && await ReceiptArtifact.FindAsync(client, repository, index.Descriptor, indexKey: null, cancellationToken).ConfigureAwait(false) is { } record)
            {
                return new EarlierImage(record.Receipt, tag);
            }
        }

        return null;
    }
}
