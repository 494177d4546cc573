using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The image has no programs with their owner's or group's rights that the image before it did not have.</summary>
internal sealed class SetuidGate(ImageContents contents, PreviousImage previous) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "setuid";

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        VerifiedImage? before = await previous.ReadAsync(image, cancellationToken).ConfigureAwait(false);
        var platforms = new List<(string Platform, IReadOnlyList<Finding> Findings)>();
        int count = 0;
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            ImageView view = await contents.ViewAsync(image, platform, cancellationToken).ConfigureAwait(false);
            Dictionary<string, LayerFile> programs = Programs(view);
            count = Math.Max(count, programs.Count);
            if (before?.Platforms.FirstOrDefault(known => known.Platform == platform.Platform) is { } old)
            {
                Dictionary<string, LayerFile> known = Programs(await contents.ViewAsync(before, old, cancellationToken).ConfigureAwait(false));
                platforms.Add((platform.Platform, [.. programs
                    .Where(program => (program.Value.Rights & ~(known.GetValueOrDefault(program.Key)?.Rights ?? 0)) != 0)
                    .Select(program => Create(image, before, platform, view.Files[program.Key].Layer, program.Key, program.Value))]));
            }
        }

        string programsText = $"{count} programs with their owner's or group's rights";
        return GateResult.Of(
            before is null ? $"{programsText}; nothing was published before to compare them with" : $"{programsText}, compared with {before.Reference}",
            Finding.Join(platforms));
    }

    private static Dictionary<string, LayerFile> Programs(ImageView view) => view.Files
        .Where(static file => file.Value.File.Rights != 0)
        .ToDictionary(static file => file.Key, static file => file.Value.File, StringComparer.Ordinal);

    private static Finding Create(VerifiedImage image, VerifiedImage before, VerifiedPlatform platform, int layer, string path, LayerFile program) => new()
    {
        Id = "setuid-added",
        Severity = FindingSeverity.Medium,
        Diagnostic = Diagnostic.Create(
            Codes.ImageSetuidAdded, null, Printable.Quote(path), image.Reference, Convert.ToString(program.Mode, 8), program.Uid, before.Reference),
        Path = path,
        Layer = platform.Manifest.Layers[layer].Digest,
        Instruction = platform.InstructionOf(layer),
    };
}
