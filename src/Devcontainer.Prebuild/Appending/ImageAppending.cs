using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Appending;

/// <summary>Makes the images of environment images: puts on them what the tiers make that need no engine.</summary>
/// <param name="inputs">What the image is made of.</param>
/// <param name="tiers">The tiers, the lowest first; none where nothing is appended.</param>
/// <param name="registries">Connects.</param>
/// <param name="repository">The image's repository; null for none.</param>
/// <param name="layout">Gets layers, configurations and manifests.</param>
/// <param name="output">Where the layout is.</param>
/// <param name="jobs">Runs the jobs.</param>
internal sealed class ImageAppending(
    PrebuildInputs inputs,
    IReadOnlyList<IAppendedTier> tiers,
    RegistryAccess registries,
    ImageReference? repository,
    OciLayout layout,
    OutputFolder output,
    JobRunner jobs)
{
    /// <summary>Makes the images: what is put on them while the environment images may still be built.</summary>
    /// <param name="platforms">Their platforms.</param>
    /// <param name="environments">Makes or finds the environment images, their manifests in the layout.</param>
    /// <param name="previous">The last receipt; null for none.</param>
    /// <param name="earlier">Finds the image that the registry has of the branch; asked only where there is no last receipt.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">A tier cannot make its layers, or a registry no longer has a configuration; or what the environment images threw.</exception>
    internal async Task<IReadOnlyList<AppendedImage>> RunAsync(
        IReadOnlyList<Platform> platforms,
        Func<CancellationToken, Task<IReadOnlyList<EnvironmentImage>>> environments,
        Receipt? previous,
        Func<CancellationToken, Task<EarlierImage?>> earlier,
        CancellationToken cancellationToken)
    {
        if (tiers.Count == 0 || platforms.Count == 0)
        {
            IReadOnlyList<EnvironmentImage> all = await environments(cancellationToken).ConfigureAwait(false);
            return [.. all.Select(static image => new AppendedImage(image, image.Manifest with { Platform = image.Platform }, AppendedContent.None))];
        }

        // Whichever fails first ends the other.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<IReadOnlyList<EnvironmentImage>> images = Ending(WithConfigsAsync(environments, ending.Token), ending);
        Task<IReadOnlyDictionary<Platform, AppendedContent>> making = Ending(MakeAsync(platforms, images, previous, earlier, ending.Token), ending);
        await Task.WhenAll(images, making).ConfigureAwait(false);
        IReadOnlyDictionary<Platform, AppendedContent> contents = await making.ConfigureAwait(false);
        var appended = new List<AppendedImage>();
        foreach (EnvironmentImage image in await images.ConfigureAwait(false))
        {
            appended.Add(new AppendedImage(image, ImageAppend.Apply(layout, image, contents[image.Platform]), contents[image.Platform]));
        }

        return appended;
    }

    // What a tier may ask of an environment image is in the layout then.
    private async Task<IReadOnlyList<EnvironmentImage>> WithConfigsAsync(
        Func<CancellationToken, Task<IReadOnlyList<EnvironmentImage>>> environments, CancellationToken cancellationToken)
    {
        IReadOnlyList<EnvironmentImage> images = await environments(cancellationToken).ConfigureAwait(false);
        foreach (EnvironmentImage image in images)
        {
            await FetchConfigAsync(layout.ReadManifest(image.Manifest), cancellationToken).ConfigureAwait(false);
        }

        return images;
    }

    private static async Task<T> Ending<T>(Task<T> work, CancellationTokenSource other)
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch
        {
            await other.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<IReadOnlyDictionary<Platform, AppendedContent>> MakeAsync(
        IReadOnlyList<Platform> platforms,
        Task<IReadOnlyList<EnvironmentImage>> images,
        Receipt? previous,
        Func<CancellationToken, Task<EarlierImage?>> earlier,
        CancellationToken cancellationToken)
    {
        KnownLayers known = await FindLayersAsync(previous, earlier, cancellationToken).ConfigureAwait(false);
        Dictionary<Platform, AppendedContent> contents = platforms.ToDictionary(static platform => platform, static _ => AppendedContent.None);
        string staging = output.CreateStaging();
        try
        {
            var request = new AppendRequest { Platforms = platforms, Images = images, Known = known, Layout = layout, Staging = staging, Jobs = jobs };

            // Side by side: one may wait for the environment images and another need none.
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            IReadOnlyDictionary<Platform, AppendedContent>[] made =
                await Task.WhenAll(tiers.Select(tier => Ending(tier.MakeAsync(request, ending.Token), ending))).ConfigureAwait(false);
            foreach (IReadOnlyDictionary<Platform, AppendedContent> tier in made)
            {
                foreach ((Platform platform, AppendedContent content) in tier)
                {
                    contents[platform] = contents[platform].With(content);
                }
            }
        }
        finally
        {
            OutputFolder.Delete(staging);
        }

        return contents;
    }

    // Of the last image here, or else of the one that the registry has of the branch: its blobs are where this image's will be.
    private async Task<KnownLayers> FindLayersAsync(
        Receipt? previous, Func<CancellationToken, Task<EarlierImage?>> earlier, CancellationToken cancellationToken)
    {
        var known = new KnownLayers();
        if (inputs.Request.Force)
        {
            return known;
        }

        bool isHere = previous is not null;
        Receipt? receipt = previous ?? (await earlier(cancellationToken).ConfigureAwait(false))?.Receipt;
        foreach (ReceiptPlatform platform in receipt?.Platforms ?? [])
        {
            if (platform.Environment is not null
                && await ReadManifestAsync(platform.Manifest, cancellationToken).ConfigureAwait(false) is { } manifest
                && await FetchConfigAsync(manifest, cancellationToken).ConfigureAwait(false) is { } config)
            {
                known.Add(manifest, config, isHere ? IsAvailable : static _ => true);
            }
        }

        return known;
    }

    // The layers of an image here may be in another repository than the one that this image is completed from.
    private bool IsAvailable(Descriptor layer) => layout.Contains(layer) || IsShared();

    private bool IsShared() => repository is not null
        && layout.ReadIndex().Manifests.All(entry => RemoteLayout.RepositoryOf(entry) is not { } other || other.Name == repository.Name);

    private async Task<ImageManifest?> ReadManifestAsync(Descriptor manifest, CancellationToken cancellationToken)
    {
        if (layout.Contains(manifest))
        {
            return layout.ReadManifest(manifest);
        }

        return repository is not null && !registries.IsOffline
            && await registries.Client.GetManifestAsync(repository.WithDigest(manifest.Digest), cancellationToken).ConfigureAwait(false) is { } found
            ? ImageManifest.Parse(found.Bytes, manifest.Digest.Value)
            : null;
    }

    /// <summary>A manifest's configuration, which comes into the layout where it is not there yet.</summary>
    private async Task<ImageConfig?> FetchConfigAsync(ImageManifest manifest, CancellationToken cancellationToken)
    {
        if (!layout.Contains(manifest.Config))
        {
            if (repository is null || registries.IsOffline
                || await registries.Client.GetBlobAsync(repository, manifest.Config, cancellationToken).ConfigureAwait(false) is not { } bytes)
            {
                return null;
            }

            layout.AddBlob(bytes, manifest.Config.MediaType);
        }

        return layout.ReadConfig(manifest);
    }
}

/// <summary>The image of a platform that was made of an environment image.</summary>
/// <param name="Environment">The environment image.</param>
/// <param name="Manifest">The image's manifest, with its platform: the environment image's own where nothing is appended.</param>
/// <param name="Content">What was put on it.</param>
internal sealed record AppendedImage(EnvironmentImage Environment, Descriptor Manifest, AppendedContent Content)
{
    /// <summary>Whether anything was.</summary>
    internal bool IsAppended => Manifest.Digest != Environment.Manifest.Digest;
}
