using System.Diagnostics;
using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>
/// Runs tests in an image, by digest, on every platform that it has: each test in a container of its own, with bounded resources and without network, and
/// with no right that the image wishes for. Nothing of it is left in the engine.
/// </summary>
public sealed class ImageSmokeTest
{
    // Enough for a median.
    private const int WarmStarts = 3;

    private readonly IProcessRunner _processes;
    private readonly IBuildReporter _reporter;

    /// <summary>Runs them with the real docker command.</summary>
    public ImageSmokeTest(IBuildReporter reporter)
        : this(new ProcessRunner(), reporter)
    {
    }

    internal ImageSmokeTest(IProcessRunner processes, IBuildReporter reporter)
    {
        _processes = processes;
        _reporter = reporter;
    }

    /// <summary>Tests the image of the last prebuild, or one that a registry has.</summary>
    /// <param name="outputPath">Absolute path of the output folder; gets <c>verify/tests.junit.xml</c>.</param>
    /// <param name="image">The image: registry, repository, and a tag or a digest; null for the one of the output folder.</param>
    /// <param name="settings">What is run.</param>
    /// <param name="registries">How registries are reached.</param>
    /// <param name="cancellationToken">Ends it; containers and images of the tests are gone then.</param>
    /// <exception cref="DevcontainerException">DEVC4001, DEVC4002, DEVC4020: there is no engine, or it does not take the image; DEVC4021: there is no image;
    /// DEVC6005: a registry has it not; DEVC6042: the engine cannot run a platform; DEVC9001: a property is not right.</exception>
    public async Task<SmokeTestReport> RunAsync(
        string outputPath, string? image, SmokeTestSettings settings, RegistrySettings registries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(registries);
        using var access = new RegistryAccess(registries, _processes);
        if (image is not null)
        {
            VerifiedImage verified = await VerifiedImage.ReadAsync(access.Client, ImageReference.Parse(image), cancellationToken).ConfigureAwait(false);
            return await RunAsync(outputPath, verified, settings, registries, cancellationToken).ConfigureAwait(false);
        }

        if (ReceiptFile.TryRead(outputPath) is null)
        {
            throw new DevcontainerException(Codes.NothingToLoad, outputPath);
        }

        using OutputFolder output = await OutputFolder.AcquireAsync(outputPath, settings.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        Receipt receipt = ReceiptFile.TryRead(outputPath) ?? throw new DevcontainerException(Codes.NothingToLoad, outputPath);
        OciLayout layout = OciLayout.Open(output.Image);
        await RemoteLayout.CompleteAsync(layout, Digest.Parse(receipt.Image.Digest), access, _reporter, cancellationToken).ConfigureAwait(false);
        return await RunAsync(output, TestedImage.Of(receipt, layout), settings, registries, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tests an image that a registry has.</summary>
    internal async Task<SmokeTestReport> RunAsync(
        string outputPath, VerifiedImage image, SmokeTestSettings settings, RegistrySettings registries, CancellationToken cancellationToken)
    {
        using OutputFolder output = await OutputFolder.AcquireAsync(outputPath, settings.LockTimeout, _reporter, cancellationToken).ConfigureAwait(false);
        string staging = output.CreateStaging();
        try
        {
            OciLayout? layout = Directory.Exists(output.Image) ? output.OpenLayout() : null;
            if (layout is null || !image.Platforms.All(platform => Has(layout, platform)))
            {
                layout = OciLayout.Create(staging);
                await PullAsync(image, layout, registries, cancellationToken).ConfigureAwait(false);
            }

            var tested = new TestedImage(
                image.Reference.ToString(),
                layout,
                [.. image.Platforms.Select(static platform => TestedPlatform.Of(Platform.Parse(platform.Platform), platform.Descriptor, platform.Config))]);
            return await RunAsync(output, tested, settings, registries, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            OutputFolder.Delete(staging);
        }
    }

    private static bool Has(OciLayout layout, VerifiedPlatform platform) =>
        layout.Contains(platform.Descriptor) && layout.Contains(platform.Manifest.Config) && platform.Manifest.Layers.All(layout.Contains);

    private async Task PullAsync(VerifiedImage image, OciLayout layout, RegistrySettings registries, CancellationToken cancellationToken)
    {
        using var access = new RegistryAccess(registries, _processes);
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            if (!await access.Transfers.PullAsync(image.Reference, platform.Descriptor, layout, cancellationToken).ConfigureAwait(false))
            {
                throw new DevcontainerException(Codes.VerifyImageGone, image.Reference.WithDigest(platform.Descriptor.Digest));
            }
        }
    }

    /// <summary>Tests an image whose blobs are here.</summary>
    internal async Task<SmokeTestReport> RunAsync(
        OutputFolder output, TestedImage image, SmokeTestSettings settings, RegistrySettings registries, CancellationToken cancellationToken)
    {
        var plan = new SmokeTestPlan(settings, registries.WorkspaceFolder);
        (TestedPlatform Platform, IReadOnlyList<PlannedTest> Tests)[] platforms = [.. image.Platforms.Select(platform => (platform, plan.For(platform.Platform)))];
        string command = DockerLocator.Find(registries.Environment, registries.WorkspaceFolder);
        var containers = new TestContainers(new DockerCommand(_processes, command, output.Root, registries.Environment), settings, output.Root);
        await containers.CleanAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var run = new TestRun(containers, image, plan, settings, output.Root);
            var starts = new List<SmokeTestResult>();
            foreach (TestedPlatform platform in settings.TestsStart ? image.Platforms : [])
            {
                // Alone: what runs beside it would be measured too.
                starts.Add(await StartAsync(run, platform, cancellationToken).ConfigureAwait(false));
            }

            IReadOnlyList<SmokeTestResult>[] results = await Task.WhenAll(platforms.Select(one => TestAsync(run, one.Platform, one.Tests, cancellationToken))).ConfigureAwait(false);
            var report = new SmokeTestReport(image.Reference, [.. starts, .. results.SelectMany(static result => result)]);
            JUnitReport.Write(report, output.Root);
            return report;
        }
        finally
        {
            await containers.CleanAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Tests one platform, one test after the other.</summary>
    private async Task<IReadOnlyList<SmokeTestResult>> TestAsync(TestRun run, TestedPlatform platform, IReadOnlyList<PlannedTest> tests, CancellationToken cancellationToken)
    {
        string source = await run.Containers.LoadAsync(run.Image, platform, cancellationToken).ConfigureAwait(false);
        var results = new List<SmokeTestResult>();
        if (run.Settings.RunsLifecycle && Lifecycle(platform, run.Plan, run.Settings, run.OutputPath) is { } lifecycle)
        {
            long started = Stopwatch.GetTimestamp();
            (ContainerEnd end, string? created) = await run.Containers.RunAndKeepAsync(source, platform, lifecycle, cancellationToken).ConfigureAwait(false);
            results.Add(Result(run, platform, lifecycle, end, started));
            if (created is null)
            {
                return [.. results, .. tests.Select(test => Skipped(platform, test, "the lifecycle commands failed"))];
            }

            source = created;
            tests = [.. tests.Select(test => test with { Folder = test.Folder ?? run.Plan.Place })];
        }

        foreach (PlannedTest test in tests)
        {
            long started = Stopwatch.GetTimestamp();
            ContainerEnd end = await run.Containers.RunAsync(source, platform, test, cancellationToken).ConfigureAwait(false);
            results.Add(Result(run, platform, test, end, started));
        }

        return results;
    }

    /// <summary>
    /// Measures how long a container takes from being asked for to the end of a command that does nothing: the first one of an image that the engine has just
    /// been given, and the median of three more.
    /// </summary>
    private async Task<SmokeTestResult> StartAsync(TestRun run, TestedPlatform platform, CancellationToken cancellationToken)
    {
        string source = await run.Containers.LoadAsync(run.Image, platform, cancellationToken).ConfigureAwait(false);
        var test = new PlannedTest(new SmokeTest("start", ":"));
        var times = new List<TimeSpan>();
        while (times.Count < 1 + WarmStarts)
        {
            long started = Stopwatch.GetTimestamp();
            ContainerEnd end = await run.Containers.RunAsync(source, platform, test, cancellationToken, () => times.Add(Stopwatch.GetElapsedTime(started))).ConfigureAwait(false);
            if (test.Judge(end).Outcome != SmokeTestOutcome.Passed)
            {
                return Result(run, platform, test, end, started);
            }
        }

        bool isEmulated = await run.Containers.IsEmulatedAsync(platform.Platform, cancellationToken).ConfigureAwait(false);
        TimeSpan cold = times[0];
        TimeSpan warm = times[1..].Order().ElementAt(WarmStarts / 2);
        string told = string.Create(CultureInfo.InvariantCulture, $"cold {cold.TotalSeconds:0.00} s, warm {warm.TotalSeconds:0.00} s{(isEmulated ? ", emulated" : "")}");
        bool isSlow = !isEmulated && run.Settings.MaxStartTime is { } most && cold > most;
        var result = new SmokeTestResult(
            test.Test.Name,
            platform.Platform.ToString(),
            isSlow ? SmokeTestOutcome.Failed : SmokeTestOutcome.Passed,
            isSlow ? string.Create(CultureInfo.InvariantCulture, $"{told}; DevcontainerMaxStartTime allows {run.Settings.MaxStartTime!.Value.TotalSeconds:0.##} s") : told,
            cold,
            []);
        _reporter.Status(Tell(result));
        return result;
    }

    private static PlannedTest? Lifecycle(TestedPlatform platform, SmokeTestPlan plan, SmokeTestSettings settings, string outputPath) =>
        LifecycleScript.Write(platform.Metadata, plan.Place) is not { } script ? null : new PlannedTest(
            new SmokeTest("lifecycle commands", script) { Timeout = settings.LifecycleTimeout, HasNetwork = settings.HasNetwork })
        {
            Files = plan.Workspace(outputPath),
            Folder = plan.Place,
            MayGainRights = true,
        };

    private SmokeTestResult Result(TestRun run, TestedPlatform platform, PlannedTest test, ContainerEnd end, long started)
    {
        if (end.IsForeign)
        {
            throw new DevcontainerException(Codes.TestsCannotRun, run.Image.Reference, platform.Platform);
        }

        (SmokeTestOutcome outcome, string reason) = test.Judge(end);
        var result = new SmokeTestResult(test.Test.Name, platform.Platform.ToString(), outcome, reason, Stopwatch.GetElapsedTime(started), end.LastLines);
        _reporter.Status(Tell(result));
        return result;
    }

    private SmokeTestResult Skipped(TestedPlatform platform, PlannedTest test, string reason)
    {
        var result = new SmokeTestResult(test.Test.Name, platform.Platform.ToString(), SmokeTestOutcome.Skipped, reason, TimeSpan.Zero, []);
        _reporter.Status(Tell(result));
        return result;
    }

    private static string Tell(SmokeTestResult result)
    {
        string reason = result.Reason.Length > 0 ? $" ({SmokeTestResult.Printable(result.Reason)})" : string.Empty;
        string outcome = result.Outcome.ToString().ToLowerInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"{result.Platform}  {outcome,-7}  {result.Test}  {result.Duration.TotalSeconds:0.0} s{reason}");
    }

    /// <summary>What the platforms of an image are tested with.</summary>
    /// <param name="Containers">Runs them.</param>
    /// <param name="Image">The image.</param>
    /// <param name="Plan">What is run.</param>
    /// <param name="Settings">What is asked for.</param>
    /// <param name="OutputPath">Absolute path of the output folder.</param>
    private sealed record TestRun(TestContainers Containers, TestedImage Image, SmokeTestPlan Plan, SmokeTestSettings Settings, string OutputPath);
}
