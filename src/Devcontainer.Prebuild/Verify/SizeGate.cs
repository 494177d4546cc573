using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The image is not larger than it may be, and has not grown by more than it may: what a machine has to fetch of a platform.</summary>
/// <param name="max">The most bytes of a platform's layers and configuration, as stored; null for any.</param>
/// <param name="maxIncrease">By how many percent it may have grown since the image before; null for any.</param>
/// <param name="contents">What is in the layers, where an image has grown too much.</param>
/// <param name="previous">The image before.</param>
internal sealed class SizeGate(long? max, double? maxIncrease, ImageContents contents, PreviousImage previous) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "size";

    // So many files tell why.
    private const int MostFiles = 5;

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        VerifiedImage? before = maxIncrease is null ? null : await previous.ReadAsync(image, cancellationToken).ConfigureAwait(false);
        var findings = new List<Finding>();
        var sizes = new List<string>();
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            VerifiedPlatform? old = before?.Platforms.FirstOrDefault(known => known.Platform == platform.Platform);
            sizes.Add($"{platform.Platform} {ByteText.Of(platform.Size)}{(old is null ? string.Empty : $" ({ByteText.Of(old.Size)} before)")}");
            if (max is { } most && platform.Size > most)
            {
                findings.Add(Create(platform, "too-large", Diagnostic.Create(
                    Codes.ImageTooLarge, null, image.Reference, platform.Platform, ByteText.Of(platform.Size), ByteText.Of(most))));
            }

            if (old is not null && maxIncrease is { } allowed && platform.Size > old.Size * (1 + (allowed / 100)))
            {
                findings.Add(await GrownAsync(image, platform, before!, old, allowed, cancellationToken).ConfigureAwait(false));
            }
        }

        string limit = max is { } limited ? $", of {ByteText.Of(limited)} at the most" : string.Empty;
        string first = maxIncrease is not null && before is null ? "; nothing was published before to compare it with" : string.Empty;
        return GateResult.Of(string.Join(", ", sizes) + limit + first, findings);
    }

    private async Task<Finding> GrownAsync(
        VerifiedImage image, VerifiedPlatform platform, VerifiedImage before, VerifiedPlatform old, double allowed, CancellationToken cancellationToken)
    {
        ImageView now = await contents.ViewAsync(image, platform, cancellationToken).ConfigureAwait(false);
        ImageView then = await contents.ViewAsync(before, old, cancellationToken).ConfigureAwait(false);
        var grown = now.Files
            .Select(file => (Path: file.Key, file.Value.Layer, More: file.Value.File.Size - (then.Files.TryGetValue(file.Key, out (LayerFile File, int Layer) known) ? known.File.Size : 0)))
            .Where(static file => file.More > 0)
            .OrderByDescending(static file => file.More)
            .Take(MostFiles)
            .ToList();
        string files = grown.Count == 0 ? "no single file" : string.Join(", ", grown.Select(static file => $"/{Printable.Quote(file.Path)} ({ByteText.Of(file.More)})"));
        Finding finding = Create(platform, "grown", Diagnostic.Create(
            Codes.ImageGrown,
            null,
            image.Reference,
            platform.Platform,
            ByteText.Of(platform.Size),
            ((100.0 * platform.Size / old.Size) - 100).ToString("0.#", CultureInfo.InvariantCulture),
            ByteText.Of(old.Size),
            allowed.ToString("0.#", CultureInfo.InvariantCulture),
            files));
        return grown.Count == 0 ? finding : finding with
        {
            Layer = platform.Manifest.Layers[grown[0].Layer].Digest,
            Instruction = platform.InstructionOf(grown[0].Layer),
        };
    }

    private static Finding Create(VerifiedPlatform platform, string id, Diagnostic diagnostic) => new()
    {
        Id = id,
        Severity = FindingSeverity.High,
        Diagnostic = diagnostic,
        Platforms = [platform.Platform],
    };
}
