using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Plan;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild;

/// <summary>
/// The pipeline: inputs → key → probe → plan → build → receipt. Each step hands an immutable record to the next; the steps after the probe
/// happen only where no image has the key.
/// </summary>
public sealed class PrebuildPipeline
{
    private readonly IProcessRunner _processes;
    private readonly Func<PrebuildRequest, IBaseImageCatalog> _catalogs;
    private readonly IBuildReporter _reporter;

    /// <summary>A pipeline over the real engine and registries.</summary>
    public PrebuildPipeline(IBuildReporter reporter)
        : this(new ProcessRunner(), catalogs: null, reporter)
    {
    }

    internal PrebuildPipeline(IProcessRunner processes, Func<PrebuildRequest, IBaseImageCatalog>? catalogs, IBuildReporter reporter)
    {
        _processes = processes;
        _catalogs = catalogs ?? (request => RegistryAccess.Connect(request, processes));
        _reporter = reporter;
    }

    /// <summary>Plans, without an engine: writes missing pins and <c>plan/plan.json</c>.</summary>
    /// <exception cref="DevcontainerException">An input is missing or wrong, or a registry does not answer.</exception>
    public async Task<ResolvedPrebuild> ResolveAsync(PrebuildRequest request, CancellationToken cancellationToken)
    {
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, ReceiptFile.TryRead(request.OutputPath), _reporter, cancellationToken).ConfigureAwait(false);
        using IBaseImageCatalog catalog = _catalogs(request);
        inputs = await PinAsync(inputs, catalog, cancellationToken).ConfigureAwait(false);
        PrebuildPlan plan = await PrebuildPlanner.PlanAsync(inputs, KeyComposer.Compose(inputs), catalog, _reporter, cancellationToken).ConfigureAwait(false);
        using OutputFolder output = await OutputFolder.AcquireAsync(request.OutputPath, request.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        PlanDocument.Write(plan, output.Plan);
        return new ResolvedPrebuild(plan.Keys, ReceiptBuilder.Features(inputs));
    }

    /// <summary>Finds the image that has the key of the inputs, or builds it.</summary>
    /// <returns>The image, or null after a dry run.</returns>
    /// <exception cref="DevcontainerException">An input is missing or wrong, a registry or the engine does not answer, or the build failed.</exception>
    public async Task<PrebuildResult?> RunAsync(PrebuildRequest request, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        Receipt? receipt = ReceiptFile.TryRead(request.OutputPath);
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, receipt, _reporter, cancellationToken).ConfigureAwait(false);

        // Made lazily: an unchanged build asks no registry, and opens none.
        var catalog = new Lazy<IBaseImageCatalog>(() => _catalogs(request));
        try
        {
            return await RunAsync(inputs, receipt, catalog, started, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (catalog.IsValueCreated)
            {
                catalog.Value.Dispose();
            }
        }
    }

    private async Task<PrebuildResult?> RunAsync(
        PrebuildInputs inputs, Receipt? receipt, Lazy<IBaseImageCatalog> catalog, long started, CancellationToken cancellationToken)
    {
        PrebuildRequest request = inputs.Request;
        if (inputs.BaseImages.Any(image => inputs.PinOf(image.Reference) is null))
        {
            inputs = await PinAsync(inputs, catalog.Value, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<CacheKey> keys = KeyComposer.Compose(inputs);
        if (request.DryRun)
        {
            PrebuildPlan dry = await PrebuildPlanner.PlanAsync(inputs, keys, catalog.Value, _reporter, cancellationToken).ConfigureAwait(false);
            DryRun.Print(dry, receipt, _reporter, cancellationToken);
            return null;
        }

        if (IsHit(receipt, keys, request))
        {
            return Report(request, new PrebuildResult(receipt, "local", Path.Combine(request.OutputPath, "image")), "unchanged");
        }

        using OutputFolder output = await OutputFolder.AcquireAsync(request.OutputPath, request.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        try
        {
            // Read again: another build may have finished while this one waited for the folder.
            receipt = ReceiptFile.TryRead(output.Root);
            if (IsHit(receipt, keys, request))
            {
                return Report(request, new PrebuildResult(receipt, "local", output.Image), "another build has just made it");
            }

            using var jobs = new JobRunner(started, request.MaxParallelJobs, _reporter);
            jobs.Note("inputs");
            var metrics = new MetricsRecorder(output.Root, keys, jobs, _reporter);
            return await metrics.RecordAsync(() => MakeAsync(inputs, keys, receipt, catalog.Value, output, metrics, cancellationToken)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.OutputNotWritable, null, output.Root, e.Message), e);
        }
    }

    private async Task<PrebuildResult> MakeAsync(
        PrebuildInputs inputs,
        IReadOnlyList<CacheKey> keys,
        Receipt? previous,
        IBaseImageCatalog catalog,
        OutputFolder output,
        MetricsRecorder metrics,
        CancellationToken cancellationToken)
    {
        PrebuildRequest request = inputs.Request;
        IReadOnlyList<ReceiptPlatform> reusable = request.Force ? [] : Probe.Reusable(previous, keys, output.Root);
        OciLayout layout = output.OpenLayout();
        Platform[] missing = [.. request.Platforms.Where(platform => reusable.All(known => known.Platform != platform.ToString()))];
        var receipts = new ReceiptBuilder(inputs, keys, layout, output, metrics.Jobs, _reporter);
        string source = "local";
        if (missing.Length > 0)
        {
            (BuiltImages built, PrebuildPlan plan, Builder builder) = await BuildAsync(inputs, keys, missing, catalog, output, layout, metrics, cancellationToken)
                .ConfigureAwait(false);
            receipts.Built(built, plan, $"{builder.Name} ({builder.Driver})");
            source = "built";
        }

        Receipt receipt = await receipts.CompleteAsync(previous, reusable, metrics.Jobs.Elapsed, cancellationToken).ConfigureAwait(false);
        string how = missing.Length > 0 ? Summary(receipt) : "the image is the same; only declared inputs or names changed";
        return Report(request, new PrebuildResult(receipt, source, output.Image), how);
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

    private static bool IsHit([NotNullWhen(true)] Receipt? receipt, IReadOnlyList<CacheKey> keys, PrebuildRequest request) =>
        !request.Force && Probe.IsHit(receipt, keys, request.OutputPath, request.GenerateSbom) && ReceiptBuilder.HasNames(receipt, request);

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
