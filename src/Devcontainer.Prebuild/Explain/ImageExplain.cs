using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Appending;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Explain;

/// <summary>
/// Tells why the next prebuild will or will not build: input by input what differs from the nearest earlier image, and where the image will come from.
/// Needs no engine, writes no pin and changes no image.
/// </summary>
public sealed class ImageExplain(IBuildReporter reporter)
{
    /// <summary>Explains, tells, and, unless this is a dry run, writes <c>explain.json</c>.</summary>
    /// <param name="request">What a prebuild would be asked for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">An input is missing or wrong. DEVC9003: the output folder cannot be written.</exception>
    public async Task<Explanation> RunAsync(PrebuildRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var registries = new RegistryAccess(request.Registries, new ProcessRunner());
        using var cache = InputCache.Open(request.OutputPath, isTrusted: true, isKept: !request.DryRun, DateTime.UtcNow);
        PrebuildInputs inputs = await PrebuildInputs.ReadAsync(request, cache, registries, reporter, cancellationToken).ConfigureAwait(false);
        Explanation explanation = await ExplainAsync(inputs, registries, cancellationToken).ConfigureAwait(false);
        foreach (string line in ExplanationText.Lines(explanation))
        {
            reporter.Status(line);
        }

        if (!request.DryRun)
        {
            OutputFile.Write(request.OutputPath, ExplanationFile.FileName, ExplanationFile.Serialize(explanation));
        }

        return explanation;
    }

    private async Task<Explanation> ExplainAsync(PrebuildInputs inputs, RegistryAccess registries, CancellationToken cancellationToken)
    {
        PrebuildRequest request = inputs.Request;
        IReadOnlyList<CacheKey> keys = KeyComposer.Compose(inputs);
        string[] unpinned =
        [
            .. inputs.BaseImages.Select(static image => image.Reference).Where(image => inputs.PinOf(image) is null).Select(static image => image.ToString()),
            .. inputs.UnpinnedToolchain.Select(static part => part.Name),
        ];
        LocalImage? local = LocalImage.Find(request.OutputPath, request.GenerateSbom);
        SharedRepository? repository = SharedRepository.NameOf(request.Registry, request.Repository) is { } name && !registries.IsOffline
            ? new SharedRepository(registries.Client, name)
            : null;
        bool isHit = unpinned.Length == 0 && local is not null && local.IsHit(keys);
        Dictionary<string, string> sources = unpinned.Length > 0 ? [] : LocalSources(local?.Receipt, keys, request);
        Platform[] missing = [.. request.Platforms.Where(platform => sources.GetValueOrDefault(platform.ToString()) != "local")];
        SharedImages shared = SharedImages.None;
        EarlierImage? earlier = local is null ? null : new EarlierImage(local.Receipt, null);
        if (repository is not null && (earlier is null || (missing.Length > 0 && unpinned.Length == 0)))
        {
            (shared, earlier) = await AskAsync(repository, registries.Client, request, keys, unpinned.Length > 0 ? [] : missing, earlier, cancellationToken).ConfigureAwait(false);
        }

        PlatformSource[] platforms = [.. request.Platforms.Select(platform => new PlatformSource(
            platform.ToString(), unpinned.Length > 0 ? "unknown" : SourceOf(platform, sources, shared, request)))];
        IReadOnlyList<InputChange> changes = earlier is null
            ? []
            : InputComparison.Compare(earlier.Receipt, request.Platforms.Select(static platform => platform.ToString()), InputList.Of(inputs));
        return new Explanation
        {
            Key = unpinned.Length > 0 ? null : keys[^1].Value,
            Earlier = earlier,
            Changes = earlier?.Receipt.IndexKey == keys[^1].Value ? [] : changes,
            Tiers = earlier is null || unpinned.Length > 0 ? [] : TiersOf(earlier.Receipt, keys),
            Unpinned = unpinned,
            Platforms = platforms,
            Verdict = unpinned.Length > 0 ? Verdict.Pin
                : isHit && ReceiptBuilder.HasNames(local!.Receipt, request) ? Verdict.Nothing
                : platforms.Any(static platform => platform.Source == "built") ? Verdict.Build
                : platforms.Any(static platform => platform.Source == "appended") ? Verdict.Append
                : platforms.Any(static platform => platform.Source == "registry") ? Verdict.Fetch
                : Verdict.Renew,
            LockedMode = request.LockedMode,
        };
    }

    /// <summary>Asks the registry for what is missing, and for an earlier image where there is none here. One that does not answer knows of nothing.</summary>
    private async Task<(SharedImages Shared, EarlierImage? Earlier)> AskAsync(
        SharedRepository repository,
        RegistryClient client,
        PrebuildRequest request,
        IReadOnlyList<CacheKey> keys,
        Platform[] missing,
        EarlierImage? earlier,
        CancellationToken cancellationToken)
    {
        try
        {
            SharedImages shared = missing.Length == 0 ? SharedImages.None : await repository.FindAsync(keys, missing, cancellationToken).ConfigureAwait(false);
            return (shared, earlier ?? await EarlierImage.FindAsync(client, repository.Name, request, reporter, cancellationToken).ConfigureAwait(false));
        }
        catch (DevcontainerException e)
        {
            reporter.Warning(Diagnostic.Create(Codes.RegistryNotAsked, null, repository.Name.Name, e.Message));
            return (SharedImages.None, earlier);
        }
    }

    /// <summary>What becomes of platforms that the output folder has an image of: it stays, or its environment image does and layers are put on it.</summary>
    private static Dictionary<string, string> LocalSources(Receipt? receipt, IReadOnlyList<CacheKey> keys, PrebuildRequest request)
    {
        bool isAppended = AppendedTiers.Any(request);
        Dictionary<string, string> sources = Probe.Reusable(receipt, keys, KeyTier.Environment, request.OutputPath)
            .ToDictionary(static known => known.Platform, known => isAppended || known.Environment is not null ? "appended" : "local", StringComparer.Ordinal);
        foreach (ReceiptPlatform known in Probe.Reusable(receipt, keys, KeyTier.Image, request.OutputPath))
        {
            sources[known.Platform] = "local";
        }

        return sources;
    }

    // As ImageMaking decides it.
    private static string SourceOf(Platform platform, Dictionary<string, string> local, SharedImages shared, PrebuildRequest request)
    {
        string? here = local.GetValueOrDefault(platform.ToString());
        if (here == "local")
        {
            return here;
        }

        if (shared.Image is { } image)
        {
            return !request.GenerateSbom || image.Record.Receipt.Platforms.All(static known => known.Sbom is not null) ? "registry" : here ?? "built";
        }

        return shared.Platforms.FirstOrDefault(found => found.Manifest.Platform == platform) is not { } found ? here ?? "built"
            : found.Tier == KeyTier.Image || !AppendedTiers.Any(request) ? "registry"
            : "appended";
    }

    private static string[] TiersOf(Receipt earlier, IReadOnlyList<CacheKey> keys) =>
    [
        .. keys
            .Where(key => key.Tier is KeyTier.Environment or KeyTier.Toolchain or KeyTier.Packages && earlier.Key(key.Tier, key.Platform) is { Length: > 0 } known && known != key.Value)
            .Select(static key => key.TierName)
            .Distinct(),
    ];
}
