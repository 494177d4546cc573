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
    private bool _isAnswered = true;

    /// <summary>Finds what there is of the image, and builds the rest.</summary>
    /// <param name="previous">The last receipt; null for none.</param>
    /// <param name="cancellationToken">Ends it; the last image is then still there.</param>
    /// <exception cref="DevcontainerException">A registry or the engine does not answer, or the build failed.</exception>
    internal async Task<PrebuildResult> MakeAsync(Receipt? previous, CancellationToken cancellationToken)
    {
        IReadOnlyList<ReceiptPlatform> reusable = _request.Force ? [] : Probe.Reusable(previous, keys, output.Root);
        Platform[] missing = [.. _request.Platforms.Where(platform => reusable.All(known => known.Platform != platform.ToString()))];
        SharedImages shared = missing.Length == 0 || _request.Force || registries.IsOffline || _repository is null
            ? SharedImages.None
            : await metrics.Jobs.RunAsync("registry", token => FindAsync(missing, token), cancellationToken).ConfigureAwait(false);
        if (shared.Image is { } image && (!_request.GenerateSbom || image.Record.Receipt.Platforms.All(static platform => platform.Sbom is not null)))
        {
            Receipt adopted = ReceiptBuilder.Adopt(image, _repository!, _request, previous, _layout, output);
            return new PrebuildResult(adopted, "registry", output.LayoutOf(_layout, adopted)).Tell(reporter, _request, "found by its key");
        }

        missing = [.. missing.Where(platform => shared.Platforms.All(found => found.Manifest.Platform != platform))];
        const string Same = "the image is the same; only declared inputs or names changed";
        return await CompleteAsync(previous, reusable, shared.Platforms, missing, Same, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the image of platforms that other machines have pushed by digest.</summary>
    /// <param name="digests">All of them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">One is not in the registry, or that does not answer.</exception>
    internal async Task<PrebuildResult> JoinAsync(IReadOnlyList<PlatformDigest> digests, CancellationToken cancellationToken)
    {
        var repository = new SharedRepository(registries.Client, _repository!);
        SharedImages shared = await metrics.Jobs.RunAsync("registry", token => repository.TakeAsync(digests, token), cancellationToken).ConfigureAwait(false);
        return await CompleteAsync(previous: null, [], shared.Platforms, [], $"{digests.Count} platforms joined", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts together the platforms that stay, those of the registry, and those that are missing and built now.</summary>
    private async Task<PrebuildResult> CompleteAsync(
        Receipt? previous,
        IReadOnlyList<ReceiptPlatform> reusable,
        IReadOnlyList<SharedPlatform> shared,
        Platform[] missing,
        string found,
        CancellationToken cancellationToken)
    {
        var receipts = new ReceiptBuilder(inputs, keys, _layout, output, metrics.Jobs, reporter);
        receipts.Shared(shared);
        ImageReference? blobs = await FetchLayersAsync(previous, reusable, shared, cancellationToken).ConfigureAwait(false);
        if (missing.Length > 0)
        {
            Task telling = TellChangesAsync(previous, cancellationToken);
            try
            {
                await BuildAsync(missing, receipts, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await telling.ConfigureAwait(false);
            }
        }
        else if (shared.Count > 0)
        {
            receipts.Planned(await PlanAsync(cancellationToken).ConfigureAwait(false));
        }

        Receipt receipt = await receipts.CompleteAsync(previous, reusable, blobs, metrics.Jobs.Elapsed, cancellationToken).ConfigureAwait(false);
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Platform platform in _request.Platforms)
        {
            string name = platform.ToString();
            sources[name] = missing.Contains(platform) ? "built" : reusable.Any(known => known.Platform == name) ? "local" : "registry";
        }

        string source = missing.Length > 0 ? "built" : shared.Count > 0 ? "registry" : "local";
        return new PrebuildResult(receipt, source, output.LayoutOf(_layout, receipt)) { PlatformSources = sources }
            .Tell(reporter, _request, missing.Length > 0 ? Summary(receipt) : found);
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
        Receipt? previous, IReadOnlyList<ReceiptPlatform> reusable, IReadOnlyList<SharedPlatform> shared, CancellationToken cancellationToken)
    {
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

        ImageReference? before = null;
        if (reusable.Count > 0)
        {
            Digest image = Digest.Parse(previous!.Image.Digest);
            before = RemoteLayout.RepositoryOf(RemoteLayout.Entry(_layout, image)!);
            bool needsLayers = _request.GenerateSbom && reusable.Any(platform => !Probe.HasSbom(platform, output.Root));
            if (before is not null && (needsLayers || (shared.Count > 0 && before.Name != _repository!.Name)))
            {
                await metrics.Jobs.RunAsync("layers", token => RemoteLayout.CompleteAsync(_layout, image, registries, reporter, token), cancellationToken)
                    .ConfigureAwait(false);
                before = null;
            }
        }

        return shared.Count > 0 ? _repository : before;
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
            reporter.Status(line);
        }
    }

    private async Task<EarlierImage?> FindEarlierAsync(CancellationToken cancellationToken)
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

    private async Task BuildAsync(Platform[] missing, ReceiptBuilder receipts, CancellationToken cancellationToken)
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
            var build = new ImageBuild(command, metrics, reporter);
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
            receipts.Planned(plan);
            receipts.Built(images, $"{builder.Name} ({builder.Driver})");
        }
        finally
        {
            OutputFolder.Delete(staging);
        }
    }

    private static string Summary(Receipt receipt)
    {
        int counted = receipt.Steps.Count(static step => step.CountsForCache);
        int cached = receipt.Steps.Count(static step => step.CountsForCache && step.Cached);
        return string.Create(CultureInfo.InvariantCulture, $"{receipt.Seconds:0.0} s, {cached} of {counted} steps cached");
    }
}
