using System.Diagnostics;
using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Plan;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild;

/// <summary>
/// The pipeline: inputs → key → probe → plan → build → receipt. Each step hands an immutable record to the next; the steps after the probe
/// happen only where no image has the key.
/// </summary>
public sealed class PrebuildPipeline
{
    private readonly IProcessRunner _processes;
    private readonly IBaseImageCatalog? _catalog;
    private readonly IBuildReporter _reporter;

    /// <summary>A pipeline over the real engine and registries.</summary>
    public PrebuildPipeline(IBuildReporter reporter)
        : this(new ProcessRunner(), catalog: null, reporter)
    {
    }

    internal PrebuildPipeline(IProcessRunner processes, IBaseImageCatalog? catalog, IBuildReporter reporter)
    {
        _processes = processes;
        _catalog = catalog;
        _reporter = reporter;
    }

    /// <summary>Plans, without an engine: writes missing pins and <c>plan/plan.json</c>.</summary>
    /// <exception cref="DevcontainerException">An input is missing or wrong, or a registry does not answer.</exception>
    public async Task<ResolvedPrebuild> ResolveAsync(PrebuildRequest request, CancellationToken cancellationToken)
    {
        using InputCache cache = OpenCache(request);
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, cache, _reporter, cancellationToken).ConfigureAwait(false);
        using var registries = new RegistryAccess(request.Registries, _processes, _catalog);
        inputs = await PinAsync(inputs, registries.Catalog, cancellationToken).ConfigureAwait(false);
        PrebuildPlan plan = await PrebuildPlanner.PlanAsync(inputs, KeyComposer.Compose(inputs), registries.Catalog, _reporter, cancellationToken).ConfigureAwait(false);
        using OutputFolder output = await OutputFolder.AcquireAsync(request.OutputPath, request.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        PlanDocument.Write(plan, output.Plan);
        return new ResolvedPrebuild(plan.Keys, ReceiptBuilder.Features(inputs));
    }

    /// <summary>Finds the image that has the key of the inputs, here or in the registry, or builds it.</summary>
    /// <returns>The image, or null after a dry run.</returns>
    /// <exception cref="DevcontainerException">An input is missing or wrong, a registry or the engine does not answer, or the build failed.</exception>
    public async Task<PrebuildResult?> RunAsync(PrebuildRequest request, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        using InputCache cache = OpenCache(request);

        using var registries = new RegistryAccess(request.Registries, _processes, _catalog);
        if (!request.Force && !request.DryRun && SharedRepository.NameOf(request.Registry, request.Repository) is { } repository
            && !File.Exists(Path.Combine(request.OutputPath, Receipt.FileName)))
        {
            registries.Prepare(repository);
        }

        // Neither needs the other, and each waits for files.
        Task<LocalImage?> finding = Task.Run(() => LocalImage.Find(request.OutputPath, request.GenerateSbom), CancellationToken.None);
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, cache, _reporter, cancellationToken).ConfigureAwait(false);
        LocalImage? local = await finding.ConfigureAwait(false);
        if (inputs.BaseImages.Any(image => inputs.PinOf(image.Reference) is null))
        {
            inputs = await PinAsync(inputs, registries.Catalog, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<CacheKey> keys = KeyComposer.Compose(inputs);
        if (request.DryRun)
        {
            PrebuildPlan dry = await PrebuildPlanner.PlanAsync(inputs, keys, registries.Catalog, _reporter, cancellationToken).ConfigureAwait(false);
            DryRun.Print(dry, local?.Receipt, _reporter, cancellationToken);
            return null;
        }

        if (Hit(request, keys, local, "unchanged") is { } unchanged)
        {
            return unchanged;
        }

        using OutputFolder output = await OutputFolder.AcquireAsync(request.OutputPath, request.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        try
        {
            // Read again: another build may have finished while this one waited for the folder.
            local = LocalImage.Find(output.Root, request.GenerateSbom);
            if (Hit(request, keys, local, "another build has just made it") is { } made)
            {
                return made;
            }

            using var jobs = new JobRunner(started, request.MaxParallelJobs, _reporter);
            jobs.Note("inputs");
            var metrics = new MetricsRecorder(output.Root, keys, jobs, _reporter);
            return await metrics.RecordAsync(() => MakeAsync(inputs, keys, local?.Receipt, registries, output, metrics, cancellationToken)).ConfigureAwait(false);
        }
        catch (DevcontainerException e) when (e.Diagnostic.Code == Codes.ContextChanged)
        {
            // Where the file system does not tell of every change, the next build would come to the same error.
            cache.Forget();
            throw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.OutputNotWritable, null, output.Root, e.Message), e);
        }
    }

