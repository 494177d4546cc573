using System.Collections.ObjectModel;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Plan;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Receipts;

/// <summary>
/// Completes an image whose blobs are in the layout: index, SBOMs, receipt, in this order, so that a receipt only ever speaks of what is there.
/// </summary>
internal sealed class ReceiptBuilder(
    PrebuildInputs inputs, IReadOnlyList<CacheKey> keys, OciLayout layout, OutputFolder output, JobRunner jobs, IBuildReporter reporter)
{
    private BuiltImages _built = new(new Dictionary<string, Descriptor>(), []);
    private PrebuildPlan? _plan;
    private string? _builder;

    /// <summary>Takes what was built this time.</summary>
    internal void Built(BuiltImages built, PrebuildPlan plan, string builder)
    {
        _built = built;
        _plan = plan;
        _builder = builder;
    }

    /// <summary>Whether a receipt has the names that are asked for.</summary>
    internal static bool HasNames(Receipt receipt, PrebuildRequest request) =>
        receipt.Image.Registry == request.Registry
        && receipt.Image.Repository == request.Repository
        && receipt.Image.Tags.SequenceEqual(request.ImageTags);

    /// <summary>The Features as a receipt lists them.</summary>
    internal static IReadOnlyList<ReceiptFeature> Features(PrebuildInputs inputs) =>
    [
        .. inputs.Features.Select(static feature => new ReceiptFeature(
            feature.Feature.Id, feature.Feature.Source, feature.Feature.Resolved, feature.Feature.Version ?? string.Empty, feature.Digest)),
    ];

    /// <summary>Writes what is missing and the receipt.</summary>
    /// <param name="previous">The last receipt, or null.</param>
    /// <param name="reusable">Platforms of it that stay.</param>
    /// <param name="elapsed">How long the prebuild took so far.</param>
    /// <param name="cancellationToken">Ends it; the last receipt is then still there.</param>
    internal async Task<Receipt> CompleteAsync(
        Receipt? previous, IReadOnlyList<ReceiptPlatform> reusable, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        Descriptor[] manifests =
        [
            .. inputs.Request.Platforms
                .OrderBy(static platform => platform.ToString(), StringComparer.Ordinal)
                .Select(platform => _built.Manifests.TryGetValue(platform.ToString(), out Descriptor? built) ? built : Existing(platform, reusable)),
        ];
        byte[] index = new ImageIndex { Manifests = manifests }.ToBytes();
        Descriptor root = layout.AddBlob(index, MediaTypes.ImageIndex);
        IReadOnlyList<ReceiptBase> bases = _plan is null ? previous?.Bases ?? [] : [.. _plan.Platforms.SelectMany(static platform => platform.Bases)];

        // A large base layer is read on one core, so platforms are read side by side.
        ReceiptPlatform[] platforms = await Task.WhenAll(manifests.Select(manifest => Task.Run(
            () => DescribeAsync(manifest, reusable, bases, cancellationToken), cancellationToken))).ConfigureAwait(false);
        var receipt = new Receipt
        {
            Keys = keys,
            Image = new ReceiptImage(root.Digest.Value, root.Size, inputs.Request.Registry, inputs.Request.Repository, inputs.Request.ImageTags),
            Platforms = platforms,
            Features = Features(inputs),
            Bases = bases,
            Inputs = InputList.Of(inputs),
            Steps = _plan is null ? previous?.Steps ?? [] : _built.Steps,
            Built = _plan is null && previous is not null ? previous.Built : DateTimeOffset.UtcNow,
            Seconds = _plan is null && previous is not null ? previous.Seconds : Math.Round(elapsed.TotalSeconds, 3),
            Builder = _builder ?? previous?.Builder ?? string.Empty,
        };

        // Killed on either side of the receipt, the layout has the image that the receipt speaks of: the old one stays until the new receipt is there.
        Descriptor entry = root with { Annotations = Names(receipt.Image) };
        Descriptor[] old = Entries(previous, root);
        layout.WriteIndex(new ImageIndex { Manifests = [entry, .. old] });
        ReceiptFile.Write(receipt, output.Root);
        if (old.Length > 0)
        {
            layout.WriteIndex(new ImageIndex { Manifests = [entry] });
        }

        layout.DeleteUnreachable();
        return receipt;
    }

    // The entry of the last receipt's image, without the tag that the new one has now.
    private Descriptor[] Entries(Receipt? previous, Descriptor root)
    {
        try
        {
            return
            [
                .. layout.ReadIndex().Manifests
                    .Where(entry => entry.Digest.Value == previous?.Image.Digest && entry.Digest != root.Digest)
                    .Select(static entry => entry with { Annotations = ReadOnlyDictionary<string, string>.Empty }),
            ];
        }
        catch (DevcontainerException)
        {
            // Damaged: then that receipt has no image any more.
            return [];
        }
    }

    private async Task<ReceiptPlatform> DescribeAsync(
        Descriptor manifest, IReadOnlyList<ReceiptPlatform> reusable, IReadOnlyList<ReceiptBase> bases, CancellationToken cancellationToken)
    {
        string platform = manifest.Platform!.ToString();
        ReceiptPlatform? known = reusable.FirstOrDefault(candidate => candidate.Digest == manifest.Digest.Value && candidate.Platform == platform);
        ReceiptSbom? sbom = !inputs.Request.GenerateSbom
            ? null
            : known is not null && Probe.HasSbom(known, output.Root)
                ? known.Sbom
                : await jobs.RunAsync("sbom", platform, JobLimits.None, token => WriteSbomAsync(manifest, bases, token), cancellationToken).ConfigureAwait(false);
        ImageManifest content = layout.ReadManifest(manifest);
        long size = content.Config.Size + content.Layers.Sum(static layer => layer.Size);
        return new ReceiptPlatform(platform, manifest.Digest.Value, manifest.Size, size, known?.Source ?? "built", sbom);
    }

    private async Task<ReceiptSbom> WriteSbomAsync(Descriptor manifest, IReadOnlyList<ReceiptBase> bases, CancellationToken cancellationToken)
    {
        string platform = manifest.Platform!.ToString();
        Sbom sbom = await SbomGenerator.GenerateAsync(
            layout,
            manifest,
            new SbomRequest
            {
                ImageName = inputs.Request.Registry.Length == 0 ? inputs.Request.Repository : $"{inputs.Request.Registry}/{inputs.Request.Repository}",
                Platform = manifest.Platform!,
                Features = Features(inputs),
                Bases = [.. bases.Where(image => image.Platform == platform)],
                Created = ImageBuild.SourceDate,
            },
            cancellationToken).ConfigureAwait(false);
        string path = $"sbom/{manifest.Platform!.FileName}.spdx.json";
        AtomicFile.Write(Path.Combine(output.Root, path), sbom.Json);
        reporter.Detail($"SBOM {path}: {sbom.PackageCount} packages.");
        return new ReceiptSbom(path, Digest.Sha256(sbom.Json).Value, sbom.PackageCount);
    }

    private static Descriptor Existing(Platform platform, IReadOnlyList<ReceiptPlatform> reusable)
    {
        ReceiptPlatform known = reusable.Single(candidate => candidate.Platform == platform.ToString());
        return new Descriptor(MediaTypes.ImageManifest, Digest.Parse(known.Digest), known.ManifestSize) { Platform = platform };
    }

    private static Dictionary<string, string> Names(ReceiptImage image) => image.Tags.Count == 0
        ? []
        : new Dictionary<string, string>(StringComparer.Ordinal) { ["org.opencontainers.image.ref.name"] = image.Tags[0] };
}
