using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Appending;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Plan;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sboms;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild;

/// <summary>
/// Makes the image that the output folder has not: of platforms that it has, of those that the registry has, and of those that are built.
/// </summary>
/// <param name="inputs">What it is made of.</param>
/// <param name="keys">Its keys.</param>
/// <param name="registries">Connects.</param>
/// <param name="output">Where it goes.</param>
/// <param name="metrics">Runs the jobs, and records them.</param>
/// <param name="processes">Starts docker.</param>
/// <param name="reporter">Hears of it.</param>
internal sealed class ImageMaking(
    PrebuildInputs inputs,
    IReadOnlyList<CacheKey> keys,
    RegistryAccess registries,
    OutputFolder output,
    MetricsRecorder metrics,
    IProcessRunner processes,
    IBuildReporter reporter)
{
    private readonly PrebuildRequest _request = inputs.Request;
    private readonly OciLayout _layout = output.OpenLayout();
    private readonly ImageReference? _repository = SharedRepository.NameOf(inputs.Request.Registry, inputs.Request.Repository);
    private readonly IReadOnlyList<IAppendedTier> _tiers = AppendedTiers.Of(inputs, processes, reporter);
    private bool _isAnswered = true;
    private Task<EarlierImage?>? _earlier;

    /// <summary>Finds what there is of the image, builds what the engine is needed for, and appends the rest.</summary>
    /// <param name="previous">The last receipt; null for none.</param>
    /// <param name="cancellationToken">Ends it; the last image is then still there.</param>
    /// <exception cref="DevcontainerException">A registry or the engine does not answer, or the build failed.</exception>
    internal async Task<PrebuildResult> MakeAsync(Receipt? previous, CancellationToken cancellationToken)
    {
        IReadOnlyList<ReceiptPlatform> reusable = Reusable(previous, KeyTier.Image);
        IReadOnlyList<ReceiptPlatform> bases = [.. Reusable(previous, KeyTier.Environment).Except(reusable)];
        if (_tiers.Count == 0)
        {
            // Then an environment image is an image.
            reusable = [.. reusable, .. bases.Where(static platform => platform.Environment is null)];
            bases = [.. bases.Except(reusable)];
        }

        // What another machine has appended already need not be appended here.
        Platform[] wanted = Without(_request.Platforms, _tiers.Count == 0 ? [.. reusable, .. bases] : reusable);
        SharedImages shared = wanted.Length == 0 || _request.Force || registries.IsOffline || _repository is null
            ? SharedImages.None
            : await metrics.Jobs.RunAsync("registry", token => FindAsync(wanted, token), cancellationToken).ConfigureAwait(false);
        if (shared.Image is { } image && (!_request.GenerateSbom || image.Record.Receipt.Platforms.All(static platform => platform.Sbom is not null)))
        {
            Receipt adopted = ReceiptBuilder.Adopt(image, _repository!, _request, previous, _layout, output);
            return new PrebuildResult(adopted, "registry", output.LayoutOf(_layout, adopted)).Tell(reporter, _request, "found by its key");
        }

        // The nearest of each platform: its image, the environment image here, the one in the registry.
        IReadOnlyList<SharedPlatform> whole = [.. shared.Platforms.Where(found => found.Tier == KeyTier.Image || _tiers.Count == 0)];
        bases = [.. bases.Where(known => whole.All(found => found.Manifest.Platform!.ToString() != known.Platform))];
        IReadOnlyList<SharedPlatform> below =
            [.. shared.Platforms.Except(whole).Where(found => bases.All(known => known.Platform != found.Manifest.Platform!.ToString()))];
        return await CompleteAsync(new FoundImages(previous, reusable, bases, whole, below), null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the image of platforms that other machines have pushed by digest.</summary>
    /// <param name="digests">All of them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">One is not in the registry, or that does not answer.</exception>
    internal async Task<PrebuildResult> JoinAsync(IReadOnlyList<PlatformDigest> digests, CancellationToken cancellationToken)
    {
        var repository = new SharedRepository(registries.Client, _repository!);
        SharedImages shared = await metrics.Jobs.RunAsync("registry", token => repository.TakeAsync(digests, token), cancellationToken).ConfigureAwait(false);
        return await CompleteAsync(new FoundImages(null, [], [], shared.Platforms, []), $"{digests.Count} platforms joined", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What there is already, each platform at most once; what is in none of the lists is built.</summary>
    /// <param name="Previous">The last receipt; null for none.</param>
    /// <param name="Reusable">Its images that stay as they are.</param>
    /// <param name="Bases">Its images whose environment image stays.</param>
    /// <param name="Shared">Images in the registry.</param>
    /// <param name="SharedBases">Environment images in the registry.</param>
    private sealed record FoundImages(
        Receipt? Previous,
        IReadOnlyList<ReceiptPlatform> Reusable,
        IReadOnlyList<ReceiptPlatform> Bases,
        IReadOnlyList<SharedPlatform> Shared,
        IReadOnlyList<SharedPlatform> SharedBases);

    private IReadOnlyList<ReceiptPlatform> Reusable(Receipt? previous, KeyTier tier) =>
        _request.Force ? [] : Probe.Reusable(previous, keys, tier, output.Root);

    private static Platform[] Without(IEnumerable<Platform> platforms, IReadOnlyList<ReceiptPlatform> known) =>
        [.. platforms.Where(platform => known.All(one => one.Platform != platform.ToString()))];

    /// <summary>Puts together the platforms that stay, those of the registry, and those that are made now.</summary>
    /// <param name="found">What there is.</param>
    /// <param name="how">How it came to be, for the message; null to tell.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task<PrebuildResult> CompleteAsync(FoundImages found, string? how, CancellationToken cancellationToken)
    {
        SharedPlatform[] shared = [.. found.Shared, .. found.SharedBases];
        Platform[] missing =
        [
            .. Without(_request.Platforms, [.. found.Reusable, .. found.Bases]).Where(platform => Array.TrueForAll(shared, one => one.Manifest.Platform != platform)),
        ];
        var receipts = new ReceiptBuilder(inputs, keys, _layout, output, metrics.Jobs, reporter);
        receipts.Shared(shared);
        ImageReference? before = found.Reusable.Count + found.Bases.Count > 0
            ? RemoteLayout.RepositoryOf(RemoteLayout.Entry(_layout, ImageOf(found.Previous!))!)
            : null;
        var environments = new List<EnvironmentImage>();
        foreach (ReceiptPlatform known in found.Bases)
        {
            environments.Add(await BaseOfAsync(known, before, cancellationToken).ConfigureAwait(false));
        }

        ImageReference? blobs = await FetchLayersAsync(found, before, environments, cancellationToken).ConfigureAwait(false);
        environments.AddRange(found.SharedBases.Select(static one => new EnvironmentImage(one.Manifest.Platform!, one.Manifest, one.Sbom)));
        Task telling = missing.Length > 0 || environments.Count > 0 ? TellChangesAsync(found.Previous, cancellationToken) : Task.CompletedTask;
        try
        {
            async Task<IReadOnlyList<EnvironmentImage>> CompleteEnvironmentsAsync(CancellationToken token)
            {
                if (missing.Length > 0)
                {
                    environments.AddRange(await BuildAsync(missing, found.Previous, receipts, token).ConfigureAwait(false));
                }
                else if (shared.Length > 0)
                {
                    receipts.Planned(await PlanAsync(token).ConfigureAwait(false));
                }

                return environments;
            }

            var appending = new ImageAppending(inputs, _tiers, registries, _repository, _layout, output, metrics.Jobs);
            Platform[] platforms = [.. missing, .. environments.Select(static image => image.Platform)];
            receipts.Appended(await appending.RunAsync(platforms, CompleteEnvironmentsAsync, found.Previous, FindEarlierAsync, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            await telling.ConfigureAwait(false);
        }

        Receipt receipt = await receipts
            .CompleteAsync(found.Previous, [.. found.Reusable, .. found.Bases], blobs, metrics.Jobs.Elapsed, cancellationToken).ConfigureAwait(false);
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            sources[platform.Platform] = missing.Any(built => built.ToString() == platform.Platform) ? "built"
                : found.Shared.Any(one => one.Manifest.Platform!.ToString() == platform.Platform) ? "registry"
                : found.Previous?.Platforms.Any(known => known.Platform == platform.Platform && known.Digest == platform.Digest) == true ? "local"
                : "appended";
        }

        string source = sources.ContainsValue("built") ? "built"
            : sources.ContainsValue("appended") ? "appended"
            : sources.ContainsValue("registry") ? "registry"
            : "local";
        return new PrebuildResult(receipt, source, output.LayoutOf(_layout, receipt)) { PlatformSources = sources }.Tell(reporter, _request, how ?? Summary(source, receipt));
    }

    /// <summary>Looks in the registry. One that does not answer is neither a hit nor a miss: the build goes on, and says so.</summary>
    private async Task<SharedImages> FindAsync(IReadOnlyList<Platform> missing, CancellationToken cancellationToken)
    {
        try
        {
            return await new SharedRepository(registries.Client, _repository!).FindAsync(keys, missing, cancellationToken).ConfigureAwait(false);
        }
        catch (DevcontainerException e)
        {
            reporter.Warning(Diagnostic.Create(Codes.RegistryNotAsked, null, _repository!.Name, e.Message));
            _isAnswered = false;
            return SharedImages.None;
        }
    }

    /// <summary>
    /// Fetches the layers that are needed now: those that an SBOM has to be made of, and those of the last image where the registry that has them is not the
    /// one that others are in.
    /// </summary>
    /// <returns>The repository that has what the layout lacks; null where it lacks nothing.</returns>
    private async Task<ImageReference?> FetchLayersAsync(
        FoundImages found, ImageReference? before, IReadOnlyList<EnvironmentImage> environments, CancellationToken cancellationToken)
    {
        SharedPlatform[] shared = [.. found.Shared, .. found.SharedBases];
        foreach (SharedPlatform platform in shared)
        {
            if (_request.GenerateSbom && platform.Sbom is null
                && !await metrics.Jobs.RunAsync(
                    "layers",
                    platform.Manifest.Platform!.ToString(),
                    JobLimits.None,
                    token => registries.Transfers.PullAsync(_repository!, platform.Manifest, _layout, token),
                    cancellationToken).ConfigureAwait(false))
            {
                throw new DevcontainerException(Codes.SharedImageGone, _repository!.WithDigest(platform.Manifest.Digest));
            }
        }

        if (before is not null)
        {
            bool needsLayers = _request.GenerateSbom
                && (found.Reusable.Any(platform => !Probe.HasSbom(platform.Sbom, output.Root)) || environments.Any(static image => image.Sbom is null));
            if (needsLayers || (shared.Length > 0 && before.Name != _repository!.Name))
            {
                await metrics.Jobs
                    .RunAsync("layers", token => RemoteLayout.CompleteAsync(_layout, ImageOf(found.Previous!), registries, reporter, token), cancellationToken)
                    .ConfigureAwait(false);
                before = null;
            }
        }

        return shared.Length > 0 ? _repository : before;
    }

    private static Digest ImageOf(Receipt receipt) => Digest.Parse(receipt.Image.Digest);

    /// <summary>What an image of the last receipt stands on, with its SBOM where that is here or in the registry.</summary>
    private async Task<EnvironmentImage> BaseOfAsync(ReceiptPlatform known, ImageReference? before, CancellationToken cancellationToken)
    {
        Descriptor manifest = known.EnvironmentManifest;
        Sbom? sbom = null;
        if (_request.GenerateSbom)
        {
            ReceiptSbom? file = known.Environment is { } environment ? environment.Sbom : known.Sbom;
            sbom = Probe.HasSbom(file, output.Root)
                ? new Sbom(await File.ReadAllBytesAsync(Path.Combine(output.Root, file.Path), cancellationToken).ConfigureAwait(false), file.PackageCount)
                : before is not null && !registries.IsOffline
                ? await ReceiptArtifact.FindSbomAsync(registries.Client, before, manifest.Digest, cancellationToken).ConfigureAwait(false)
                : null;
        }

        return new EnvironmentImage(Platform.Parse(known.Platform), manifest, sbom);
    }

    /// <summary>
    /// Tells why it builds: what differs from the last image here, or else from the one that the registry has of the branch. It is asked while the engine
    /// builds, and a registry that does not answer in time has told nothing.
    /// </summary>
    private async Task TellChangesAsync(Receipt? previous, CancellationToken cancellationToken)
    {
        if (_request.Force)
        {
            return;
        }

        EarlierImage? earlier = previous is null ? await FindEarlierAsync(cancellationToken).ConfigureAwait(false) : new EarlierImage(previous, null);
        if (earlier is not null
            && InputComparison.Compare(earlier.Receipt, _request.Platforms.Select(static platform => platform.ToString()), InputList.Of(inputs)) is { } changes
            && ExplanationText.Summary(earlier, changes) is { } line)
        {
            metrics.Changes = [.. changes.Select(static change => change.Text).Distinct(StringComparer.Ordinal)];
            reporter.Status(line);
        }
    }

    // Who tells of changes and who looks for layers ask for the same.
    private Task<EarlierImage?> FindEarlierAsync(CancellationToken cancellationToken) => _earlier ??= AskForEarlierAsync(cancellationToken);

    private async Task<EarlierImage?> AskForEarlierAsync(CancellationToken cancellationToken)
    {
        if (_repository is null || registries.IsOffline || !_isAnswered)
        {
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(SharedRepository.Patience);
        try
        {
            return await EarlierImage.FindAsync(registries.Client, _repository, _request, reporter, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DevcontainerException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            reporter.Detail($"Whether {_repository.Name} has an earlier image could not be asked: {e.Message}");
            return null;
        }
    }

    private Task<PrebuildPlan> PlanAsync(CancellationToken cancellationToken) =>
        metrics.Jobs.RunAsync("plan", token => PrebuildPlanner.PlanAsync(inputs, keys, registries.Catalog, reporter, token), cancellationToken);

    private async Task<IEnumerable<EnvironmentImage>> BuildAsync(Platform[] missing, Receipt? previous, ReceiptBuilder receipts, CancellationToken cancellationToken)
    {
        string docker = DockerLocator.Find(_request.Environment, inputs.Configuration.WorkspaceFolder);
        var command = new DockerCommand(processes, docker, output.Root, ImageBuild.Environment(_request.Environment));
        var builders = new BuilderSelection(command, reporter);
        Task<Builder> selecting = metrics.Jobs.RunAsync("builder", token => builders.SelectAsync(_request.Builder, token), cancellationToken);
        Task<PrebuildPlan> planning = PlanAsync(cancellationToken);
        await Task.WhenAll(selecting, planning).ConfigureAwait(false);
        Builder builder = await selecting.ConfigureAwait(false);
        PrebuildPlan plan = await planning.ConfigureAwait(false);
        if (CacheOptions.Unreachable(_request) is { } warning)
        {
            reporter.Warning(warning);
        }

        reporter.Status($"Building {string.Join(" and ", missing.Select(static p => p.ToString()))} with the builder {builder.Name}.");
        PlanFiles files = PlanFiles.Write(plan, output.Plan, cancellationToken);
        string staging = output.CreateStaging();
        try
        {
            PlatformPlan[] platforms = [.. plan.Platforms.Where(platform => missing.Contains(platform.Platform))];
            var build = new ImageBuild(command, TeamCache.Of(_request, reporter), metrics, reporter);
            var limits = new JobLimits
            {
                Timeout = _request.BuildTimeout,
                TimeoutProperty = "DevcontainerBuildTimeout",
                Retries = _request.BuildRetries,
                IsTransient = static e => e.Diagnostic.Code == Codes.EngineLost,
                BeforeRetry = token => EngineReturn.WaitAsync(builders, _request.Builder, token),
            };
            BuiltImages images = await metrics.Jobs
                .RunAsync("build", null, limits, token => build.RunAsync(plan, platforms, builder, files, staging, _layout, token), cancellationToken)
                .ConfigureAwait(false);
            IReadOnlyList<BuildTransfer> caches = await build.ExportCacheAsync(plan, platforms, builder, files, images, cancellationToken).ConfigureAwait(false);
            Receipt? earlier = previous ?? (_request.Force ? null : (await FindEarlierAsync(cancellationToken).ConfigureAwait(false))?.Receipt);
            images = images with { Steps = BuildStep.Remember(images.Steps, earlier?.Steps ?? []), Transfers = [.. images.Transfers, .. caches] };
            metrics.Built(images);
            receipts.Planned(plan);
            receipts.Built(images, $"{builder.Name} ({builder.Driver})");
            return images.Manifests.Values.Select(static manifest => new EnvironmentImage(manifest.Platform!, manifest, null));
        }
        finally
        {
            OutputFolder.Delete(staging);
        }
    }

    private static string Summary(string source, Receipt receipt) => source switch
    {
        "built" => BuildSummary(receipt),
        "appended" => "layers were put on the environment image, without an engine",
        _ => "the image is the same; only declared inputs or names changed",
    };

    private static string BuildSummary(Receipt receipt)
    {
        int counted = receipt.Steps.Count(static step => step.CountsForCache);
        int cached = receipt.Steps.Count(static step => step.CountsForCache && step.Cached);
        string saved = BuildStep.Saved(receipt.Steps) is >= 1 and { } seconds ? string.Create(CultureInfo.InvariantCulture, $", which saved {seconds:0} s") : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"{receipt.Seconds:0.0} s, {cached} of {counted} steps cached{saved}");
    }
}
