using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Appending;
using Devcontainer.Prebuild.Attestations;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Plan;
using Devcontainer.Prebuild.Sboms;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Receipts;

/// <summary>
/// Completes an image whose blobs are in the layout: SBOMs, attestations, index, receipt, in this order, so that a receipt only ever speaks of what is
/// there.
/// </summary>
internal sealed class ReceiptBuilder(
    PrebuildInputs inputs, IReadOnlyList<CacheKey> keys, OciLayout layout, OutputFolder output, JobRunner jobs, IBuildReporter reporter)
{
    private BuiltImages? _built;
    private readonly Dictionary<Digest, ImageManifest> _attestations = [];
    private IReadOnlyList<SharedPlatform> _shared = [];
    private readonly Dictionary<string, AppendedImage> _appended = new(StringComparer.Ordinal);
    private PrebuildPlan? _plan;
    private string? _builder;

    /// <summary>Takes the plan of an image that is not, or not all, in the last receipt.</summary>
    internal void Planned(PrebuildPlan plan) => _plan = plan;

    /// <summary>Takes what was built this time.</summary>
    internal void Built(BuiltImages built, string builder)
    {
        _built = built;
        _builder = builder;
    }

    /// <summary>Takes platforms that a registry has: their manifests go into the layout, and their SBOMs are used.</summary>
    internal void Shared(IReadOnlyList<SharedPlatform> platforms)
    {
        _shared = platforms;
        foreach (SharedPlatform platform in platforms)
        {
            layout.AddBlob(platform.Bytes.Span, platform.Manifest.MediaType);
            if (platform.Environment is { } environment)
            {
                layout.AddBlob(environment.Bytes.Span, environment.Descriptor.MediaType);
            }

            if (platform.Attestation is { } attestation)
            {
                _attestations[platform.Manifest.Digest] = attestation;
            }
        }
    }

    /// <summary>Takes the images that were made of environment images, whether these were built this time or not.</summary>
    internal void Appended(IReadOnlyList<AppendedImage> images)
    {
        foreach (AppendedImage image in images)
        {
            _appended.Add(image.Environment.Platform.ToString(), image);
        }
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
    /// <param name="repository">Where blobs are that the layout lacks; null for nowhere.</param>
    /// <param name="elapsed">How long the prebuild took so far.</param>
    /// <param name="cancellationToken">Ends it; the last receipt is then still there.</param>
    internal async Task<Receipt> CompleteAsync(
        Receipt? previous, IReadOnlyList<ReceiptPlatform> reusable, ImageReference? repository, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        if (reusable.Count > 0)
        {
            Reuse(Digest.Parse(previous!.Image.Digest));
        }

        Descriptor[] manifests =
        [
            .. inputs.Request.Platforms
                .OrderBy(static platform => platform.ToString(), StringComparer.Ordinal)
                .Select(platform => ManifestOf(platform, reusable)),
        ];
        IReadOnlyList<ReceiptBase> bases = _plan is null ? previous?.Bases ?? [] : [.. _plan.Platforms.SelectMany(static platform => platform.Bases)];

        // A large base layer is read on one core, so platforms are read side by side.
        (ReceiptPlatform Platform, Descriptor? Environment, Descriptor? Attestation)[] described = await Task.WhenAll(manifests.Select(manifest => Task.Run(
            () => DescribeAsync(manifest, reusable, bases, cancellationToken), cancellationToken))).ConfigureAwait(false);

        // As BuildKit orders an index: who takes the first entry that fits takes an image.
        byte[] index = new ImageIndex
        {
            Manifests =
            [
                .. manifests,
                .. described.Select(static one => one.Environment).OfType<Descriptor>(),
                .. described.Select(static one => one.Attestation).OfType<Descriptor>(),
            ],
        }.ToBytes();
        Descriptor root = layout.AddBlob(index, MediaTypes.ImageIndex);
        var receipt = new Receipt
        {
            Keys = keys,
            Image = new ReceiptImage(root.Digest.Value, root.Size, inputs.Request.Registry, inputs.Request.Repository, inputs.Request.ImageTags),
            Platforms = [.. described.Select(static one => one.Platform)],
            Features = Features(inputs),
            Bases = bases,
            Inputs = InputList.Of(inputs),
            Steps = _built?.Steps ?? previous?.Steps ?? [],
            Built = _built is null && previous is not null ? previous.Built : DateTimeOffset.UtcNow,
            Seconds = _built is null && previous is not null ? previous.Seconds : Math.Round(elapsed.TotalSeconds, 3),
            CacheExportSeconds = _built is null ? previous?.CacheExportSeconds : BuildTransfer.CacheExportSeconds(_built.Transfers),
            Builder = _builder ?? previous?.Builder ?? string.Empty,
        };
        Write(receipt, previous, root, layout, repository, output);
        return receipt;
    }

    /// <summary>Takes over an image that a registry has whole: its manifests, SBOMs and receipt, under the names that are asked for.</summary>
    internal static Receipt Adopt(
        SharedImage image, ImageReference repository, PrebuildRequest request, Receipt? previous, OciLayout layout, OutputFolder output)
    {
        foreach (RegistryManifest manifest in image.Manifests.Append(image.Index))
        {
            layout.AddBlob(manifest.Bytes.Span, manifest.Descriptor.MediaType);
        }

        Receipt receipt = image.Record.Receipt with
        {
            Image = image.Record.Receipt.Image with { Registry = request.Registry, Repository = request.Repository, Tags = request.ImageTags },
        };
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            if (platform.Sbom is { } sbom)
            {
                AtomicFile.Write(Path.Combine(output.Root, sbom.Path), image.Record.Files[sbom.Path]);
            }
        }

        Write(receipt, previous, image.Index.Descriptor, layout, repository, output);
        return receipt;
    }

    private static void Write(
        Receipt receipt, Receipt? previous, Descriptor root, OciLayout layout, ImageReference? repository, OutputFolder output)
    {
        // Killed on either side of the receipt, the layout has the image that the receipt speaks of: the old one stays until the new receipt is there.
        Descriptor entry = RemoteLayout.Named(layout, root, receipt.Image.Tags, repository);
        Descriptor[] old = Entries(layout, previous, root);
        layout.WriteIndex(new ImageIndex { Manifests = [entry, .. old] });
        ReceiptFile.Write(receipt, output.Root);
        if (old.Length > 0)
        {
            layout.WriteIndex(new ImageIndex { Manifests = [entry] });
        }

        layout.DeleteUnreachable();
    }

    // What the last image's index attests.
    private void Reuse(Digest image)
    {
        foreach (Descriptor entry in layout.ReadIndex(RemoteLayout.Entry(layout, image)!).Manifests)
        {
            if (AttestationManifest.IsAttestation(entry) && layout.ReadManifest(entry) is { Subject: { } subject } attestation)
            {
                _attestations[subject.Digest] = attestation;
            }
        }
    }

    private Descriptor ManifestOf(Platform platform, IReadOnlyList<ReceiptPlatform> reusable)
    {
        string name = platform.ToString();
        if (_appended.TryGetValue(name, out AppendedImage? appended))
        {
            return appended.Manifest;
        }

        foreach (SharedPlatform shared in _shared)
        {
            if (shared.Manifest.Platform == platform)
            {
                return shared.Manifest;
            }
        }

        ReceiptPlatform known = reusable.Single(candidate => candidate.Platform == name);
        return known.Manifest with { Platform = platform };
    }

    // The entry of the last receipt's image, without the tag that the new one has now.
    private static Descriptor[] Entries(OciLayout layout, Receipt? previous, Descriptor root)
    {
        try
        {
            return
            [
                .. layout.ReadIndex().Manifests
                    .Where(entry => entry.Digest.Value == previous?.Image.Digest && entry.Digest != root.Digest)
                    .Select(RemoteLayout.WithoutTag),
            ];
        }
        catch (DevcontainerException)
        {
            // Damaged: then that receipt has no image any more.
            return [];
        }
    }

    private async Task<(ReceiptPlatform Platform, Descriptor? Environment, Descriptor? Attestation)> DescribeAsync(
        Descriptor manifest, IReadOnlyList<ReceiptPlatform> reusable, IReadOnlyList<ReceiptBase> bases, CancellationToken cancellationToken)
    {
        string platform = manifest.Platform!.ToString();
        ReceiptPlatform? known = reusable.FirstOrDefault(candidate => candidate.Digest == manifest.Digest.Value && candidate.Platform == platform);
        SharedPlatform? shared = _shared.FirstOrDefault(shared => shared.Manifest.Digest == manifest.Digest);
        AppendedImage? appended = _appended.GetValueOrDefault(platform) is { IsAppended: true } image ? image : null;
        ReceiptEnvironment? environment = appended is not null ? await DescribeEnvironmentAsync(appended.Environment, bases, cancellationToken).ConfigureAwait(false)
            : shared?.Environment is { Descriptor: var below } ? new ReceiptEnvironment(below.Digest.Value, below.Size, null)
            : known?.Environment;
        ReceiptSbom? sbom = null;
        if (inputs.Request.GenerateSbom)
        {
            sbom = known is not null && Probe.HasSbom(known.Sbom, output.Root)
                ? known.Sbom
                : WriteSbom(
                    ReceiptSbom.PathFor(manifest.Platform),
                    appended is not null ? ExtendSbom(appended, environment!, bases)
                        : shared?.Sbom ?? await GenerateSbomAsync(manifest, bases, cancellationToken).ConfigureAwait(false));
        }

        ImageManifest content = layout.ReadManifest(manifest);
        long size = content.Config.Size + content.Layers.Sum(static layer => layer.Size);
        return (
            new ReceiptPlatform(platform, manifest.Digest.Value, manifest.Size, size, known?.Source ?? SourceOf(platform), sbom, environment),
            environment is null ? null : EnvironmentImage.Entry(environment.Manifest, manifest),
            Attest(manifest, sbom, bases));
    }

    private string SourceOf(string platform) => _appended.ContainsKey(platform) && _built?.Manifests.ContainsKey(platform) != true ? "appended" : "built";

    private async Task<ReceiptEnvironment> DescribeEnvironmentAsync(
        EnvironmentImage environment, IReadOnlyList<ReceiptBase> bases, CancellationToken cancellationToken)
    {
        ReceiptSbom? sbom = !inputs.Request.GenerateSbom ? null : WriteSbom(
            ReceiptSbom.EnvironmentPathFor(environment.Platform),
            environment.Sbom ?? await GenerateSbomAsync(environment.Manifest with { Platform = environment.Platform }, bases, cancellationToken).ConfigureAwait(false));
        return new ReceiptEnvironment(environment.Manifest.Digest.Value, environment.Manifest.Size, sbom);
    }

    // The layers below are not read again, wherever they are.
    private Sbom ExtendSbom(AppendedImage image, ReceiptEnvironment environment, IReadOnlyList<ReceiptBase> bases)
    {
        byte[] below = File.ReadAllBytes(Path.Combine(output.Root, environment.Sbom!.Path));
        return SbomDocument.Extend(below, image.Manifest, SbomRequestFor(image.Manifest.Platform!, bases), image.Content.Packages);
    }

    // The SBOM as it is now; the provenance as it was when the image was built, on whatever machine.
    private Descriptor? Attest(Descriptor manifest, ReceiptSbom? sbom, IReadOnlyList<ReceiptBase> bases)
    {
        var statements = new List<Descriptor>();
        if (sbom is not null)
        {
            byte[] document = File.ReadAllBytes(Path.Combine(output.Root, sbom.Path));
            statements.Add(AttestationManifest.AddStatement(layout, new InTotoStatement(InTotoStatement.Spdx, manifest.Platform!, manifest.Digest, document)));
        }

        if (inputs.Request.GenerateProvenance && ProvenanceOf(manifest, bases) is { } provenance)
        {
            statements.Add(provenance);
        }

        return statements.Count > 0 ? AttestationManifest.Add(layout, manifest, statements) : null;
    }

    private Descriptor? ProvenanceOf(Descriptor manifest, IReadOnlyList<ReceiptBase> bases)
    {
        string platform = manifest.Platform!.ToString();
        if (!_appended.ContainsKey(platform))
        {
            return _attestations.TryGetValue(manifest.Digest, out ImageManifest? attestation) ? AttestationManifest.ProvenanceOf(attestation) : null;
        }

        byte[] predicate = Provenance.Create(inputs, manifest.Platform, bases.Where(image => image.Platform == platform), Origin());
        return AttestationManifest.AddStatement(layout, new InTotoStatement(InTotoStatement.Provenance, manifest.Platform, manifest.Digest, predicate));
    }

    private BuildOrigin Origin()
    {
        BuildOrigin origin = CISystems.Origin(inputs.Request.Environment, inputs.Configuration.WorkspaceFolder);
        return inputs.Request.ProvenanceBuilderId is { } builder ? origin with { Builder = builder } : origin;
    }

    private Task<Sbom> GenerateSbomAsync(Descriptor manifest, IReadOnlyList<ReceiptBase> bases, CancellationToken cancellationToken) => jobs.RunAsync(
        "sbom",
        manifest.Platform!.ToString(),
        JobLimits.None,
        token => SbomGenerator.GenerateAsync(layout, manifest, SbomRequestFor(manifest.Platform, bases), token),
        cancellationToken);

    private SbomRequest SbomRequestFor(Platform platform, IReadOnlyList<ReceiptBase> bases) => new()
    {
        ImageName = inputs.Request.Registry.Length == 0 ? inputs.Request.Repository : $"{inputs.Request.Registry}/{inputs.Request.Repository}",
        Platform = platform,
        Features = Features(inputs),
        Bases = [.. bases.Where(image => image.Platform == platform.ToString())],
        Created = ImageBuild.SourceDate,
    };

    private ReceiptSbom WriteSbom(string path, Sbom sbom)
    {
        AtomicFile.Write(Path.Combine(output.Root, path), sbom.Json);
        reporter.Detail($"SBOM {path}: {sbom.PackageCount} packages.");
        return new ReceiptSbom(path, Digest.Sha256(sbom.Json).Value, sbom.PackageCount);
    }
}