    /// <summary>Makes the index of platforms that other machines have pushed by digest. Needs no engine, and no layer is fetched.</summary>
    /// <param name="request">What is asked for; the output folder has the digest files.</param>
    /// <param name="commit">The commit; null where nobody tells.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC5041, DEVC5043 to DEVC5046: a digest file is missing, wrong, or its image is gone; or an input is wrong.</exception>
    public async Task<PrebuildResult> IndexAsync(PrebuildRequest request, string? commit, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        ImageReference repository = SharedRepository.NameOf(request.Registry, request.Repository)
            ?? throw new DevcontainerException(Codes.PushNeedsRegistry, request.Repository);
        using var registries = new RegistryAccess(request.Registries, _processes, _catalog);
        using InputCache cache = OpenCache(request);
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, cache, _reporter, cancellationToken).ConfigureAwait(false);
        inputs = await PinAsync(inputs, registries.Catalog, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<CacheKey> keys = KeyComposer.Compose(inputs);
        using OutputFolder output = await OutputFolder.AcquireAsync(request.OutputPath, request.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<PlatformDigest> digests = PlatformDigest.ReadAll(output.Root, request.Platforms, keys, commit);
        using var jobs = new JobRunner(started, request.MaxParallelJobs, _reporter);
        jobs.Note("inputs");
        var metrics = new MetricsRecorder(output.Root, keys, jobs, _reporter);
        return await metrics.RecordAsync(async () =>
        {
            SharedImages shared = await jobs.RunAsync("registry", token => new SharedRepository(registries.Client, repository).TakeAsync(digests, token), cancellationToken)
                .ConfigureAwait(false);
            OciLayout layout = output.OpenLayout();
            var receipts = new ReceiptBuilder(inputs, keys, layout, output, jobs, _reporter);
            receipts.Shared(shared.Platforms);
            ImageReference? blobs = await FetchLayersAsync(request, previous: null, [], shared.Platforms, repository, layout, registries, output, jobs, cancellationToken)
                .ConfigureAwait(false);
            receipts.Planned(await jobs
                .RunAsync("plan", token => PrebuildPlanner.PlanAsync(inputs, keys, registries.Catalog, _reporter, token), cancellationToken)
                .ConfigureAwait(false));
            Receipt receipt = await receipts.CompleteAsync(previous: null, [], blobs, jobs.Elapsed, cancellationToken).ConfigureAwait(false);
            return Report(request, new PrebuildResult(receipt, "registry", output.LayoutOf(layout, receipt)), $"{digests.Count} platforms joined");
        }).ConfigureAwait(false);
    }

    private static InputCache OpenCache(PrebuildRequest request) =>
        InputCache.Open(request.OutputPath, isTrusted: !request.Force, isKept: !request.DryRun, DateTime.UtcNow);

    private PrebuildResult? Hit(PrebuildRequest request, IReadOnlyList<CacheKey> keys, LocalImage? local, string how) =>
        !request.Force && local is not null && local.IsHit(keys) && ReceiptBuilder.HasNames(local.Receipt, request)
            ? Report(request, new PrebuildResult(local.Receipt, "local", local.IsWhole ? Path.Combine(request.OutputPath, "image") : string.Empty), how)
            : null;

    private async Task<PrebuildResult> MakeAsync(
        PrebuildInputs inputs,
        IReadOnlyList<CacheKey> keys,
        Receipt? previous,
        RegistryAccess registries,
        OutputFolder output,
        MetricsRecorder metrics,
        CancellationToken cancellationToken)
    {
        PrebuildRequest request = inputs.Request;
        IReadOnlyList<ReceiptPlatform> reusable = request.Force ? [] : Probe.Reusable(previous, keys, output.Root);
        OciLayout layout = output.OpenLayout();
        Platform[] missing = [.. request.Platforms.Where(platform => reusable.All(known => known.Platform != platform.ToString()))];
        ImageReference? repository = SharedRepository.NameOf(request.Registry, request.Repository);
        SharedImages shared = missing.Length == 0 || request.Force || registries.IsOffline || repository is null
            ? SharedImages.None
            : await metrics.Jobs.RunAsync("registry", token => FindAsync(new SharedRepository(registries.Client, repository), keys, missing, token), cancellationToken)
                .ConfigureAwait(false);
        if (shared.Image is { } image && (!request.GenerateSbom || image.Record.Receipt.Platforms.All(static platform => platform.Sbom is not null)))
        {
            Receipt adopted = ReceiptBuilder.Adopt(image, repository!, request, previous, layout, output);
            return Report(request, new PrebuildResult(adopted, "registry", output.LayoutOf(layout, adopted)), "found by its key");
        }

        var receipts = new ReceiptBuilder(inputs, keys, layout, output, metrics.Jobs, _reporter);
        receipts.Shared(shared.Platforms);
        missing = [.. missing.Where(platform => shared.Platforms.All(found => found.Manifest.Platform != platform))];
        ImageReference? blobs = await FetchLayersAsync(
            request, previous, reusable, shared.Platforms, repository, layout, registries, output, metrics.Jobs, cancellationToken).ConfigureAwait(false);
        if (missing.Length > 0)
        {
            Task telling = TellChangesAsync(
                inputs, previous, registries.IsOffline || ReferenceEquals(shared, SharedImages.Unknown) ? null : repository, registries, cancellationToken);
            try
            {
                (BuiltImages built, PrebuildPlan plan, Builder builder) = await BuildAsync(
                    inputs, keys, missing, registries.Catalog, output, layout, metrics, cancellationToken).ConfigureAwait(false);
                receipts.Planned(plan);
                receipts.Built(built, $"{builder.Name} ({builder.Driver})");
            }
            finally
            {
                await telling.ConfigureAwait(false);
            }
        }
        else if (shared.Platforms.Count > 0)
        {
            receipts.Planned(await metrics.Jobs
                .RunAsync("plan", token => PrebuildPlanner.PlanAsync(inputs, keys, registries.Catalog, _reporter, token), cancellationToken)
                .ConfigureAwait(false));
        }

        Receipt receipt = await receipts.CompleteAsync(previous, reusable, blobs, metrics.Jobs.Elapsed, cancellationToken).ConfigureAwait(false);
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Platform platform in request.Platforms)
        {
            string name = platform.ToString();
            sources[name] = missing.Contains(platform) ? "built" : reusable.Any(known => known.Platform == name) ? "local" : "registry";
        }

        string source = missing.Length > 0 ? "built" : shared.Platforms.Count > 0 ? "registry" : "local";
        string how = missing.Length > 0 ? Summary(receipt) : "the image is the same; only declared inputs or names changed";
        return Report(request, new PrebuildResult(receipt, source, output.LayoutOf(layout, receipt)) { PlatformSources = sources }, how);
    }

