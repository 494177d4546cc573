using System.Net;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// Reads from and writes to registries (OCI distribution specification 1.1). What does not exist is null; anything else that is not the
/// answer (no sign-in, a server's error, no answer at all) is a coded error, so that "not there" is never guessed. One client serves many
/// registries, calls in parallel, and keeps connections and tokens.
/// </summary>
public sealed partial class RegistryClient : IDisposable
{
    private const string DigestHeader = "Docker-Content-Digest";

    private const string ManifestTypes =
        $"{MediaTypes.ImageIndex}, {MediaTypes.ImageManifest}, {MediaTypes.DockerManifestList}, {MediaTypes.DockerManifest}";

    // Stands for an answer to HEAD that does not say what is there.
    private static readonly Descriptor Untold = Descriptor.EmptyJson with { MediaType = "" };

    private readonly RegistryClientOptions _options;
    private readonly RegistryTransport _transport;

    /// <summary>A client; contacts nobody yet.</summary>
    public RegistryClient(RegistryClientOptions? options = null)
    {
        _options = options ?? new RegistryClientOptions();
        _transport = new RegistryTransport(_options);
    }

    /// <summary>
    /// Opens a connection to a registry and signs in to a repository, while the caller still finds out what to ask for: in a process that
    /// has not talked HTTP before, that is most of what the first call takes. Whatever goes wrong shows when something is asked.
    /// </summary>
    public async Task PrepareAsync(ImageReference repository, CancellationToken cancellationToken = default)
    {
        try
        {
            RegistryEndpoint endpoint = RegistryEndpoint.For(repository.Registry, _options);
            var ping = new RegistryRequest
            {
                Method = HttpMethod.Get, Endpoint = endpoint, Uri = new Uri(endpoint.Origin, "v2/"), Scope = PullScope(endpoint, repository),
            };
            using HttpResponseMessage response = await _transport.SendOnceAsync(ping, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DevcontainerException or TransientStatusException or HttpRequestException or IOException
            or OperationCanceledException)
        {
            // Said by whoever asks for something.
        }
    }

    /// <summary>What a reference names, by HEAD: digest, media type and size as the registry states them. Null where there is no such
    /// repository, tag or manifest.</summary>
    /// <exception cref="DevcontainerException">A code DEVC502x: the registry does not answer, refuses or answers nonsense.</exception>
    public Task<Descriptor?> ResolveAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(
            reference,
            async (endpoint, token) =>
            {
                RegistryRequest request = ManifestRequest(HttpMethod.Head, endpoint, reference);
                Descriptor? told = await _transport.SendAsync(
                    request, (response, t) => ReadHeadAsync(request, reference, response, t), token).ConfigureAwait(false);

                // Some registries send no digest with HEAD, or have no HEAD.
                return ReferenceEquals(told, Untold)
                    ? (await FetchManifestAsync(endpoint, reference, token).ConfigureAwait(false))?.Descriptor
                    : told;
            },
            cancellationToken);

    /// <summary>Fetches a manifest or index and checks its digest. Null where there is no such repository, tag or manifest.</summary>
    /// <exception cref="DevcontainerException">A code DEVC502x; <see cref="Codes.ContentTooLarge"/> above
    /// <see cref="ImageManifest.MaxSize"/>; <see cref="Codes.RegistryContentWrong"/>.</exception>
    public Task<RegistryManifest?> GetManifestAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(reference, (endpoint, token) => FetchManifestAsync(endpoint, reference, token), cancellationToken);

    /// <summary>Fetches whatever a repository has as a manifest, also what is none that this client knows: for those who only look. Null where there is
    /// no such repository, tag or manifest.</summary>
    /// <returns>Of an unknown kind the digest is the one that the registry states: some are not of the bytes (Docker's schema 1).</returns>
    /// <exception cref="DevcontainerException">As <see cref="GetManifestAsync"/>.</exception>
    public Task<RegistryManifest?> GetAnyManifestAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(reference, (endpoint, token) => FetchManifestAsync(endpoint, reference, token, anyKind: true), cancellationToken);

    /// <summary>Whether a repository has a blob.</summary>
    /// <exception cref="DevcontainerException">A code DEVC502x.</exception>
    public Task<bool> HeadBlobAsync(ImageReference repository, Descriptor blob, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(
            repository,
            (endpoint, token) => HasBlobAsync(endpoint, repository, blob, PullScope(endpoint, repository), token),
            cancellationToken);

    /// <summary>Opens a blob; its size and digest are checked when its end is read, and a broken connection is resumed on the way. Null
    /// where the repository does not have it.</summary>
    /// <exception cref="DevcontainerException">A code DEVC502x; on reading also <see cref="Codes.BlobCorrupt"/>.</exception>
    public async Task<Stream?> OpenBlobAsync(ImageReference repository, Descriptor blob, CancellationToken cancellationToken = default) =>
        await OpenUnverifiedAsync(repository, blob, cancellationToken).ConfigureAwait(false) is { } body
            ? new VerifyingStream(body, blob.Digest, blob.Size, Origin(repository))
            : null;

    /// <summary>Reads a blob into memory and checks it. Null where the repository does not have it.</summary>
    /// <exception cref="DevcontainerException">A code DEVC502x, <see cref="Codes.BlobCorrupt"/>, or <see cref="Codes.ContentTooLarge"/>
    /// above <see cref="OciLayout.MaxInMemory"/>.</exception>
    public async Task<byte[]?> GetBlobAsync(ImageReference repository, Descriptor blob, CancellationToken cancellationToken = default)
    {
        if (blob.Size > OciLayout.MaxInMemory)
        {
            throw new DevcontainerException(Codes.ContentTooLarge, $"blob {blob.Digest}", blob.Size, OciLayout.MaxInMemory);
        }

        await using Stream? stream = await OpenBlobAsync(repository, blob, cancellationToken).ConfigureAwait(false);
        if (stream is null)
        {
            return null;
        }

        // Not all at once: the size is what a manifest says, and need not be true.
        var bytes = new MemoryStream((int)Math.Min(blob.Size, 1024 * 1024));
        await stream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _transport.Dispose();
        _fallback.Dispose();
    }

    internal static DevcontainerException DeadlinePassed(RegistryEndpoint endpoint, RegistryClientOptions options) =>
        new(Codes.RegistryTimeout, endpoint.Registry, $"it was not done in {options.Deadline.TotalSeconds:0.###} s");

    private static string Origin(ImageReference repository) => $"{repository.Name} of the registry";

    private async Task<BlobStream?> OpenUnverifiedAsync(ImageReference repository, Descriptor blob, CancellationToken cancellationToken)
    {
        var deadline = new CancellationTokenSource(_options.Deadline);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            RegistryEndpoint endpoint = RegistryEndpoint.For(repository.Registry, _options);
            RegistryRequest request = BlobRequest(HttpMethod.Get, endpoint, repository, blob.Digest, PullScope(endpoint, repository));
            HttpResponseMessage response;
            try
            {
                response = await _transport.OpenAsync(request, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw DeadlinePassed(endpoint, _options);
            }

            if (response.StatusCode == HttpStatusCode.OK)
            {
                var body = new BlobStream(_transport, request, blob, response, deadline);
                deadline = null;
                return body;
            }

            using (response)
            {
                return response.StatusCode == HttpStatusCode.NotFound
                    ? null
                    : throw await _transport.RefusedAsync(request, response, either.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            deadline?.Dispose();
        }
    }

    private async Task<T> WithDeadlineAsync<T>(
        ImageReference reference, Func<RegistryEndpoint, CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        RegistryEndpoint endpoint = RegistryEndpoint.For(reference.Registry, _options);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.Deadline);
        try
        {
            return await action(endpoint, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && deadline.IsCancellationRequested)
        {
            throw DeadlinePassed(endpoint, _options);
        }
    }

    private async Task<Descriptor?> ReadHeadAsync(
        RegistryRequest request, ImageReference reference, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.NotFound:
                return null;
            case HttpStatusCode.MethodNotAllowed:
                return Untold;
            case HttpStatusCode.OK:
                break;
            default:
                throw await _transport.RefusedAsync(request, response, cancellationToken).ConfigureAwait(false);
        }

        string mediaType = MediaTypeOf(request, response);
        if (response.Content.Headers.ContentLength is not { } size || Stated(request, response) is not { } digest)
        {
            return Untold;
        }

        return reference.Digest is { } pinned && pinned != digest
            ? throw new DevcontainerException(Codes.RegistryContentWrong, request.Endpoint.Registry, pinned.Value, digest.Value)
            : new Descriptor(mediaType, digest, size);
    }

    private Task<RegistryManifest?> FetchManifestAsync(
        RegistryEndpoint endpoint, ImageReference reference, CancellationToken cancellationToken, bool anyKind = false)
    {
        RegistryRequest request = ManifestRequest(HttpMethod.Get, endpoint, reference);
        return _transport.SendAsync<RegistryManifest?>(
            request,
            async (response, token) =>
            {
                if (response.StatusCode == HttpStatusCode.NotFound)
                {
                    return null;
                }

                if (response.StatusCode != HttpStatusCode.OK)
                {
                    throw await _transport.RefusedAsync(request, response, token).ConfigureAwait(false);
                }

                string mediaType = MediaTypeOf(request, response, anyKind);
                byte[] bytes = await RegistryTransport
                    .ReadBodyAsync(response, ImageManifest.MaxSize, $"manifest {reference}", _options, token).ConfigureAwait(false);
                var descriptor = Descriptor.Of(bytes, mediaType);

                // The digest of the bytes decides, whatever the header says; a header that says another shows that something is broken.
                Digest expected = reference.Digest ?? Stated(request, response) ?? descriptor.Digest;
                return descriptor.Digest == expected || !IsKnown(mediaType)
                    ? new RegistryManifest(descriptor with { Digest = expected }, bytes)
                    : throw new DevcontainerException(
                        Codes.RegistryContentWrong, endpoint.Registry, expected.Value, descriptor.Digest.Value);
            },
            cancellationToken);
    }

    private Task<bool> HasBlobAsync(
        RegistryEndpoint endpoint, ImageReference repository, Descriptor blob, string scope, CancellationToken cancellationToken)
    {
        RegistryRequest request = BlobRequest(HttpMethod.Head, endpoint, repository, blob.Digest, scope);
        return _transport.SendAsync(
            request,
            async (response, token) => response.StatusCode switch
            {
                HttpStatusCode.OK when response.Content.Headers.ContentLength is { } size && size != blob.Size =>
                    throw new DevcontainerException(
                        Codes.RegistryContentWrong, endpoint.Registry, $"{blob.Digest} with {blob.Size} bytes", $"{size} bytes"),
                HttpStatusCode.OK => true,
                HttpStatusCode.NotFound => false,
                _ => throw await _transport.RefusedAsync(request, response, token).ConfigureAwait(false),
            },
            cancellationToken);
    }

    private static RegistryRequest ManifestRequest(HttpMethod method, RegistryEndpoint endpoint, ImageReference reference) => new()
    {
        Method = method,
        Endpoint = endpoint,
        Uri = endpoint.Uri(reference.Repository, $"manifests/{reference.Digest?.Value ?? reference.Tag}"),
        Scope = PullScope(endpoint, reference),
        Accept = ManifestTypes,
    };

    private static RegistryRequest BlobRequest(
        HttpMethod method, RegistryEndpoint endpoint, ImageReference repository, Digest digest, string scope) => new()
    {
        Method = method,
        Endpoint = endpoint,
        Uri = endpoint.Uri(repository.Repository, $"blobs/{digest}"),
        Scope = scope,
    };

    private static string PullScope(RegistryEndpoint endpoint, ImageReference repository) => endpoint.Scope(repository.Repository, "pull");

    private static bool IsKnown(string mediaType) => MediaTypes.IsManifest(mediaType) || MediaTypes.IsIndex(mediaType);

    private static string MediaTypeOf(RegistryRequest request, HttpResponseMessage response, bool anyKind = false)
    {
        // Others are a manifest of the first schema or of a kind to come, or the login page of some proxy, which is never one.
        string mediaType = response.Content.Headers.ContentType?.MediaType ?? "";
        return IsKnown(mediaType) || (anyKind && mediaType.StartsWith("application/", StringComparison.Ordinal))
            ? mediaType
            : throw RegistryTransport.Protocol(
                request, $"to {request} it answered something of type '{Printable.Quote(mediaType)}', which is no manifest");
    }

    internal static Digest? Stated(RegistryRequest request, HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues(DigestHeader, out System.Net.Http.Headers.HeaderStringValues values))
        {
            return null;
        }

        string text = values.ToString();
        return Digest.TryParse(text, out Digest digest)
            ? digest
            : throw RegistryTransport.Protocol(request, $"it states the digest '{Printable.Quote(text)}', which is none");
    }
}
