using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>The tests of the project, and those that every image has to stand, pass in the image.</summary>
/// <param name="processes">Starts docker.</param>
/// <param name="outputPath">Absolute path of the output folder.</param>
/// <param name="settings">What is run.</param>
/// <param name="registries">How registries are reached.</param>
/// <param name="reporter">Hears of each test.</param>
internal sealed class SmokeTestGate(
    IProcessRunner processes, string outputPath, SmokeTestSettings settings, RegistrySettings registries, IBuildReporter reporter) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "tests";

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public bool RunsAlone => true;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        SmokeTestReport report = await new ImageSmokeTest(processes, reporter)
            .RunAsync(outputPath, image, settings, registries, cancellationToken).ConfigureAwait(false);
        Finding[] findings =
        [
            .. report.Results.Where(static result => result.Outcome == SmokeTestOutcome.Failed).Select(static result => new Finding
            {
                Id = result.Test,
                Severity = FindingSeverity.Critical,
                Diagnostic = result.Error,
                Platforms = [result.Platform],
            }),
        ];
        int passed = report.Results.Count(static result => result.Outcome == SmokeTestOutcome.Passed);
        return GateResult.Of($"{passed} of {report.Results.Count} tests passed on {string.Join(", ", image.Platforms.Select(static platform => platform.Platform))}", findings);
    }
}
