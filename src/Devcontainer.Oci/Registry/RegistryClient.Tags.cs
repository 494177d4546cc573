using System.Net;
using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <content>Tags, and taking things away.</content>
public sealed partial class RegistryClient
{
    private const int MostTagPages = 256;

    /// <summary>The tags of a repository, in the registry's order. Null where there is no such repository.</summary>
    /// <param name="repository">Its tag and digest do not matter.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DevcontainerException">A code DEVC502x; <see cref="Codes.ContentInvalid"/>.</exception>
    public Task<IReadOnlyList<string>?> ListTagsAsync(ImageReference repository, CancellationToken cancellationToken = default) =>
        WithDeadlineAsync(
            repository,
            async (endpoint, token) =>
            {
                var tags = new List<string>();
                Uri? page = new(endpoint.Uri(repository.Repository, "tags/list") + "?n=1000");
                for (int pages = 0; page is not null; pages++)
                {
                    if (pages == MostTagPages)
                    {
                        throw new DevcontainerException(
                            Codes.RegistryProtocol, endpoint.Registry, $"it lists the tags of {repository.Name} on more than {MostTagPages} pages");
                    }

                    var request = new RegistryRequest
                    {
                        Method = HttpMethod.Get, Endpoint = endpoint, Uri = page, Scope = PullScope(endpoint, repository), Accept = "application/json",
                    };
                    TagPage? read = await _transport.SendAsync(request, (response, t) => ReadTagsAsync(request, response, t), token)
                        .ConfigureAwait(false);
                    if (read is null)
                    {
                        return null;
                    }

                    tags.AddRange(read.Tags);
                    page = read.Next;
                }

                return (IReadOnlyList<string>?)tags;
            },
            cancellationToken);

    /// <summary>Deletes a manifest, and with it every tag that names it. Its blobs stay for the registry to collect.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="DevcontainerException"><see cref="Codes.RegistryKeeps"/> where the registry does not allow it, or a code
    /// DEVC502x.</exception>
    public Task<bool> DeleteManifestAsync(ImageReference repository, Digest digest, CancellationToken cancellationToken = default) =>
        DeleteAsync(repository.WithDigest(digest), cancellationToken);

    /// <summary>Deletes a tag and leaves the manifest that it names.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="DevcontainerException"><see cref="Codes.RegistryKeeps"/> where the registry does not allow it (many know only how
    /// to delete manifests), or a code DEVC502x.</exception>
    public Task<bool> DeleteTagAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
        DeleteAsync(
            reference.WithTag(reference.Tag ?? throw new ArgumentException("The reference has no tag.", nameof(reference))), cancellationToken);

    private Task<bool> DeleteAsync(ImageReference reference, CancellationToken cancellationToken) => WithDeadlineAsync(
        reference,
        (endpoint, token) =>
        {
            RegistryRequest request = ManifestRequest(HttpMethod.Delete, endpoint, reference) with
            {
                Accept = "", Scope = endpoint.Scope(reference.Repository, "delete"),
            };
            return _transport.SendAsync(
                request,
                async (response, t) => response.StatusCode switch
                {
                    HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.NoContent => true,
                    HttpStatusCode.NotFound => false,
                    HttpStatusCode.MethodNotAllowed => throw new DevcontainerException(Codes.RegistryKeeps, endpoint.Registry, reference),
                    // What registries answer that take the name of a tag for a malformed digest.
                    HttpStatusCode.BadRequest when reference.Digest is null =>
                        throw new DevcontainerException(Codes.RegistryKeeps, endpoint.Registry, reference),
                    _ => throw await _transport.RefusedAsync(request, response, t).ConfigureAwait(false),
                },
                token);
        },
        cancellationToken);

    private async Task<TagPage?> ReadTagsAsync(RegistryRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.NotFound:
                return null;
            case HttpStatusCode.OK:
                break;
            default:
                throw await _transport.RefusedAsync(request, response, cancellationToken).ConfigureAwait(false);
        }

        byte[] bytes = await RegistryTransport.ReadBodyAsync(response, ImageManifest.MaxSize, "list of tags", _options, cancellationToken)
            .ConfigureAwait(false);
        var content = new JsonContent("list of tags", request.ToString());
        using JsonDocument document = content.Parse(bytes, ImageManifest.MaxSize);

        // Null where the last tag was deleted.
        IReadOnlyList<string> tags = content.Texts(document.RootElement, "tags") ?? [];
        foreach (string tag in tags)
        {
            if (!ImageReference.IsTag(tag))
            {
                throw content.Invalid($"'{Printable.Quote(tag)}' is no tag");
            }
        }

        return new TagPage(tags, NextPage(request, response));
    }

    private sealed record TagPage(IReadOnlyList<string> Tags, Uri? Next);
}
