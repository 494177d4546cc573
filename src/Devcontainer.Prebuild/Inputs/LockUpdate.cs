using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Features;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Toolchain;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>
/// Moves pins: asks registries again what the base images and Features of a configuration point at, forgets pins that nothing names any more, and raises the
/// epoch. A build does none of that.
/// </summary>
public sealed class LockUpdate
{
    private readonly IBaseImageCatalog? _catalog;
    private readonly IBuildReporter _reporter;

    /// <summary>An update that asks the real registries.</summary>
    public LockUpdate(IBuildReporter reporter)
        : this(catalog: null, reporter)
    {
    }

    internal LockUpdate(IBaseImageCatalog? catalog, IBuildReporter reporter)
    {
        _catalog = catalog;
        _reporter = reporter;
    }

    /// <summary>Updates the lock file, or says what an update would do (<see cref="PrebuildRequest.DryRun"/>). Asks no engine.</summary>
    /// <param name="request">What is built.</param>
    /// <param name="only">Images to ask about, by reference, and Features, by id as written; empty for all of them, and then unused pins go too.</param>
    /// <param name="raiseEpoch">Whether to raise the epoch by one.</param>
    /// <param name="vendorFeatures">Whether to write the Features beside the configuration; where that was done before, it is done again.</param>
    /// <param name="cancellationToken">Ends it; the file is then as it was.</param>
    /// <returns>What has changed in the file: empty where everything is current.</returns>
    /// <exception cref="DevcontainerException">
    /// DEVC3066: an image in <paramref name="only"/> is none of the configuration's. DEVC3062: the file cannot be written. An input is wrong, or a
    /// registry does not answer.
    /// </exception>
    public async Task<IReadOnlyList<LockChange>> RunAsync(
        PrebuildRequest request, IReadOnlyList<string> only, bool raiseEpoch, bool vendorFeatures, CancellationToken cancellationToken)
    {
        // Every platform that anybody has pinned: what a Dockerfile names on one that is not asked for here is still needed there.
        PrebuildRequest everywhere = request with { Platforms = [.. request.Platforms.Union(PlatformsOf(LockFile.Read(request.ConfigFile).Images.Values))] };
        using InputCache cache = InputCache.Open(request.OutputPath, isTrusted: true, isKept: false, DateTime.UtcNow);
        using var registries = new RegistryAccess(request.Registries, new ProcessRunner(), _catalog);
        PrebuildInputs inputs = await PrebuildInputs
            .ReadAsync(everywhere with { LockedMode = false }, cache, registries, _reporter, cancellationToken, id => only.Count == 0 || only.Contains(id)).ConfigureAwait(false);
        string[] features = [.. inputs.FeatureLock?.Found.Features.Select(static feature => feature.Id) ?? []];
        string[] parts = [.. inputs.Toolchain.Select(static part => part.Name)];
        string[] images = [.. only.Except(features).Except(parts)];
        BaseImageInput[] named = [.. inputs.BaseImages.Where(static image => image.Reference.Digest is null).DistinctBy(static image => image.Reference.ToString())];
        BaseImageInput[] asked = only.Count == 0 ? named : [.. images.Select(text => Find(text, named, [.. features, .. parts])).Distinct()];

        LockFile old = inputs.Lock;
        PinnedImage[] pins = await Task.WhenAll(asked.Select(image => PinAsync(
            image, old.Images.GetValueOrDefault(image.Reference.ToString()), request.Platforms, registries.Catalog, cancellationToken))).ConfigureAwait(false);

        LockFile updated = old;
        var changes = new List<LockChange>();
        foreach ((BaseImageInput image, PinnedImage pin) in asked.Zip(pins))
        {
            string reference = image.Reference.ToString();
            if (LockChange.Between(reference, old.Images.GetValueOrDefault(reference), pin) is { } change)
            {
                changes.Add(change);
                updated = updated.With(reference, pin);
            }
        }

        if (only.Count == 0)
        {
            foreach ((string reference, PinnedImage pin) in old.Images.OrderBy(static pin => pin.Key, StringComparer.Ordinal))
            {
                if (named.All(image => image.Reference.ToString() != reference))
                {
                    changes.Add(new LockChange(LockChangeKind.Removed, reference, pin.Digest.Value, null));
                    updated = updated.Without(reference);
                }
            }
        }

        updated = await UpdateToolchainAsync(inputs, updated, only, changes, cancellationToken).ConfigureAwait(false);
        if (raiseEpoch)
        {
            updated = updated.Raised();
            changes.Add(LockChange.OfEpoch(old.Epoch, updated.Epoch));
        }

        bool isUpdated = changes.Count > 0;
        LockChange[] featureChanges = [.. inputs.FeatureLock?.Changes() ?? []];
        changes.AddRange(featureChanges);
        foreach (LockChange change in changes)
        {
            _reporter.Status(change.Say(request.DryRun));
        }

        if (changes.Count == 0)
        {
            _reporter.Status(only.Count == 0 ? "Every pin is current." : $"Current: {string.Join(", ", [.. asked.Select(static image => image.Reference.ToString()), .. only.Intersect([.. features, .. parts])])}.");
        }

        if (!request.DryRun)
        {
            await VendorAsync(inputs, vendorFeatures, registries, cache, cancellationToken).ConfigureAwait(false);
        }

        if (isUpdated && !request.DryRun)
        {
            updated.Write();
        }

        if (featureChanges.Length > 0 && !request.DryRun)
        {
            inputs.FeatureLock!.Write();
        }

        return changes;
    }