    /// <summary>Looks in the registry. One that does not answer is neither a hit nor a miss: the build goes on, and says so.</summary>
    private async Task<SharedImages> FindAsync(
        SharedRepository repository, IReadOnlyList<CacheKey> keys, IReadOnlyList<Platform> missing, CancellationToken cancellationToken)
    {
        try
        {
            return await repository.FindAsync(keys, missing, cancellationToken).ConfigureAwait(false);
        }
        catch (DevcontainerException e)
        {
            _reporter.Warning(Diagnostic.Create(Codes.RegistryNotAsked, null, repository.Name.Name, e.Message));
            return SharedImages.Unknown;
        }
    }

    /// <summary>
    /// Fetches the layers that are needed now: those that an SBOM has to be made of, and those of the last image where the registry that has them is not the
    /// one that others are in.
    /// </summary>
    /// <returns>The repository that has what the layout lacks; null where it lacks nothing.</returns>
    private async Task<ImageReference?> FetchLayersAsync(
        PrebuildRequest request,
        Receipt? previous,
        IReadOnlyList<ReceiptPlatform> reusable,
        IReadOnlyList<SharedPlatform> shared,
        ImageReference? repository,
        OciLayout layout,
        RegistryAccess registries,
        OutputFolder output,
        JobRunner jobs,
        CancellationToken cancellationToken)
    {
        foreach (SharedPlatform platform in shared)
        {
            if (request.GenerateSbom && platform.Sbom is null
                && !await jobs.RunAsync(
                    "layers",
                    platform.Manifest.Platform!.ToString(),
                    JobLimits.None,
                    token => registries.Transfers.PullAsync(repository!, platform.Manifest, layout, token),
                    cancellationToken).ConfigureAwait(false))
            {
                throw new DevcontainerException(Codes.SharedImageGone, repository!.WithDigest(platform.Manifest.Digest));
            }
        }

        ImageReference? before = null;
        if (reusable.Count > 0)
        {
            Digest image = Digest.Parse(previous!.Image.Digest);
            before = RemoteLayout.RepositoryOf(RemoteLayout.Entry(layout, image)!);
            bool needsLayers = request.GenerateSbom && reusable.Any(platform => !Probe.HasSbom(platform, output.Root));
            if (before is not null && (needsLayers || (shared.Count > 0 && before.Name != repository!.Name)))
            {
                await jobs.RunAsync("layers", token => RemoteLayout.CompleteAsync(layout, image, registries, _reporter, token), cancellationToken).ConfigureAwait(false);
                before = null;
            }
        }

        return shared.Count > 0 ? repository : before;
    }

