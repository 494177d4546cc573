using System.Net;
using System.Net.Http.Headers;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <content>Pushing: blobs, manifests, tags.</content>
public sealed partial class RegistryClient
{
    private enum BlobOutcome
    {
        Existing,
        Mounted,
        Uploaded,
    }

    /// <summary>
    /// Pushes everything reachable from a descriptor, by digest: first blobs, then manifests, then those that refer to others, then indexes, so
    /// that the registry at no time has something that names what it has not. What is there already is not sent, and where a manifest is, its
    /// blobs are not asked for. What refers to another manifest can be found by it afterwards. Safe to repeat.
    /// </summary>
    /// <param name="layout">Where the content is.</param>
    /// <param name="root">An index or a manifest.</param>
    /// <param name="repository">Where it goes; tag and digest do not matter.</param>
    /// <param name="mountFrom">Repositories of the same registry that may have some of the blobs; others are passed over.</param>
    /// <param name="cancellationToken">Cancels; what is pushed stays.</param>
    /// <exception cref="DevcontainerException">The layout is damaged, or a code DEVC502x.</exception>
    public Task<PushResult> PushAsync(
        OciLayout layout,
        Descriptor root,
        ImageReference repository,
        IReadOnlyList<ImageReference>? mountFrom = null,
        CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(
            repository,
            async (endpoint, token) =>
            {
                IReadOnlyList<Descriptor> all = layout.Reachable(root);
                List<Descriptor> manifests = await MissingAsync(endpoint, repository, all, token).ConfigureAwait(false);
                List<Descriptor> referrers = [.. all.Where(d => MediaTypes.IsManifest(d.MediaType) && layout.ReadManifest(d).Subject is not null)];
                var blobs = new Dictionary<Digest, Descriptor>();
                foreach (Descriptor manifest in manifests)
                {
                    foreach (Descriptor named in layout.Named(manifest))
                    {
                        if (IsBlob(named))
                        {
                            blobs.TryAdd(named.Digest, named);
                        }
                    }
                }

                if (IsBlob(root))
                {
                    blobs.Add(root.Digest, root);
                }

                int mounted = 0;
                int uploaded = 0;
                long bytes = 0;

                // The largest first: the last one to be sent then is a small one.
                await SideBySideAsync(
                    [.. blobs.Values.OrderByDescending(b => b.Size)],
                    async (blob, t) =>
                    {
                        var source = BlobSource.From(layout, blob);
                        BlobOutcome outcome = await PushBlobAsync(endpoint, repository, source, mountFrom ?? [], t).ConfigureAwait(false);
                        Interlocked.Add(ref mounted, outcome == BlobOutcome.Mounted ? 1 : 0);
                        Count(blob, outcome == BlobOutcome.Uploaded);
                    },
                    token).ConfigureAwait(false);
                await SideBySideAsync(manifests.FindAll(m => MediaTypes.IsManifest(m.MediaType) && !referrers.Contains(m)), SendAsync, token)
                    .ConfigureAwait(false);
                foreach (Descriptor referrer in referrers)
                {
                    // Also one that is there: whoever put it may not have come to making it findable.
                    byte[] content = layout.ReadBlob(referrer);
                    await PutReferrerAsync(endpoint, repository, ImageManifest.Parse(content, referrer.Digest.Value), content, token).ConfigureAwait(false);
                    Count(referrer, manifests.Contains(referrer));
                }

                // An index may name another, which stands after it.
                for (int i = manifests.Count - 1; i >= 0; i--)
                {
                    if (MediaTypes.IsIndex(manifests[i].MediaType))
                    {
                        await SendAsync(manifests[i], token).ConfigureAwait(false);
                    }
                }

                return new PushResult(all.Count - mounted - uploaded, mounted, uploaded, bytes);

                async ValueTask SendAsync(Descriptor manifest, CancellationToken t)
                {
                    byte[] content = layout.ReadBlob(manifest);
                    await SendManifestAsync(endpoint, repository.WithDigest(manifest.Digest), manifest, content, t).ConfigureAwait(false);
                    Count(manifest, isNew: true);
                }

                void Count(Descriptor sent, bool isNew)
                {
                    Interlocked.Add(ref uploaded, isNew ? 1 : 0);
                    Interlocked.Add(ref bytes, isNew ? sent.Size : 0);
                }
            },
            cancellationToken);

    /// <summary>Pushes a blob that is in memory, unless the repository has it.</summary>
    /// <returns>Its descriptor.</returns>
    /// <exception cref="DevcontainerException">A code DEVC502x.</exception>
    public Task<Descriptor> PushBlobAsync(
        ImageReference repository, ReadOnlyMemory<byte> content, string mediaType, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(
            repository,
            async (endpoint, token) =>
            {
                var source = BlobSource.From(content, mediaType);
                await PushBlobAsync(endpoint, repository, source, [], token).ConfigureAwait(false);
                return source.Blob;
            },
            cancellationToken);

    /// <summary>Makes a repository have a blob: finds it there, takes it over from another repository, or sends it from a layout.</summary>
    /// <param name="repository">Where it goes.</param>
    /// <param name="blob">The blob.</param>
    /// <param name="layout">Where it is; null where it is expected to be in the repository or in <paramref name="mountFrom"/>.</param>
    /// <param name="mountFrom">Repositories of the same registry that may have it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether it is there now; false only without a layout.</returns>
    /// <exception cref="DevcontainerException">The blob is missing or damaged in the layout, or a code DEVC502x.</exception>
    public Task<bool> PushBlobAsync(
        ImageReference repository,
        Descriptor blob,
        OciLayout? layout,
        IReadOnlyList<ImageReference>? mountFrom = null,
        CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(
            repository,
            async (endpoint, token) =>
            {
                BlobSource source = layout is null
                    ? new BlobSource(blob, "", _ => throw new InvalidOperationException("There is nothing to send."))
                    : BlobSource.From(layout, blob);
                return await PushBlobAsync(endpoint, repository, source, mountFrom ?? [], mountOnly: layout is null, token)
                    .ConfigureAwait(false) is not null;
            },
            cancellationToken);

    /// <summary>Puts a manifest or index under a tag or a digest. All that it names must be there already. Safe to repeat.</summary>
    /// <param name="reference">Repository and tag, or repository and the digest of the bytes.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Its descriptor.</returns>
    /// <exception cref="DevcontainerException">A code DEVC502x.</exception>
    public Task<Descriptor> PutManifestAsync(
        ImageReference reference, ReadOnlyMemory<byte> content, string mediaType, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(
            reference,
            async (endpoint, token) =>
            {
                Descriptor manifest = Descriptor.Of(content.Span, mediaType);
                await SendManifestAsync(endpoint, reference, manifest, content, token).ConfigureAwait(false);
                return manifest;
            },
            cancellationToken);

    private static bool IsBlob(Descriptor descriptor) =>
        !MediaTypes.IsManifest(descriptor.MediaType) && !MediaTypes.IsIndex(descriptor.MediaType);

    // The manifests and indexes that a repository has not, in their order. What it has a manifest of, it has whole: it would have refused
    // it otherwise, and deletes no blob that one names.
    private async Task<List<Descriptor>> MissingAsync(
        RegistryEndpoint endpoint, ImageReference repository, IReadOnlyList<Descriptor> all, CancellationToken cancellationToken)
    {
        List<Descriptor> manifests = [.. all.Where(d => !IsBlob(d))];
        var there = new System.Collections.Concurrent.ConcurrentBag<Descriptor>();
        await SideBySideAsync(
            manifests,
            async (manifest, token) =>
            {
                if (await HasManifestAsync(endpoint, repository.WithDigest(manifest.Digest), token).ConfigureAwait(false))
                {
                    there.Add(manifest);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return [.. manifests.Except(there)];
    }

    private Task SideBySideAsync(
        List<Descriptor> items, Func<Descriptor, CancellationToken, ValueTask> action, CancellationToken cancellationToken) =>
        items.Count == 1
            ? action(items[0], cancellationToken).AsTask()
            : Parallel.ForEachAsync(
                items,
                new ParallelOptions { MaxDegreeOfParallelism = _options.Parallelism, CancellationToken = cancellationToken },
                action);

    private Task<bool> HasManifestAsync(RegistryEndpoint endpoint, ImageReference reference, CancellationToken cancellationToken)
    {
        RegistryRequest request = ManifestRequest(HttpMethod.Head, endpoint, reference) with { Scope = PushScope(endpoint, reference) };
        return _transport.SendAsync(
            request,
            async (response, token) => response.StatusCode switch
            {
                HttpStatusCode.OK => true,
                HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => false,
                _ => throw await _transport.RefusedAsync(request, response, token).ConfigureAwait(false),
            },
            cancellationToken);
    }

    // Gives the subject that the registry says it took note of, or null.
    private Task<string?> SendManifestAsync(
        RegistryEndpoint endpoint,
        ImageReference reference,
        Descriptor manifest,
        ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken)
    {
        RegistryRequest request = ManifestRequest(HttpMethod.Put, endpoint, reference) with
        {
            Accept = "",
            Scope = PushScope(endpoint, reference),
            Body = _ => new ReadOnlyMemoryContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(manifest.MediaType) } },
        };
        return _transport.SendAsync(
            request,
            async (response, token) =>
            {
                if (!response.IsSuccessStatusCode)
                {
                    throw await _transport.RefusedAsync(request, response, token).ConfigureAwait(false);
                }

                if (Stated(request, response) is { } stated && stated != manifest.Digest)
                {
                    throw new DevcontainerException(Codes.RegistryContentWrong, endpoint.Registry, manifest.Digest.Value, stated.Value);
                }

                return response.Headers.NonValidated.TryGetValues("OCI-Subject", out HeaderStringValues subject)
                    ? subject.ToString()
                    : null;
            },
            cancellationToken);
    }

    private async Task<BlobOutcome> PushBlobAsync(
        RegistryEndpoint endpoint,
        ImageReference repository,
        BlobSource source,
        IReadOnlyList<ImageReference> mountFrom,
        CancellationToken cancellationToken) =>
        (await PushBlobAsync(endpoint, repository, source, mountFrom, mountOnly: false, cancellationToken).ConfigureAwait(false))!.Value;

    private async Task<BlobOutcome?> PushBlobAsync(
        RegistryEndpoint endpoint,
        ImageReference repository,
        BlobSource source,
        IReadOnlyList<ImageReference> mountFrom,
        bool mountOnly,
        CancellationToken cancellationToken)
    {
        string scope = PushScope(endpoint, repository);
        if (await HasBlobAsync(endpoint, repository, source.Blob, scope, cancellationToken).ConfigureAwait(false))
        {
            return BlobOutcome.Existing;
        }

        Uri? begun = null;
        foreach (ImageReference from in mountFrom)
        {
            if (RegistryEndpoint.For(from.Registry, _options) is var theirs && theirs.Origin == endpoint.Origin)
            {
                Mount mount = await MountAsync(endpoint, repository, theirs, from, source.Blob, cancellationToken).ConfigureAwait(false);
                if (mount.IsDone)
                {
                    return BlobOutcome.Mounted;
                }

                begun = mount.Begun ?? begun;
            }
        }

        if (mountOnly)
        {
            return null;
        }

        await new BlobUpload(_transport, UploadRequest(endpoint, repository, scope), source, begun).SendAsync(cancellationToken)
            .ConfigureAwait(false);
        return BlobOutcome.Uploaded;
    }

    private Task<Mount> MountAsync(
        RegistryEndpoint endpoint,
        ImageReference repository,
        RegistryEndpoint theirs,
        ImageReference from,
        Descriptor blob,
        CancellationToken cancellationToken)
    {
        RegistryRequest start = UploadRequest(endpoint, repository, $"{PushScope(endpoint, repository)} {PullScope(theirs, from)}");
        string query = $"?mount={Uri.EscapeDataString(blob.Digest.Value)}&from={Uri.EscapeDataString(theirs.Prefix + from.Repository)}";
        RegistryRequest mount = start with { Uri = new Uri(start.Uri + query) };
        return _transport.SendAsync(
            mount,
            async (response, token) => response.StatusCode switch
            {
                HttpStatusCode.Created => new Mount(true),
                HttpStatusCode.Accepted => new Mount(false, BlobUpload.Location(mount, response, _options)),
                // A registry that does not let us read there.
                HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                    new Mount(false),
                _ => throw await _transport.RefusedAsync(mount, response, token).ConfigureAwait(false),
            },
            cancellationToken);
    }

    private static RegistryRequest UploadRequest(RegistryEndpoint endpoint, ImageReference repository, string scope) => new()
    {
        Method = HttpMethod.Post,
        Endpoint = endpoint,
        Uri = endpoint.Uri(repository.Repository, "blobs/uploads/"),
        Scope = scope,
    };

    private static string PushScope(RegistryEndpoint endpoint, ImageReference repository) =>
        endpoint.Scope(repository.Repository, "pull,push");

    /// <summary>What came of asking a registry to take a blob over from another repository.</summary>
    /// <param name="IsDone">Whether it did.</param>
    /// <param name="Begun">Else where it began an upload instead, if it says so.</param>
    private sealed record Mount(bool IsDone, Uri? Begun = null);
}
