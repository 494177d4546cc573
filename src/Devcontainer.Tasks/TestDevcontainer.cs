using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.SmokeTests;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Runs tests in the image of the last prebuild, or in one that is named.</summary>
public sealed class TestDevcontainer : DevcontainerTestTask
{
    /// <summary>The tests as they were run.</summary>
    [Output]
    public ITaskItem[] Results { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        SmokeTestSettings settings = BindTests();
        if (Switch("DevcontainerDryRun", DryRun))
        {
            Reporter.Status($"Would run tests in {Text(Image) ?? "the image"}.");
            return;
        }

        SmokeTestReport report = await new ImageSmokeTest(Reporter)
            .RunAsync(Absolute(OutputPath), Text(Image), settings, BindRegistries(), cancellationToken).ConfigureAwait(false);
        foreach (Diagnostic error in report.Errors)
        {
            LogError(error);
        }

        Results = [.. report.Results.Select(static result => Items.Create(
            result.Test,
            ("Platform", result.Platform),
            ("Outcome", result.Outcome.ToString()),
            ("Reason", result.Reason)))];
    }
}
