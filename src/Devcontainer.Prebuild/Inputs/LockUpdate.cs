using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>
/// Moves pins: asks registries again what the base images of a configuration point at, forgets pins that nothing names any more, and raises the
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
    /// <param name="only">Images to ask about, by reference; empty for all of them, and then unused pins go too.</param>
    /// <param name="raiseEpoch">Whether to raise the epoch by one.</param>
    /// <param name="cancellationToken">Ends it; the file is then as it was.</param>
    /// <returns>What has changed in the file: empty where everything is current.</returns>
    /// <exception cref="DevcontainerException">
    /// DEVC3066: an image in <paramref name="only"/> is none of the configuration's. DEVC3062: the file cannot be written. An input is wrong, or a
    /// registry does not answer.
    /// </exception>
    public async Task<IReadOnlyList<LockChange>> RunAsync(
        PrebuildRequest request, IReadOnlyList<string> only, bool raiseEpoch, CancellationToken cancellationToken)
    {
        // Every platform that anybody has pinned: what a Dockerfile names on one that is not asked for here is still needed there.
        PrebuildRequest everywhere = request with { Platforms = [.. request.Platforms.Union(PlatformsOf(LockFile.Read(request.ConfigFile).Images.Values))] };
        using InputCache cache = InputCache.Open(request.OutputPath, isTrusted: true, isKept: false, DateTime.UtcNow);
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(everywhere, cache, _reporter, cancellationToken).ConfigureAwait(false);
        BaseImageInput[] named = [.. inputs.BaseImages.Where(static image => image.Reference.Digest is null).DistinctBy(static image => image.Reference.ToString())];
        BaseImageInput[] asked = only.Count == 0 ? named : [.. only.Select(text => Find(text, named)).Distinct()];

        LockFile old = inputs.Lock;
        using var registries = new RegistryAccess(request.Registries, new ProcessRunner(), _catalog);
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

        if (raiseEpoch)
        {
            updated = updated.Raised();
            changes.Add(LockChange.OfEpoch(old.Epoch, updated.Epoch));
        }

        foreach (LockChange change in changes)
        {
            _reporter.Status(change.Say(request.DryRun));
        }

        if (changes.Count == 0)
        {
            _reporter.Status(only.Count == 0 ? "Every pin is current." : $"Current: {string.Join(", ", asked.Select(static image => image.Reference))}.");
        }
        else if (!request.DryRun)
        {
            updated.Write();
        }

        return changes;
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

    private static BaseImageInput Find(string text, BaseImageInput[] named)
    {
        string reference = ImageReference.Parse(text).ToString();
        return named.FirstOrDefault(image => image.Reference.ToString() == reference)
            ?? throw new DevcontainerException(
                Codes.PinNotNeeded, text, named.Length == 0 ? "none" : string.Join(", ", named.Select(static image => image.Reference.ToString())));
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
