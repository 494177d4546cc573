using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Comparison;

/// <summary>Tells what differs between the image of an output folder and the one before it, or between two that are named. Needs no engine.</summary>
public sealed class ImageCompare(IBuildReporter reporter)
{
    /// <summary>Compares, tells, and writes <c>changes.json</c> and <c>changes.md</c>.</summary>
    /// <param name="outputPath">Absolute path of the output folder.</param>
    /// <param name="registry">Registry of the image, for images that are named by a tag or digest.</param>
    /// <param name="repository">Repository of the image, for the same.</param>
    /// <param name="from">The first image: a digest, a tag or a reference; null for the one that was published before.</param>
    /// <param name="to">The second image; null for the one of the output folder.</param>
    /// <param name="settings">How registries are reached.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What differs; empty where nothing was published before.</returns>
    /// <exception cref="DevcontainerException">DEVC5063: it is not known what to compare with; DEVC5064: an image is gone or has no receipt.</exception>
    public async Task<IReadOnlyList<ImageChange>> RunAsync(
        string outputPath, string registry, string repository, string? from, string? to, RegistrySettings settings, CancellationToken cancellationToken)
    {
        using var registries = new RegistryAccess(settings, new ProcessRunner());
        if (registries.IsOffline)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerOffline", "true", "the image to compare with is in the registry");
        }

        RegistryClient client = registries.Client;
        ImageRecord after = to is null
            ? ImageRecord.Read(outputPath, client)
            : await ImageRecord.FetchAsync(client, Named(registry, repository, to), cancellationToken).ConfigureAwait(false);
        if ((from is null ? Before(outputPath, after) : Named(registry, repository, from)) is not { } first)
        {
            reporter.Status($"{after.Reference}: nothing was published before it.");
            return [];
        }

        ImageRecord before = await ImageRecord.FetchAsync(client, first, cancellationToken).ConfigureAwait(false);
        ImageChanges changes = await ImageComparison.WithLayersAsync(ImageComparison.Compare(before, after), cancellationToken).ConfigureAwait(false);
        foreach (string line in ChangesText.Lines(changes))
        {
            reporter.Status(line);
        }

        ChangesFile.Write(changes, outputPath);
        return changes.Changes;
    }

    private static ImageReference? Before(string outputPath, ImageRecord image)
    {
        string path = Path.Combine(outputPath, PublishedImage.RollbackFileName);
        PublishedImage last = PublishedImage.Read(path, Codes.NothingToCompare) ?? throw new DevcontainerException(Codes.NothingToCompare, path, "it is not there");
        return last.Before(image.Receipt.Image.Digest) is { } digest ? ImageReference.Parse(last.Repository).WithDigest(Digest.Parse(digest)) : null;
    }

    private static ImageReference Named(string registry, string repository, string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return ImageReference.Parse(name);
        }

        ImageReference own = SharedRepository.NameOf(registry, repository) ?? throw new DevcontainerException(Codes.PushNeedsRegistry, repository);
        return Digest.TryParse(name, out Digest digest) ? own.WithDigest(digest) : own.WithTag(name);
    }
}