    /// <summary>
    /// Tells why it builds: what differs from the last image here, or else from the one that the registry has of the branch. It is asked while the engine
    /// builds, and a registry that does not answer in time has told nothing.
    /// </summary>
    private async Task TellChangesAsync(PrebuildInputs inputs, Receipt? previous, ImageReference? repository, RegistryAccess registries, CancellationToken cancellationToken)
    {
        PrebuildRequest request = inputs.Request;
        if (request.Force)
        {
            return;
        }

        EarlierImage? earlier = previous is null ? null : new EarlierImage(previous, null);
        if (earlier is null && repository is not null)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(SharedRepository.Patience);
            try
            {
                earlier = await EarlierImage.FindAsync(registries.Client, repository, request, _reporter, patience.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DevcontainerException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                _reporter.Detail($"Whether {repository.Name} has an earlier image could not be asked: {e.Message}");
            }
        }

        if (earlier is not null
            && InputComparison.Compare(earlier.Receipt, request.Platforms.Select(static platform => platform.ToString()), InputList.Of(inputs)) is { } changes
            && ExplanationText.Summary(earlier, changes) is { } line)
        {
            _reporter.Status(line);
        }
    }

    private async Task<(BuiltImages Images, PrebuildPlan Plan, Builder Builder)> BuildAsync(
        PrebuildInputs inputs,
        IReadOnlyList<CacheKey> keys,
        Platform[] missing,
        IBaseImageCatalog catalog,
        OutputFolder output,
        OciLayout layout,
        MetricsRecorder metrics,
        CancellationToken cancellationToken)
    {
        PrebuildRequest request = inputs.Request;
        string docker = DockerLocator.Find(request.Environment, inputs.Configuration.WorkspaceFolder);
        var command = new DockerCommand(_processes, docker, output.Root, ImageBuild.Environment(request.Environment));
        var builders = new BuilderSelection(command, _reporter);
        Task<Builder> selecting = metrics.Jobs.RunAsync("builder", token => builders.SelectAsync(request.Builder, token), cancellationToken);
        Task<PrebuildPlan> planning = metrics.Jobs.RunAsync("plan", token => PrebuildPlanner.PlanAsync(inputs, keys, catalog, _reporter, token), cancellationToken);
        await Task.WhenAll(selecting, planning).ConfigureAwait(false);
        Builder builder = await selecting.ConfigureAwait(false);
        PrebuildPlan plan = await planning.ConfigureAwait(false);
        if (CacheOptions.Unreachable(request) is { } warning)
        {
            _reporter.Warning(warning);
        }

        _reporter.Status($"Building {string.Join(" and ", missing.Select(static p => p.ToString()))} with the builder {builder.Name}.");
        PlanFiles files = PlanFiles.Write(plan, output.Plan, cancellationToken);
        string staging = output.CreateStaging();
        try
        {
            PlatformPlan[] platforms = [.. plan.Platforms.Where(platform => missing.Contains(platform.Platform))];
            var build = new ImageBuild(command, metrics, _reporter);
            var limits = new JobLimits
            {
                Timeout = request.BuildTimeout,
                TimeoutProperty = "DevcontainerBuildTimeout",
                Retries = request.BuildRetries,
                IsTransient = static e => e.Diagnostic.Code == Codes.EngineLost,
                BeforeRetry = token => EngineReturn.WaitAsync(builders, request.Builder, token),
            };
            BuiltImages images = await metrics.Jobs
                .RunAsync("build", null, limits, token => build.RunAsync(plan, platforms, builder, files, staging, layout, token), cancellationToken)
                .ConfigureAwait(false);
            return (images, plan, builder);
        }
        finally
        {
            OutputFolder.Delete(staging);
        }
    }

