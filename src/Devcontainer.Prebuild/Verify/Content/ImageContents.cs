using System.Collections.Concurrent;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Verify.Content;

/// <summary>What is in the layers of images: each layer is read once, when a gate first asks for it, and several at a time.</summary>
/// <param name="open">Opens a layer of a repository; null where it is gone.</param>
/// <param name="withSecrets">Whether a layer is read for secrets.</param>
internal sealed class ImageContents(
    Func<ImageReference, Descriptor, CancellationToken, Task<Stream?>> open, Func<Digest, bool> withSecrets) : IDisposable
{
    private readonly ConcurrentDictionary<Digest, Lazy<Task<LayerContent>>> _layers = new();
    private readonly SemaphoreSlim _readers = new(Math.Max(2, Environment.ProcessorCount));

    /// <summary>The layers of a platform, the lowest first.</summary>
    /// <exception cref="DevcontainerException">DEVC6005: a layer is gone; DEVC5007 and on: it cannot be read.</exception>
    internal async Task<IReadOnlyList<LayerContent>> ReadAsync(VerifiedImage image, VerifiedPlatform platform, CancellationToken cancellationToken) =>
        await Task.WhenAll(platform.Manifest.Layers.Select(layer => _layers.GetOrAdd(
            layer.Digest, _ => new Lazy<Task<LayerContent>>(() => ReadAsync(image.Reference, layer, cancellationToken))).Value)).ConfigureAwait(false);

    /// <summary>The files of a platform as a container sees them, those of them that gates ask for.</summary>
    internal async Task<ImageView> ViewAsync(VerifiedImage image, VerifiedPlatform platform, CancellationToken cancellationToken) =>
        new(await ReadAsync(image, platform, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc />
    public void Dispose() => _readers.Dispose();

    private async Task<LayerContent> ReadAsync(ImageReference repository, Descriptor layer, CancellationToken cancellationToken)
    {
        await _readers.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Stream blob = await open(repository, layer, cancellationToken).ConfigureAwait(false)
                ?? throw new DevcontainerException(Codes.VerifyImageGone, repository.WithDigest(layer.Digest));
            return await Task.Run(
                () =>
                {
                    using LayerReader reader = LayerReader.Open(blob, layer.Digest.Value);
                    return LayerContent.Read(reader, withSecrets(layer.Digest), cancellationToken);
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _readers.Release();
        }
    }
}
