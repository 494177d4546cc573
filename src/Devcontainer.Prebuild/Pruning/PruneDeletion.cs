using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>Deletes manifests from a repository, each with its tags.</summary>
internal sealed class PruneDeletion(RegistryClient client, ImageReference repository, IBuildReporter reporter)
{
    private bool _deletesTags = true;

    /// <summary>
    /// Looks once more at the tags that keep something: one that came or moved while the repository was looked through may name what is to be deleted.
    /// </summary>
    /// <exception cref="DevcontainerException">DEVC5072: one did.</exception>
    internal async Task RequireUnchangedAsync(RepositoryGraph graph, PrunePolicy policy, CancellationToken cancellationToken)
    {
        foreach (string tag in await client.ListTagsAsync(repository, cancellationToken).ConfigureAwait(false) ?? [])
        {
            if (graph.Tags.TryGetValue(tag, out Digest before) && !policy.Keeps(graph, tag))
            {
                continue;
            }

            RegistryManifest? now = await client.GetAnyManifestAsync(repository.WithTag(tag), cancellationToken).ConfigureAwait(false);
            if (now is not null && now.Descriptor.Digest != before)
            {
                throw new DevcontainerException(Codes.PruneRepositoryChanged, repository.Name, tag);
            }
        }
    }

    /// <summary>
    /// Deletes in the order given: manifests, for with one go the tags that name it, at once. Were the tags first, a deletion that is broken off would
    /// leave a manifest that nothing leads to. Where tags stay they are deleted after it; where a registry refuses a manifest that has any (Google's),
    /// before it.
    /// </summary>
    /// <exception cref="DevcontainerException">DEVC5033: the registry does not delete; or it refuses, or does not answer.</exception>
    internal async Task RunAsync(RepositoryGraph graph, IReadOnlyList<Digest> order, CancellationToken cancellationToken)
    {
        foreach (Digest digest in order)
        {
            string[] tags = [.. graph.TagsOf[digest]];
            try
            {
                await client.DeleteManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false);
            }
            catch (DevcontainerException e) when (e.Diagnostic.Code == Codes.RegistryRefused && tags.Length > 0)
            {
                await DeleteAsync(tags, cancellationToken).ConfigureAwait(false);
                await client.DeleteManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false);
            }

            await DeleteAsync(tags, cancellationToken).ConfigureAwait(false);
            reporter.Detail($"Deleted {digest}{(tags.Length > 0 ? $" ({string.Join(", ", tags)})" : "")}");
        }
    }

    private async Task DeleteAsync(string[] tags, CancellationToken cancellationToken)
    {
        foreach (string tag in _deletesTags ? tags : [])
        {
            try
            {
                await client.DeleteTagAsync(repository.WithTag(tag), cancellationToken).ConfigureAwait(false);
            }
            catch (DevcontainerException e) when (e.Diagnostic.Code is Codes.RegistryKeeps or Codes.RegistryRefused)
            {
                // It knows no deletion of tags: then they go with their manifests.
                _deletesTags = false;
                return;
            }
        }
    }
}
