using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The image that one is compared with: the one that is named, else the one that was published before it. Looked up once, when it is first asked for.</summary>
/// <param name="client">Asks registries.</param>
/// <param name="outputPath">Absolute path of the output folder, whose <c>rollback.json</c> tells what was published before.</param>
/// <param name="named">The image that is named: a digest or tag of the same repository, or a reference; null for none.</param>
internal sealed class PreviousImage(RegistryClient client, string outputPath, string? named)
{
    private readonly Lock _lock = new();
    private Task<VerifiedImage?>? _image;

    /// <summary>Reads it.</summary>
    /// <param name="image">The image that is compared with it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null where nothing was published before.</returns>
    /// <exception cref="DevcontainerException">DEVC5064: it is gone; DEVC5063: <c>rollback.json</c> cannot be read.</exception>
    internal Task<VerifiedImage?> ReadAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _image ??= FindAsync(image.Reference, cancellationToken);
        }
    }

    private async Task<VerifiedImage?> FindAsync(ImageReference image, CancellationToken cancellationToken)
    {
        ImageReference? before = named is null ? Before(image)
            : named.Contains('/', StringComparison.Ordinal) ? ImageReference.Parse(named)
            : Digest.TryParse(named, out Digest digest) ? image.WithDigest(digest)
            : image.WithTag(named);
        try
        {
            return before is null ? null : await VerifiedImage.ReadAsync(client, before, cancellationToken).ConfigureAwait(false);
        }
        catch (DevcontainerException e) when (e.Diagnostic.Code == Codes.VerifyImageGone)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.CompareImageUnknown, null, before, "it is not in its registry, or not whole"), e);
        }
    }

    private ImageReference? Before(ImageReference image) =>
        PublishedImage.Read(Path.Combine(outputPath, PublishedImage.RollbackFileName), Codes.NothingToCompare) is { } last
        && last.All.Any(repository => repository.Repository == image.Name)
        && last.Before(image.Digest!.Value.Value) is { } digest
            ? image.WithDigest(Digest.Parse(digest))
            : null;
}
