using System.Collections.Concurrent;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>Finds what a repository has: what its tags name, what that names, and what says something about that. Reads only.</summary>
/// <param name="client">Asks the registry.</param>
/// <param name="repository">Registry and repository.</param>
internal sealed class RepositoryWalk(RegistryClient client, ImageReference repository)
{
    // What registries let a client do at once without slowing it down.
    private const int AtOnce = 8;

    private readonly ConcurrentDictionary<Digest, ManifestNode?> _found = new();
    private readonly ConcurrentDictionary<string, Digest> _tags = new(StringComparer.Ordinal);

    /// <summary>Walks.</summary>
    /// <param name="also">Manifests to begin with besides those that tags name; they need not be there.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What there is; null where there is no such repository.</returns>
    /// <exception cref="DevcontainerException">The registry does not answer: nothing is known then.</exception>
    internal async Task<RepositoryGraph?> RunAsync(IEnumerable<Digest> also, CancellationToken cancellationToken)
    {
        IReadOnlyList<string>? tags = await client.ListTagsAsync(repository, cancellationToken).ConfigureAwait(false);
        if (tags is null)
        {
            return null;
        }

        var next = new ConcurrentBag<Digest>(also);
        await EachAsync(tags.Distinct(StringComparer.Ordinal), (tag, token) => ReadTagAsync(tag, next, token), cancellationToken).ConfigureAwait(false);
        while (!next.IsEmpty)
        {
            Digest[] now = [.. next.Distinct().Where(digest => !_found.ContainsKey(digest))];
            next = [];
            ConcurrentBag<Digest> found = next;
            await EachAsync(now, (digest, token) => ReadAsync(digest, found, token), cancellationToken).ConfigureAwait(false);
        }

        return new RepositoryGraph([.. _found.Values.OfType<ManifestNode>()], _tags);
    }

    private async Task ReadTagAsync(string tag, ConcurrentBag<Digest> next, CancellationToken cancellationToken)
    {
        if (RepositoryGraph.SubjectIn(tag) is { } subject)
        {
            next.Add(subject);
        }

        // A tag that names nothing is of some registries' making; nobody can tell what it is for.
        if (await client.GetAnyManifestAsync(repository.WithTag(tag), cancellationToken).ConfigureAwait(false) is { } manifest)
        {
            _tags[tag] = manifest.Descriptor.Digest;
            await AddAsync(manifest, next, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(Digest digest, ConcurrentBag<Digest> next, CancellationToken cancellationToken)
    {
        RegistryManifest? manifest = await client.GetAnyManifestAsync(repository.WithDigest(digest), cancellationToken).ConfigureAwait(false);
        if (manifest is null)
        {
            _found[digest] = null;
            return;
        }

        await AddAsync(manifest, next, cancellationToken).ConfigureAwait(false);
    }

    private async Task AddAsync(RegistryManifest manifest, ConcurrentBag<Digest> next, CancellationToken cancellationToken)
    {
        ManifestNode node = ManifestNode.Read(manifest);
        if (node.CacheConfig is { } config && await client.GetBlobAsync(repository, config, cancellationToken).ConfigureAwait(false) is { } records)
        {
            node = node.WithAge(records);
        }

        if (!_found.TryAdd(node.Digest, node))
        {
            return;
        }

        IReadOnlyList<Descriptor>? referrers = await client.ListReferrersAsync(repository, node.Digest, cancellationToken).ConfigureAwait(false);

        // What one of an unknown kind names may be anything; it is kept where something else leads there.
        foreach (Digest digest in (node.IsKnown ? node.Children : []).Concat((referrers ?? []).Select(static referrer => referrer.Digest)))
        {
            next.Add(digest);
        }

        // A subject that no tag leads to.
        if (node.Subject is { } subject)
        {
            next.Add(subject);
        }
    }

    private static Task EachAsync<T>(IEnumerable<T> items, Func<T, CancellationToken, Task> action, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (item, token) => await action(item, token).ConfigureAwait(false));
}
