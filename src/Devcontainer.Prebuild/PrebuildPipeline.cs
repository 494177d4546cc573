using System.Diagnostics;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Plan;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Toolchain;
using Devcontainer.Spec;

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
        using var registries = new RegistryAccess(request.Registries, _processes, _catalog);
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, cache, registries, _reporter, cancellationToken).ConfigureAwait(false);
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
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, cache, registries, _reporter, cancellationToken).ConfigureAwait(false);
        LocalImage? local = await finding.ConfigureAwait(false);
        if (inputs.BaseImages.Any(image => inputs.PinOf(image.Reference) is null) || inputs.FeatureLock?.Missing.Any() == true || inputs.UnpinnedToolchain.Any())
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
            var metrics = new MetricsRecorder(output.Root, request.ProjectName, keys, jobs, _reporter);
            return await metrics.RecordAsync(() => Making(inputs, keys, registries, output, metrics).MakeAsync(local?.Receipt, cancellationToken)).ConfigureAwait(false);
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
        if (request.Registry.Length == 0)
        {
            throw new DevcontainerException(Codes.PushNeedsRegistry, request.Repository);
        }

        using var registries = new RegistryAccess(request.Registries, _processes, _catalog);
        using InputCache cache = OpenCache(request);
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, cache, registries, _reporter, cancellationToken).ConfigureAwait(false);
        inputs = await PinAsync(inputs, registries.Catalog, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<CacheKey> keys = KeyComposer.Compose(inputs);
        using OutputFolder output = await OutputFolder.AcquireAsync(request.OutputPath, request.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<PlatformDigest> digests = PlatformDigest.ReadAll(output.Root, request.Platforms, keys, commit);
        using var jobs = new JobRunner(started, request.MaxParallelJobs, _reporter);
        jobs.Note("inputs");
        var metrics = new MetricsRecorder(output.Root, request.ProjectName, keys, jobs, _reporter);
        return await metrics.RecordAsync(() => Making(inputs, keys, registries, output, metrics).JoinAsync(digests, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Builds the same inputs, read once, into several folders, one after the other: side by side the engine would run what they share only once.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="outputPaths">Absolute paths of the folders.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The receipt of each build.</returns>
    /// <exception cref="DevcontainerException">An input is missing or wrong, a registry or the engine does not answer, or a build failed.</exception>
    internal async Task<IReadOnlyList<Receipt>> RepeatAsync(PrebuildRequest request, IReadOnlyList<string> outputPaths, CancellationToken cancellationToken)
    {
        using InputCache cache = OpenCache(request);
        using var registries = new RegistryAccess(request.Registries, _processes, _catalog);
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, cache, registries, _reporter, cancellationToken).ConfigureAwait(false);
        inputs = await PinAsync(inputs, registries.Catalog, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<CacheKey> keys = KeyComposer.Compose(inputs);
        var receipts = new List<Receipt>();
        foreach (string path in outputPaths)
        {
            using OutputFolder output = await OutputFolder.AcquireAsync(path, request.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
            using var jobs = new JobRunner(Stopwatch.GetTimestamp(), request.MaxParallelJobs, _reporter);
            var metrics = new MetricsRecorder(output.Root, request.ProjectName, keys, jobs, _reporter);
            PrebuildInputs these = inputs with { Request = request with { OutputPath = path } };
            PrebuildResult result = await metrics.RecordAsync(() => Making(these, keys, registries, output, metrics).MakeAsync(null, cancellationToken)).ConfigureAwait(false);
            receipts.Add(result.Receipt);
        }

        return receipts;
    }

    private ImageMaking Making(
        PrebuildInputs inputs, IReadOnlyList<CacheKey> keys, RegistryAccess registries, OutputFolder output, MetricsRecorder metrics) =>
        new(inputs, keys, registries, output, metrics, _processes, _reporter);

    private static InputCache OpenCache(PrebuildRequest request) =>
        InputCache.Open(request.OutputPath, isTrusted: !request.Force, isKept: !request.DryRun, DateTime.UtcNow);

    private PrebuildResult? Hit(PrebuildRequest request, IReadOnlyList<CacheKey> keys, LocalImage? local, string how) =>
        !request.Force && local is not null && local.IsHit(keys) && ReceiptBuilder.HasNames(local.Receipt, request)
            ? new PrebuildResult(local.Receipt, "local", local.IsWhole ? Path.Combine(request.OutputPath, "image") : string.Empty).Tell(_reporter, request, how)
            : null;

    /// <summary>Adds the pins that are missing, to the inputs and, unless this is a dry run, to the lock files.</summary>
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
            _reporter.Status(new LockChange(LockChangeKind.Pinned, reference, null, pin.Digest.Value).Say(inputs.Request.DryRun));
            pinned = pinned.With(reference, pin);
        }

        pinned = await PinToolchainAsync(inputs, pinned, cancellationToken).ConfigureAwait(false);
        LockedFeature[] features = [.. inputs.FeatureLock?.Missing ?? []];
        foreach (LockedFeature feature in features)
        {
            _reporter.Status(new LockChange(LockChangeKind.Pinned, feature.Id, null, feature.Integrity) { ToVersion = feature.Version }.Say(inputs.Request.DryRun));
        }

        if (!inputs.Request.DryRun)
        {
            if (!ReferenceEquals(pinned, inputs.Lock))
            {
                pinned.Write();
            }

            if (features.Length > 0)
            {
                inputs.FeatureLock!.Write();
            }
        }

        return inputs with { Lock = pinned };
    }

    private async Task<LockFile> PinToolchainAsync(PrebuildInputs inputs, LockFile pinned, CancellationToken cancellationToken)
    {
        ToolchainPart[] missing = [.. inputs.UnpinnedToolchain];
        if (missing.Length == 0)
        {
            return pinned;
        }

        using var feed = new DotNetFeed(inputs.Request.Toolchain!.Feed, inputs.Request.Registries.Offline);
        foreach (ToolchainPart part in missing)
        {
            if (inputs.Request.LockedMode)
            {
                throw new DevcontainerException(Codes.ToolchainPinMissing, pinned.Path, part.Name);
            }

            PinnedToolchain pin = await feed.ResolveAsync(part, cancellationToken).ConfigureAwait(false);
            _reporter.Status(new LockChange(LockChangeKind.Pinned, part.Name, null, pin.Version).Say(inputs.Request.DryRun));
            pinned = pinned.With(part.Name, pin);
        }

        return pinned;
    }
}
