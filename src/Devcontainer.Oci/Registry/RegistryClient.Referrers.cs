using System.Net;
using System.Net.Http.Headers;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <content>Referrers: manifests that say something about another, such as SBOMs and receipts.</content>
public sealed partial class RegistryClient
{
    private const int MostPages = 32;
    private const int MostFallbackWrites = 5;

    private readonly SemaphoreSlim _fallback = new(1);

    /// <summary>The manifests that refer to another one, by the referrers API or else by its fallback tag (OCI distribution specification,
    /// listing referrers).</summary>
    /// <param name="repository">Where the subject is.</param>
    /// <param name="subject">Its digest; it need not be there.</param>
    /// <param name="artifactType">Which kind is wanted; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DevcontainerException">A code DEVC502x.</exception>
    public Task<IReadOnlyList<Descriptor>> GetReferrersAsync(
        ImageReference repository, Digest subject, string? artifactType = null, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync<IReadOnlyList<Descriptor>>(
            repository,
            async (endpoint, token) =>
            {
                IReadOnlyList<Descriptor> referrers = await FindReferrersAsync(endpoint, repository, subject, token).ConfigureAwait(false);
                var wanted = new List<Descriptor>(referrers.Count);
                foreach (Descriptor listed in referrers)
                {
                    Descriptor referrer = listed.ArtifactType == MediaTypes.Empty && MediaTypes.IsManifest(listed.MediaType)
                        ? await RetypeAsync(endpoint, repository, listed, token).ConfigureAwait(false)
                        : listed;
                    if (artifactType is null || referrer.ArtifactType == artifactType)
                    {
                        wanted.Add(referrer);
                    }
                }

                return wanted;
            },
            cancellationToken);

    /// <summary>What the referrers API lists for a manifest; null where the registry has none, and what refers to it is listed by
    /// <see cref="FallbackTag(Digest)"/> alone. A registry that got the API later may have both.</summary>
    /// <exception cref="DevcontainerException">A code DEVC502x.</exception>
    public Task<IReadOnlyList<Descriptor>?> ListReferrersAsync(
        ImageReference repository, Digest subject, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync<IReadOnlyList<Descriptor>?>(
            repository,
            async (endpoint, token) => await ListReferrersAsync(endpoint, repository, subject, token).ConfigureAwait(false),
            cancellationToken);

    /// <summary>The tag whose index lists what refers to a manifest, where the registry has no API for that (OCI distribution specification,
    /// referrers tag schema).</summary>
    public static string FallbackTag(Digest subject) => $"{subject.Algorithm}-{subject.Hex}";

    /// <summary>Puts a manifest that has a subject, and makes it findable: where the registry has no referrers API, by adding it to the
    /// fallback tag. Its blobs must be there already. Safe to repeat.</summary>
    /// <returns>Its descriptor.</returns>
    /// <exception cref="DevcontainerException">A code DEVC502x.</exception>
    public Task<Descriptor> PutReferrerAsync(
        ImageReference repository, ImageManifest referrer, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(
            repository,
            (endpoint, token) => PutReferrerAsync(endpoint, repository, referrer, referrer.ToBytes(), token),
            cancellationToken);

    private async Task<Descriptor> PutReferrerAsync(
        RegistryEndpoint endpoint, ImageReference repository, ImageManifest referrer, byte[] bytes, CancellationToken cancellationToken)
    {
        Descriptor subject = referrer.Subject ?? throw new ArgumentException("The manifest has no subject.", nameof(referrer));
        Descriptor descriptor = Descriptor.Of(bytes, referrer.MediaType) with
        {
            // What it is called without a type of its own (manifest.md, artifactType).
            ArtifactType = referrer.ArtifactType ?? referrer.Config.MediaType,
            Annotations = referrer.Annotations,
        };
        string? noted = await SendManifestAsync(endpoint, repository.WithDigest(descriptor.Digest), descriptor, bytes, cancellationToken)
            .ConfigureAwait(false);
        if (noted is null)
        {
            await AddToFallbackAsync(endpoint, repository, subject.Digest, descriptor, cancellationToken).ConfigureAwait(false);
        }

        return descriptor;
    }

    // A manifest without a configuration has an artifact type. What keeps the fallback tag may list the media type of the missing
    // configuration all the same (cosign 3.1), by which nobody finds it.
    private async Task<Descriptor> RetypeAsync(
        RegistryEndpoint endpoint, ImageReference repository, Descriptor listed, CancellationToken cancellationToken)
    {
        RegistryManifest? manifest = await FetchManifestAsync(endpoint, repository.WithDigest(listed.Digest), cancellationToken)
            .ConfigureAwait(false);
        return manifest is not null && ImageManifest.Parse(manifest.Bytes, listed.Digest.Value).ArtifactType is { } type
            ? listed with { ArtifactType = type }
            : listed;
    }

    // Both ways are asked side by side: one after the other would be one more wait, and which of them a registry has is not known before.
    private async Task<IReadOnlyList<Descriptor>> FindReferrersAsync(
        RegistryEndpoint endpoint, ImageReference repository, Digest subject, CancellationToken cancellationToken)
    {
        using var unneeded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ImageIndex?> fallback = FallbackAsync(endpoint, repository, subject, unneeded.Token);
        try
        {
            if (await ListReferrersAsync(endpoint, repository, subject, cancellationToken).ConfigureAwait(false) is { } listed)
            {
                return listed;
            }

            return (await fallback.ConfigureAwait(false))?.Manifests ?? [];
        }
        finally
        {
            await unneeded.CancelAsync().ConfigureAwait(false);
            await ((Task)fallback).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Null where the registry has no referrers API.
    private async Task<List<Descriptor>?> ListReferrersAsync(
        RegistryEndpoint endpoint, ImageReference repository, Digest subject, CancellationToken cancellationToken)
    {
        var referrers = new List<Descriptor>();
        Uri? page = endpoint.Uri(repository.Repository, $"referrers/{subject}");
        for (int pages = 0; page is not null; pages++)
        {
            if (pages == MostPages)
            {
                throw new DevcontainerException(
                    Codes.RegistryProtocol, endpoint.Registry, $"it lists what refers to {subject} on more than {MostPages} pages");
            }

            var request = new RegistryRequest
            {
                Method = HttpMethod.Get,
                Endpoint = endpoint,
                Uri = page,
                Scope = PullScope(endpoint, repository),
                Accept = MediaTypes.ImageIndex,
            };
            ReferrerPage? read = await _transport
                .SendAsync(request, (response, token) => ReadPageAsync(request, response, token), cancellationToken)
                .ConfigureAwait(false);
            if (read is null)
            {
                return null;
            }

            referrers.AddRange(read.Index.Manifests);
            page = read.Next;
        }

        return referrers;
    }

    private async Task<ReferrerPage?> ReadPageAsync(
        RegistryRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        switch (response.StatusCode)
        {
            // What registries without the API answer, the ones that take it for something malformed included.
            case HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed:
                return null;
            case HttpStatusCode.OK when response.Content.Headers.ContentType?.MediaType == MediaTypes.ImageIndex:
                break;
            case HttpStatusCode.OK:
                return null;
            default:
                throw await _transport.RefusedAsync(request, response, cancellationToken).ConfigureAwait(false);
        }

        byte[] bytes = await RegistryTransport
            .ReadBodyAsync(response, ImageManifest.MaxSize, "list of referrers", _options, cancellationToken)
            .ConfigureAwait(false);
        return new ReferrerPage(ImageIndex.Parse(bytes, request.ToString()), NextPage(request, response));
    }

    // Link: </v2/…?…>; rel="next" (RFC 8288). Only a page of the same registry is followed.
    private static Uri? NextPage(RegistryRequest request, HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues("Link", out HeaderStringValues links))
        {
            return null;
        }

        string link = links.ToString();
        int end = link.IndexOf('>', StringComparison.Ordinal);
        return link.StartsWith('<') && end > 0 && link[end..].Contains("next", StringComparison.OrdinalIgnoreCase)
            && Uri.TryCreate(request.Uri, link[1..end], out Uri? next)
            && next.Authority == request.Uri.Authority && next.Scheme == request.Uri.Scheme
            ? next
            : null;
    }

    private static ImageReference FallbackTag(ImageReference repository, Digest subject) =>
        repository.WithTag(FallbackTag(subject));

    private async Task<ImageIndex?> FallbackAsync(
        RegistryEndpoint endpoint, ImageReference repository, Digest subject, CancellationToken cancellationToken)
    {
        ImageReference tag = FallbackTag(repository, subject);
        RegistryManifest? manifest = await FetchManifestAsync(endpoint, tag, cancellationToken).ConfigureAwait(false);
        return manifest is null ? null : ImageIndex.Parse(manifest.Bytes, tag.ToString());
    }

    private async Task AddToFallbackAsync(
        RegistryEndpoint endpoint, ImageReference repository, Digest subject, Descriptor referrer, CancellationToken cancellationToken)
    {
        // One after the other here; somebody else's write in between shows when ours is looked for.
        await _fallback.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (int attempt = 0; attempt < MostFallbackWrites; attempt++)
            {
                ImageIndex index = await FallbackAsync(endpoint, repository, subject, cancellationToken)
                    .ConfigureAwait(false) ?? new ImageIndex { Manifests = [] };
                if (index.Manifests.Any(m => m.Digest == referrer.Digest))
                {
                    return;
                }

                byte[] bytes = (index with { Manifests = [.. index.Manifests, referrer] }).ToBytes();
                Descriptor written = Descriptor.Of(bytes, MediaTypes.ImageIndex);
                await SendManifestAsync(endpoint, FallbackTag(repository, subject), written, bytes, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        finally
        {
            _fallback.Release();
        }

        throw new DevcontainerException(
            Codes.RegistryProtocol, endpoint.Registry, $"the tag {FallbackTag(repository, subject).Tag} does not keep what is put there");
    }

    private sealed record ReferrerPage(ImageIndex Index, Uri? Next);
}
