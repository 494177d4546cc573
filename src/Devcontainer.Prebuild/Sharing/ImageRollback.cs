using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>Puts an image's tags back: to what they named before the last push, or to an image that is given.</summary>
public sealed class ImageRollback(IBuildReporter reporter)
{
    /// <summary>Moves the tags back, in every repository of the last push. Nothing moves unless all that they will name is there.</summary>
    /// <param name="outputPath">The output folder, which has <c>rollback.json</c>.</param>
    /// <param name="registry">Registry of the image, for a target that is given.</param>
    /// <param name="repository">Repository of the image, for a target that is given.</param>
    /// <param name="alsoTo">Its other repositories (<see cref="PushRequest.AlsoTo"/>), for a target that is given.</param>
    /// <param name="target">A digest or a tag; null for what the tags named before the last push.</param>
    /// <param name="tags">The tags to move to the target; for the last push, its own are moved.</param>
    /// <param name="settings">How registries are reached.</param>
    /// <param name="cancellationToken">Ends it between two tags.</param>
    /// <exception cref="DevcontainerException">DEVC5048: no push is known, or its record cannot be read; DEVC5049: the target, or something it needs, is
    /// gone.</exception>
    public async Task RunAsync(
        string outputPath,
        string registry,
        string repository,
        IReadOnlyList<string> alsoTo,
        string? target,
        IReadOnlyList<string> tags,
        RegistrySettings settings,
        CancellationToken cancellationToken)
    {
        using var registries = new RegistryAccess(settings, new ProcessRunner());
        if (target is not null)
        {
            ImageReference name = SharedRepository.NameOf(registry, repository) ?? throw new DevcontainerException(Codes.PushNeedsRegistry, repository);
            IEnumerable<ImageReference> names = [name, .. PushTargets.Parse(alsoTo, name)];
            ImageReference Target(ImageReference of) => Digest.TryParse(target, out Digest digest) ? of.WithDigest(digest) : of.WithTag(target);
            List<(ImageReference, ImageReference)> all = [.. names.SelectMany(of => tags.Select(tag => (of.WithTag(tag), Target(of))))];
            await MoveAsync(registries.Transfers, all, cancellationToken).ConfigureAwait(false);
            return;
        }

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

        await MoveAsync(registries.Transfers, moves, cancellationToken).ConfigureAwait(false);
    }

    private async Task MoveAsync(RegistryClient client, List<(ImageReference Tag, ImageReference Target)> moves, CancellationToken cancellationToken)
    {
        var images = new List<RegistryManifest>();
        foreach ((_, ImageReference target) in moves)
        {
            images.Add(await WholeAsync(client, target, target, cancellationToken).ConfigureAwait(false));
        }

        for (int i = 0; i < moves.Count; i++)
        {
            await client.PutManifestAsync(moves[i].Tag, images[i].Bytes, images[i].Descriptor.MediaType, cancellationToken).ConfigureAwait(false);
            reporter.Status($"{moves[i].Tag.Familiar} names {images[i].Descriptor.Digest} again.");
        }
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
