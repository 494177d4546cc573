using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>Puts an image's tags back: to what they named before the last push, or to an image that is given.</summary>
public sealed class ImageRollback(IBuildReporter reporter)
{
    /// <summary>Moves the tags back, in every repository of the last push. Nothing moves unless all that they will name is there.</summary>
    /// <param name="request">What to put back.</param>
    /// <param name="cancellationToken">Ends it between two tags.</param>
    /// <exception cref="DevcontainerException">DEVC5048: no push is known, or its record cannot be read; DEVC5049: the target, or something it needs, is
    /// gone.</exception>
    public async Task RunAsync(RollbackRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        List<(ImageReference Tag, ImageReference Target)> moves = request.Target is { } target ? To(request, target) : ToBefore(request.OutputPath);
        using var registries = new RegistryAccess(request.Registries, new ProcessRunner());
        RegistryClient client = registries.Transfers;
        var images = new List<RegistryManifest>();
        foreach ((_, ImageReference image) in moves)
        {
            images.Add(await WholeAsync(client, image, image, cancellationToken).ConfigureAwait(false));
        }

        for (int i = 0; i < moves.Count; i++)
        {
            if (request.DryRun)
            {
                reporter.Status($"{moves[i].Tag.Familiar} would name {images[i].Descriptor.Digest} again.");
                continue;
            }

            await client.PutManifestAsync(moves[i].Tag, images[i].Bytes, images[i].Descriptor.MediaType, cancellationToken).ConfigureAwait(false);
            reporter.Status($"{moves[i].Tag.Familiar} names {images[i].Descriptor.Digest} again.");
        }
    }

    private static List<(ImageReference Tag, ImageReference Target)> To(RollbackRequest request, string target)
    {
        ImageReference first = SharedRepository.NameOf(request.Registry, request.Repository)
            ?? throw new DevcontainerException(Codes.PushNeedsRegistry, request.Repository);
        var moves = new List<(ImageReference, ImageReference)>();
        foreach (ImageReference repository in PushTargets.Parse(request.AlsoTo, first).Prepend(first))
        {
            ImageReference image = Digest.TryParse(target, out Digest digest) ? repository.WithDigest(digest) : repository.WithTag(target);
            moves.AddRange(request.Tags.Select(tag => (repository.WithTag(tag), image)));
        }

        return moves;
    }

    private List<(ImageReference Tag, ImageReference Target)> ToBefore(string outputPath)
    {
        string path = Path.Combine(outputPath, PublishedImage.RollbackFileName);
        PublishedImage last = PublishedImage.Read(path, Codes.RollbackFileInvalid)
            ?? throw new DevcontainerException(Codes.RollbackFileInvalid, path, "it is not there");
        var moves = new List<(ImageReference, ImageReference)>();
        foreach (PublishedTags published in last.All)
        {
            ImageReference from = ImageReference.Parse(published.Repository);
            foreach (PublishedTag tag in published.Tags)
            {
                if (tag.Previous is null)
                {
                    reporter.Status($"{from.WithTag(tag.Tag).Familiar} was new; it stays.");
                }
                else
                {
                    moves.Add((from.WithTag(tag.Tag), from.WithDigest(Digest.Parse(tag.Previous))));
                }
            }
        }

        return moves;
    }

    // A registry collects what nothing names: an index whose children, or a manifest whose blobs are gone cannot be run.
    private static async Task<RegistryManifest> WholeAsync(
        RegistryClient client, ImageReference repository, ImageReference target, CancellationToken cancellationToken)
    {
        RegistryManifest manifest = await client.GetManifestAsync(target, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.RollbackTargetGone, target, "it is not there");
        string name = manifest.Descriptor.Digest.Value;
        if (MediaTypes.IsIndex(manifest.Descriptor.MediaType))
        {
            foreach (Descriptor child in ImageIndex.Parse(manifest.Bytes, name).Manifests)
            {
                await WholeAsync(client, repository, repository.WithDigest(child.Digest), cancellationToken).ConfigureAwait(false);
            }

            return manifest;
        }

        ImageManifest image = ImageManifest.Parse(manifest.Bytes, name);
        foreach (Descriptor blob in image.Layers.Append(image.Config))
        {
            if (!await client.HeadBlobAsync(repository, blob, cancellationToken).ConfigureAwait(false))
            {
                throw new DevcontainerException(Codes.RollbackTargetGone, target, $"its blob {blob.Digest} is gone");
            }
        }

        return manifest;
    }
}
