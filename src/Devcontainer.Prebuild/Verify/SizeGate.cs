using System.Globalization;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The image is not larger than it may be: what a machine has to fetch.</summary>
/// <param name="max">The most bytes of a platform's layers and configuration, as stored; null for any.</param>
internal sealed class SizeGate(long? max) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "size";

    private const double Megabyte = 1_000_000;

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            if (max is { } most && platform.Size > most)
            {
                findings.Add(new Finding
                {
                    Id = "too-large",
                    Severity = FindingSeverity.High,
                    Diagnostic = Diagnostic.Create(Codes.ImageTooLarge, null, image.Reference, platform.Platform, Text(platform.Size), Text(most)),
                    Platforms = [platform.Platform],
                });
            }
        }

        string sizes = string.Join(", ", image.Platforms.Select(static platform => $"{platform.Platform} {Text(platform.Size)}"));
        return Task.FromResult(GateResult.Of(max is { } limit ? $"{sizes}, of {Text(limit)} at the most" : sizes, findings));
    }

    private static string Text(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / Megabyte:0.0} MB");
}
