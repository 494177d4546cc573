using System.Globalization;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Plan;
using Devcontainer.Spec;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Prebuild.Build;

/// <summary>What a build came to.</summary>
/// <param name="Manifests">The manifest of each platform, in the layout.</param>
/// <param name="Steps">The instructions that ran or were cached.</param>
/// <param name="Transfers">The images and caches that were read and written.</param>
internal sealed record BuiltImages(
    IReadOnlyDictionary<string, Descriptor> Manifests, IReadOnlyList<BuildStep> Steps, IReadOnlyList<BuildTransfer> Transfers);

/// <summary>
/// Builds the platforms of a plan with one call of buildx bake, each into a layout of its own in the staging folder, and moves their blobs into the
/// image's layout once all of them are whole.
/// </summary>
internal sealed class ImageBuild(DockerCommand docker, TeamCache cache, MetricsRecorder metrics, IBuildReporter reporter)
{
    /// <summary>1980-01-01: ZIP archives cannot hold an earlier time, and `dotnet pack` of files from 1970 fails.</summary>
    internal static readonly DateTimeOffset SourceDate = new(BuildContext.Timestamp);

    /// <summary>Builds.</summary>
    /// <param name="plan">What to build.</param>
    /// <param name="platforms">The platforms of it that are missing.</param>
    /// <param name="builder">With which builder.</param>
    /// <param name="files">Where the plan's files are.</param>
    /// <param name="staging">An empty folder on the file system of the output.</param>
    /// <param name="layout">The layout that receives the blobs.</param>
    /// <param name="cancellationToken">Ends the build and its session.</param>
    /// <exception cref="DevcontainerException">DEVC9003, DEVC4010 to DEVC4012, DEVC4014.</exception>
    internal async Task<BuiltImages> RunAsync(
        PrebuildPlan plan,
        IReadOnlyList<PlatformPlan> platforms,
        Builder builder,
        PlanFiles files,
        string staging,
        OciLayout layout,
        CancellationToken cancellationToken)
    {
        List<BakeTarget> targets = Targets(plan, platforms, cache, files, staging);
        foreach (BakeTarget target in targets.Where(static target => Directory.Exists(target.Destination)))
        {
            // What an attempt left behind whose engine was lost.
            OutputFolder.Delete(target.Destination!);
        }

        BuildProgress progress = Progress(targets, reporter);
        metrics.Follow(progress);
        byte[] definition = BakeDefinition.Write(targets);
        files.WriteDefinition(definition);
        int exitCode = await BakeAsync(plan, builder, definition, progress, cancellationToken).ConfigureAwait(false);
        if (exitCode != 0)
        {
            throw FullDisk(progress, staging) ?? Failure(progress, plan, exitCode);
        }

        var manifests = new Dictionary<string, Descriptor>(StringComparer.Ordinal);
        foreach (BakeTarget target in targets)
        {
            manifests.Add(target.Platform, Import(target, layout));
        }

        return new BuiltImages(manifests, progress.Steps, progress.Transfers);
    }

    /// <summary>
    /// Writes the team's cache of the platforms that had something to add to it: the same build once more, which has nothing left to run. It is no part of the
    /// build that makes the image, which would write it whether or not there is anything new.
    /// </summary>
    /// <param name="plan">What was built.</param>
    /// <param name="platforms">The platforms of it that were.</param>
    /// <param name="builder">With which builder.</param>
    /// <param name="files">Where the plan's files are.</param>
    /// <param name="built">What the build came to.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was written; empty where nothing had to be. One that could not be written fails no build: nobody has asked for it.</returns>
    internal async Task<IReadOnlyList<BuildTransfer>> ExportCacheAsync(
        PrebuildPlan plan, IReadOnlyList<PlatformPlan> platforms, Builder builder, PlanFiles files, BuiltImages built, CancellationToken cancellationToken)
    {
        PlatformPlan[] behind = [.. platforms.Where(platform => cache.Needs(platform.Platform, built))];
        if (behind.Length == 0)
        {
            return [];
        }

        string names = string.Join(" and ", behind.Select(static platform => platform.Platform.ToString()));
        var limits = new JobLimits { Timeout = plan.Inputs.Request.BuildTimeout, TimeoutProperty = "DevcontainerBuildTimeout" };
        try
        {
            IReadOnlyList<BuildTransfer> written = await metrics.Jobs
                .RunAsync("cache", null, limits, token => ExportCacheAsync(plan, behind, builder, files, token), cancellationToken).ConfigureAwait(false);
            reporter.Status(string.Create(CultureInfo.InvariantCulture, $"Wrote the build cache of {names} in {BuildTransfer.CacheExportSeconds(written) ?? 0:0.0} s."));
            return written;
        }
        catch (DevcontainerException e)
        {
            reporter.Status($"The build cache of {names} could not be written, which only makes later builds slower: {e.Message}");
            return [];
        }
    }