    /// <summary>Adds the pins that are missing, to the inputs and, unless this is a dry run, to the lock file.</summary>
    private async Task<PrebuildInputs> PinAsync(PrebuildInputs inputs, IBaseImageCatalog catalog, CancellationToken cancellationToken)
    {
        LockFile pinned = inputs.Lock;
        foreach (BaseImageInput image in inputs.BaseImages)
        {
            string reference = image.Reference.ToString();
            if (inputs.PinOf(image.Reference) is not null || pinned.Images.ContainsKey(reference))
            {
                continue;
            }

            string platforms = string.Join(", ", inputs.Request.Platforms);
            if (inputs.Request.LockedMode)
            {
                throw new DevcontainerException(Codes.PinMissing, image.Location, pinned.Path, reference, platforms);
            }

            PinnedImage pin = await catalog.PinAsync(image, inputs.Request.Platforms, cancellationToken).ConfigureAwait(false);
            _reporter.Status($"{(inputs.Request.DryRun ? "Would pin" : "Pinned")} {reference} to {pin.Digest}.");
            pinned = pinned.With(reference, pin);
        }

        if (!ReferenceEquals(pinned, inputs.Lock) && !inputs.Request.DryRun)
        {
            pinned.Write();
        }

        return inputs with { Lock = pinned };
    }

    private static string Summary(Receipt receipt)
    {
        int counted = receipt.Steps.Count(static step => step.CountsForCache);
        int cached = receipt.Steps.Count(static step => step.CountsForCache && step.Cached);
        return string.Create(CultureInfo.InvariantCulture, $"{receipt.Seconds:0.0} s, {cached} of {counted} steps cached");
    }

    private PrebuildResult Report(PrebuildRequest request, PrebuildResult result, string how)
    {
        _reporter.Status($"{request.ProjectName} -> {result.Receipt.Image.Reference} ({result.Source}: {how})");
        return result;
    }
}
