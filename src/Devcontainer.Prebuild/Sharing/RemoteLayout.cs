using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// A layout whose manifests are here and whose other blobs may still be in a registry: the entry of its <c>index.json</c> then names the repository that
/// has them. They are fetched when something needs them.
/// </summary>
internal static class RemoteLayout
{
    private const string Repository = "com.devcontainer-sdk.blobs";
    private const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>The repository that has what the layout lacks; null where the layout is to be whole.</summary>
    internal static ImageReference? RepositoryOf(Descriptor root) =>
        root.Annotations.TryGetValue(Repository, out string? name) && ImageReference.TryParse(name, out ImageReference? repository) ? repository : null;

    /// <summary>The same for the image of a receipt; null also where the output folder has it not at all.</summary>
    internal static ImageReference? RepositoryOf(Receipt receipt, string outputPath) =>
        Entry(OciLayout.Open(Path.Combine(outputPath, "image")), Digest.Parse(receipt.Image.Digest)) is { } root ? RepositoryOf(root) : null;

    /// <summary>The entry of an image's layout; null where the layout is not there, or has another image.</summary>
    internal static Descriptor? Entry(OciLayout layout, Digest image)
    {
        foreach (Descriptor entry in layout.ReadIndex().Manifests)
        {
            if (entry.Digest == image)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>Whether every blob of an image is here.</summary>
    internal static bool IsWhole(OciLayout layout, Descriptor root) => layout.Reachable(root).All(layout.Contains);

    /// <summary>The entry of an image, as the layout's <c>index.json</c> has it.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="root">The image's index; every manifest of it is here.</param>
    /// <param name="tags">The image's tags: the first one names it.</param>
    /// <param name="repository">Where blobs are that are not here; null for nowhere.</param>
    internal static Descriptor Named(OciLayout layout, Descriptor root, IReadOnlyList<string> tags, ImageReference? repository)
    {
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
        if (tags.Count > 0)
        {
            annotations[RefName] = tags[0];
        }

        if (repository is not null && !IsWhole(layout, root))
        {
            annotations[Repository] = repository.Name;
        }

        return root with { Annotations = annotations };
    }

    /// <summary>The entry of an image whose tag another one has now.</summary>
    internal static Descriptor WithoutTag(Descriptor entry) =>
        entry with { Annotations = entry.Annotations.Where(static annotation => annotation.Key != RefName).ToDictionary(StringComparer.Ordinal) };

    /// <summary>Makes the layout of an image whole: fetches what is not here.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="image">The image.</param>
    /// <param name="registries">Connects.</param>
    /// <param name="reporter">Hears of it.</param>
    /// <param name="cancellationToken">Ends it; what is fetched stays.</param>
    /// <returns>The entry of the image.</returns>
    /// <exception cref="DevcontainerException">DEVC5003: the layout lacks blobs and nobody has them; DEVC5043: the registry no longer has them.</exception>
    internal static async Task<Descriptor> CompleteAsync(
        OciLayout layout, Digest image, RegistryAccess registries, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        Descriptor root = Entry(layout, image) ?? throw new DevcontainerException(Codes.BlobMissing, image.Value, layout.Root);
        if (RepositoryOf(root) is not { } repository)
        {
            return root;
        }

        if (registries.IsOffline)
        {
            throw new DevcontainerException(Codes.OfflineImage, repository.WithDigest(image));
        }

        reporter.Status($"Fetching the layers of {repository.WithDigest(image)}.");
        if (!await registries.Transfers.PullAsync(repository, root, layout, cancellationToken).ConfigureAwait(false))
        {
            throw new DevcontainerException(Codes.SharedImageGone, repository.WithDigest(image));
        }

        string? tag = root.Annotations.GetValueOrDefault(RefName);
        layout.WriteIndex(new ImageIndex { Manifests = [Named(layout, root, tag is null ? [] : [tag], repository: null)] });
        return root;
    }
}
