using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <content>Pulling whole images.</content>
public sealed partial class RegistryClient
{
    private const int DeepestIndex = 8;

    /// <summary>Fetches everything reachable from a descriptor into a layout; what the layout has is not fetched. Its index does not name
    /// the image afterwards.</summary>
    /// <param name="repository">Where it is; tag and digest do not matter.</param>
    /// <param name="root">An index or a manifest.</param>
    /// <param name="layout">Where it goes.</param>
    /// <param name="cancellationToken">Cancels; what is fetched stays.</param>
    /// <returns>False where the registry has not all of it.</returns>
    /// <exception cref="DevcontainerException">A code DEVC502x; <see cref="Codes.BlobCorrupt"/>;
    /// <see cref="Codes.ContentInvalid"/>.</exception>
    public async Task<bool> PullAsync(
        ImageReference repository, Descriptor root, OciLayout layout, CancellationToken cancellationToken = default)
    {
        var blobs = new Dictionary<Digest, Descriptor>();
        if (!await PullManifestAsync(repository, root, layout, blobs, 0, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        int missing = 0;
        await SideBySideAsync(
            [.. blobs.Values.OrderByDescending(b => b.Size)],
            async (blob, token) =>
            {
                if (layout.Contains(blob))
                {
                    return;
                }

                await using Stream? content = await OpenUnverifiedAsync(repository, blob, token).ConfigureAwait(false);
                if (content is null)
                {
                    Interlocked.Increment(ref missing);
                    return;
                }

                await layout.AddBlobAsync(content, blob, Origin(repository), token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return missing == 0;
    }

    private async Task<bool> PullManifestAsync(
        ImageReference repository,
        Descriptor descriptor,
        OciLayout layout,
        Dictionary<Digest, Descriptor> blobs,
        int depth,
        CancellationToken cancellationToken)
    {
        bool isIndex = MediaTypes.IsIndex(descriptor.MediaType);
        if (!isIndex && !MediaTypes.IsManifest(descriptor.MediaType))
        {
            blobs.TryAdd(descriptor.Digest, descriptor);
            return true;
        }

        if (depth > DeepestIndex)
        {
            throw new DevcontainerException(Codes.ContentInvalid, $"image index {descriptor.Digest}", "it is nested without end");
        }

        ReadOnlyMemory<byte> bytes;
        if (layout.Contains(descriptor))
        {
            bytes = layout.ReadBlob(descriptor);
        }
        else if (await GetManifestAsync(repository.WithDigest(descriptor.Digest), cancellationToken).ConfigureAwait(false) is { } manifest)
        {
            bytes = manifest.Bytes;
            layout.AddBlob(bytes.Span, descriptor.MediaType);
        }
        else
        {
            return false;
        }

        if (isIndex)
        {
            foreach (Descriptor child in ImageIndex.Parse(bytes, descriptor.Digest.Value).Manifests)
            {
                if (!await PullManifestAsync(repository, child, layout, blobs, depth + 1, cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }
            }

            return true;
        }

        ImageManifest image = ImageManifest.Parse(bytes, descriptor.Digest.Value);
        foreach (Descriptor blob in image.Layers.Append(image.Config))
        {
            blobs.TryAdd(blob.Digest, blob);
        }

        return true;
    }
}