    private async Task<IReadOnlyList<BuildTransfer>> ExportCacheAsync(
        PrebuildPlan plan, PlatformPlan[] platforms, Builder builder, PlanFiles files, CancellationToken cancellationToken)
    {
        BakeTarget[] targets =
        [
            .. Targets(plan, platforms, cache, files, staging: null)
                .Zip(platforms, (target, platform) => target with { CacheTo = [CacheOptions.Format(cache.Export!, platform.Platform)], NoCache = false, NoCacheStages = [] }),
        ];
        BuildProgress progress = Progress(targets, SilentReporter.Instance);
        int exitCode = await BakeAsync(plan, builder, BakeDefinition.Write(targets), progress, cancellationToken).ConfigureAwait(false);
        return exitCode == 0
            ? [.. progress.Transfers.Where(static transfer => transfer.Kind == TransferKind.CacheExport)]
            : throw Failure(progress, plan, exitCode);
    }

    private static BuildProgress Progress(IEnumerable<BakeTarget> targets, IBuildReporter reporter) =>
        new(targets.ToDictionary(static target => target.Name, static target => target.Platform, StringComparer.Ordinal), reporter);

    private Task<int> BakeAsync(PrebuildPlan plan, Builder builder, byte[] definition, BuildProgress progress, CancellationToken cancellationToken) => docker.RunAsync(
        Arguments(builder.Name, plan.Inputs.Options),
        (stream, token) => stream.WriteAsync(definition, token).AsTask(),
        onOutput: null,
        progress.Accept,
        cancellationToken);

    /// <summary>The arguments of the docker command: the definition comes on standard input, and nothing secret is among them.</summary>
    internal static string[] Arguments(string builder, BuildOptions options) =>
    [
        "buildx", "bake", "--builder", builder, "--progress", "rawjson", "--allow", "fs=*",
        .. EntitlementsOf(options).SelectMany(static entitlement => new[] { "--allow", entitlement }),
        "--file", "-",
    ];

    /// <summary>The environment of the build: our own provenance and SBOM are attached by publish, so buildx adds none.</summary>
    internal static Dictionary<string, string> Environment(IReadOnlyDictionary<string, string> environment) => new(environment, StringComparer.Ordinal)
    {
        ["BUILDX_NO_DEFAULT_ATTESTATIONS"] = "1",
        ["BUILDX_BAKE_ENTITLEMENTS_FS"] = "0",
    };