    private static async Task<LockFile> UpdateToolchainAsync(
        PrebuildInputs inputs, LockFile file, IReadOnlyList<string> only, List<LockChange> changes, CancellationToken cancellationToken)
    {
        if (inputs.Request.Toolchain is { } toolchain)
        {
            using var feed = new DotNetFeed(toolchain.Feed, inputs.Request.Registries.Offline);
            foreach (ToolchainPart part in inputs.Toolchain.Where(part => only.Count == 0 || only.Contains(part.Name)))
            {
                PinnedToolchain? old = file.Toolchain.GetValueOrDefault(part.Name);
                PinnedToolchain pin = await feed.ResolveAsync(part, cancellationToken).ConfigureAwait(false);
                if (old?.IsSame(pin) != true)
                {
                    changes.Add(new LockChange(old is null ? LockChangeKind.Pinned : LockChangeKind.Moved, part.Name, old?.Version, pin.Version));
                    file = file.With(part.Name, pin);
                }
            }
        }

        foreach ((string name, PinnedToolchain pin) in file.Toolchain.OrderBy(static pin => pin.Key, StringComparer.Ordinal))
        {
            if (only.Count == 0 && inputs.Toolchain.All(part => part.Name != name))
            {
                changes.Add(new LockChange(LockChangeKind.Removed, name, pin.Version, null));
                file = file.WithoutToolchain(name);
            }
        }

        return file;
    }

    // Before the pins: what a pin names is there.
    private async Task VendorAsync(
        PrebuildInputs inputs, bool isAsked, RegistryAccess registries, InputCache cache, CancellationToken cancellationToken)
    {
        var vendored = new VendoredFeatures(inputs.Configuration.File);
        if (!isAsked && !Directory.Exists(vendored.Folder))
        {
            return;
        }

        var store = new FeatureStore(FeatureStore.FolderOf(inputs.Request.Environment), vendored, registries, cache);
        var packages = new Dictionary<Digest, FeaturePackage>();
        foreach (ResolvedFeature feature in inputs.Features.Select(static input => input.Feature))
        {
            if (feature.Reference is RemoteFeatureReference reference && Digest.TryParse(feature.Digest, out Digest digest))
            {
                packages[digest] = await store.FetchAsync(reference, digest, feature.Request.Location, cancellationToken).ConfigureAwait(false);
            }
        }

        try
        {
            if (vendored.Replace(packages))
            {
                _reporter.Status($"Vendored {packages.Count} Features in '{vendored.Folder}'.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.LockFileNotWritable, null, vendored.Folder, e.Message), e);
        }
    }

    private static IEnumerable<Platform> PlatformsOf(IEnumerable<PinnedImage> pins)
    {
        foreach (string name in pins.SelectMany(static pin => pin.Platforms.Keys))
        {
            if (Platform.TryParse(name, out Platform? platform))
            {
                yield return platform;
            }
        }
    }

    private static BaseImageInput Find(string text, BaseImageInput[] named, string[] features)
    {
        string? reference = ImageReference.TryParse(text, out ImageReference? parsed) ? parsed.ToString() : null;
        string[] known = [.. named.Select(static image => image.Reference.ToString()), .. features];
        return named.FirstOrDefault(image => image.Reference.ToString() == reference)
            ?? throw new DevcontainerException(Codes.PinNotNeeded, text, known.Length == 0 ? "none" : string.Join(", ", known));
    }

    /// <summary>The pin that an image would get now, with the platforms that are asked for and those that its pin has.</summary>
    private static async Task<PinnedImage> PinAsync(
        BaseImageInput image, PinnedImage? old, IReadOnlyList<Platform> platforms, IBaseImageCatalog catalog, CancellationToken cancellationToken)
    {
        Platform[] all = old is null ? [.. platforms] : [.. platforms.Union(PlatformsOf([old]))];
        try
        {
            return await catalog.PinAsync(image, all, cancellationToken).ConfigureAwait(false);
        }
        catch (DevcontainerException e) when (e.Diagnostic.Code == Codes.BaseImagePlatformMissing && all.Length > platforms.Count)
        {
            // The image has lost a platform that is not asked for here: perhaps it is wanted nowhere any more.
            return await catalog.PinAsync(image, platforms, cancellationToken).ConfigureAwait(false);
        }
    }
}