    /// <summary>The targets of the definition.</summary>
    /// <param name="plan">What to build.</param>
    /// <param name="platforms">The platforms of it that are missing.</param>
    /// <param name="cache">The team's cache, to read.</param>
    /// <param name="files">Where the plan's files are.</param>
    /// <param name="staging">The folder that receives a layout of each platform; null for none.</param>
    internal static List<BakeTarget> Targets(PrebuildPlan plan, IReadOnlyList<PlatformPlan> platforms, TeamCache cache, PlanFiles files, string? staging)
    {
        PrebuildRequest request = plan.Inputs.Request;
        var sourceDate = KeyValuePair.Create("SOURCE_DATE_EPOCH", SourceDate.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        BuildOptions options = plan.Inputs.Options;
        IReadOnlyList<string> configuredCaches = plan.Inputs.Configuration.Build?.CacheFrom ?? [];
        return
        [
            .. platforms.Select(platform => new BakeTarget
            {
                Name = platform.Platform.FileName,
                Platform = platform.Platform.ToString(),
                Context = files.Context,
                Dockerfile = files.Dockerfile(platform.Platform),
                Stage = platform.Stage,
                Arguments = [sourceDate, .. EpochArgument.Of(plan.Inputs.Lock), .. plan.Inputs.BuildArguments, .. platform.BuildArguments],
                Labels = platform.MetadataLabel is { } label ? [.. plan.Inputs.Labels, new(ImageMetadata.Label, label)] : plan.Inputs.Labels,
                Contexts = [.. BaseContexts(plan.Inputs), .. files.FeatureContexts(platform.Platform)],
                Secrets = [.. options.Secrets.Where(secret => request.Secrets.All(own => own.Id != secret.Id)).Select(Secret), .. request.Secrets.Select(Secret)],
                Ssh = [.. options.Ssh.Select(static ssh => ssh.Paths.Count == 0 ? ssh.Id : $"{ssh.Id}={string.Join(',', ssh.Paths)}")],
                Hosts = options.Hosts,
                Network = options.Network,
                ShmSize = options.ShmSize,
                Ulimits = options.Ulimits,
                Entitlements = [.. EntitlementsOf(options)],
                Pull = options.Pull,
                CacheFrom =
                [
                    .. configuredCaches.Select(ConfiguredCache),
                    .. request.CacheFrom.Concat(cache.Imports).Select(one => CacheOptions.Format(one, platform.Platform)),
                ],
                CacheTo = [.. request.CacheTo.Select(one => CacheOptions.Format(one, platform.Platform))],
                Destination = staging is null ? null : Path.Combine(staging, platform.Platform.FileName),
                NoCache = request.Force || options.NoCache,
                NoCacheStages = options.NoCacheStages,
            }),
        ];
    }

    // Each image that a FROM names is replaced by the pinned one, through its mirror: the Dockerfile's own text stays.
    private static IEnumerable<KeyValuePair<string, string>> BaseContexts(PrebuildInputs inputs)
    {
        foreach (BaseImageInput image in inputs.BaseImages)
        {
            if (inputs.PinOf(image.Reference) is { } digest)
            {
                ImageReference pinned = Mirrors.Apply(image.Reference, inputs.Request.Registries.Mirrors).WithDigest(digest);
                yield return new KeyValuePair<string, string>(image.Name, $"docker-image://{pinned}");
            }
        }
    }

    // Whoever asks for the host's network has to be allowed it (docker/buildx, bake/entitlements.go).
    private static IEnumerable<string> EntitlementsOf(BuildOptions options) =>
        options.Network == "host" ? options.Entitlements.Prepend("network.host").Distinct() : options.Entitlements;

    private static string Secret(BuildOptionSecret secret) => Secret(new BuildSecret(secret.Id, secret.EnvironmentVariable, secret.File));

    private static string Secret(BuildSecret secret) => secret.EnvironmentVariable is { } variable
        ? $"type=env,{BakeDefinition.CsvField("id=" + secret.Id)},{BakeDefinition.CsvField("env=" + variable)}"
        : $"type=file,{BakeDefinition.CsvField("id=" + secret.Id)},{BakeDefinition.CsvField("src=" + secret.File)}";

    // `cacheFrom` of devcontainer.json is an image, or an option as buildx writes it.
    private static string ConfiguredCache(string cache) => cache.Contains('=', StringComparison.Ordinal) ? cache : $"type=registry,{BakeDefinition.CsvField("ref=" + cache)}";

    private static Descriptor Import(BakeTarget target, OciLayout layout)
    {
        try
        {
            OciLayout built = OciLayout.Open(target.Destination!);
            Descriptor entry = built.ReadIndex().Manifests.Single();
            Descriptor manifest = MediaTypes.IsIndex(entry.MediaType)
                ? built.ReadIndex(entry).Find(Platform.Parse(target.Platform)) ?? throw new DevcontainerException(Codes.BlobMissing, target.Platform, target.Destination!)
                : entry;
            layout.ImportFrom(built, manifest, move: true);
            return new Descriptor(manifest.MediaType, manifest.Digest, manifest.Size) { Platform = Platform.Parse(target.Platform) };
        }
        catch (Exception e) when (e is DevcontainerException or InvalidOperationException)
        {
            // buildx has ended well with blobs missing before (docs/builders.md).
            throw new DevcontainerException(Diagnostic.Create(Codes.LayoutIncomplete, null, target.Destination, e.Message), e);
        }
    }

    // buildx writes the layout, here: its disk is meant, not the engine's.
    private static DevcontainerException? FullDisk(BuildProgress progress, string staging)
    {
        string error = progress.Failure?.Error ?? string.Join('\n', progress.PlainLines);
        return error.Contains(staging, StringComparison.Ordinal)
            && (error.Contains("no space left on device", StringComparison.Ordinal) || error.Contains("not enough space on the disk", StringComparison.Ordinal))
            ? new DevcontainerException(Codes.OutputNotWritable, Path.GetDirectoryName(staging), FirstLine(error))
            : null;
    }

    private static DevcontainerException Failure(BuildProgress progress, PrebuildPlan plan, int exitCode)
    {
        if (EngineLoss.Find(progress.Failure, progress.PlainLines) is { } loss)
        {
            return new DevcontainerException(Codes.EngineLost, FirstLine(loss));
        }

        if (progress.Failure is { } failed)
        {
            var output = new StringBuilder();
            foreach (string line in failed.LogLines)
            {
                output.Append(CultureInfo.InvariantCulture, $"\n    {line}");
            }

            return new DevcontainerException(
                Codes.StepFailed,
                FailureLocation.Find(progress.PlainLines, failed, plan),
                failed.Name,
                failed.Platform.Length > 0 ? failed.Platform : "every platform",
                FirstLine(failed.Error),
                output.ToString());
        }

        string reason = progress.PlainLines.LastOrDefault(static line => line.StartsWith("ERROR", StringComparison.Ordinal))
            ?? (progress.PlainLines.Count > 0 ? progress.PlainLines[^1] : null)
            ?? string.Create(CultureInfo.InvariantCulture, $"buildx ended with exit code {exitCode} and no message");
        return new DevcontainerException(Codes.BuildFailed, reason.StartsWith("ERROR: ", StringComparison.Ordinal) ? reason["ERROR: ".Length..] : reason);
    }

    private static string FirstLine(string text)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }
}
