using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Verify.Content;
using Devcontainer.Prebuild.Verify.Waivers;

namespace Devcontainer.Prebuild.Verify;

/// <summary>Verifies an image that a registry has, by digest: runs every gate, and lets it pass where all of them do.</summary>
public sealed class ImageVerification
{
    private readonly IProcessRunner _processes;
    private readonly IBuildReporter _reporter;

    /// <summary>Verifies with real programs.</summary>
    public ImageVerification(IBuildReporter reporter)
        : this(new ProcessRunner(), reporter)
    {
    }

    internal ImageVerification(IProcessRunner processes, IBuildReporter reporter)
    {
        _processes = processes;
        _reporter = reporter;
    }

    /// <summary>Verifies, and tells what each gate came to.</summary>
    /// <exception cref="DevcontainerException">DEVC6003: nobody says whose signature it must have; DEVC6005: it is not in its registry; DEVC6022: the
    /// waivers cannot be read; DEVC9001: there is no such gate; or the registry does not answer.</exception>
    public async Task<VerifyReport> RunAsync(VerifyRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        IReadOnlyList<string> names = GateSelection.Choose(request);
        IReadOnlyList<Waiver> waivers = WaiverFile.Read(request.Registries.WorkspaceFolder, request.WaiverFile, GateSelection.Names);
        if (request.Registries.Offline)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerOffline", "true", "verifying needs the registry");
        }

        using var registries = new RegistryAccess(request.Registries, _processes);
        VerifiedImage image = await VerifiedImage.ReadAsync(registries.Client, NameOf(request), cancellationToken).ConfigureAwait(false);
        var layers = image.Platforms.SelectMany(static platform => platform.Manifest.Layers).Select(static layer => layer.Digest).ToHashSet();
        bool withSecrets = names.Contains(SecretGate.GateName);
        string folder = Path.Combine(request.OutputPath, "image");
        OciLayout? layout = File.Exists(Path.Combine(folder, "index.json")) ? OciLayout.Open(folder) : null;
        using var contents = new ImageContents(Opener(registries, layout), layer => withSecrets && layers.Contains(layer));
        var attestations = new ImageAttestations(registries.Transfers);
        var packages = new ImagePackages(registries.Transfers, attestations, layout);
        var previous = new PreviousImage(registries.Client, request.OutputPath, request.CompareFrom);
        var means = new GateMeans(registries.Client, contents, attestations, packages, previous, _processes, _reporter);
        IVerifyGate[] gates = [.. names.Select(name => GateSelection.Create(name, request, means))];
        IReadOnlyList<GateReport> reports = await GateRunner.RunAsync(gates, image, request.Policy, cancellationToken).ConfigureAwait(false);
        if (IsBuiltHere(request, image.Reference))
        {
            var places = new FindingPlaces(request.ConfigFile, request.Registries.WorkspaceFolder);
            reports = [.. reports.Select(gate => gate with { Result = gate.Result.With(places.Locate) })];
        }

        VerifyReport report = WaiverUse.Apply(new VerifyReport(image.Reference, reports), waivers, DateOnly.FromDateTime(DateTime.UtcNow));
        SarifFile.Write(report, request.OutputPath, request.Registries.WorkspaceFolder, request.ConfigFile);
        foreach (string line in VerifyText.Lines(report))
        {
            _reporter.Status(line);
        }

        return report;
    }

    // What is in the output folder need not be fetched: its digest is checked all the same.
    private static Func<ImageReference, Descriptor, CancellationToken, Task<Stream?>> Opener(RegistryAccess registries, OciLayout? layout) =>
        async (repository, layer, token) => layout?.Contains(layer) == true
            ? layout.OpenBlob(layer)
            : await registries.Transfers.OpenBlobAsync(repository, layer, token).ConfigureAwait(false);

    private static bool IsBuiltHere(VerifyRequest request, ImageReference image) =>
        ReceiptFile.TryRead(request.OutputPath) is { } receipt && receipt.Image.Digest == image.Digest!.Value.Value;

    private static ImageReference NameOf(VerifyRequest request)
    {
        if (request.Image is { } image)
        {
            return ImageReference.Parse(image);
        }

        Receipt receipt = ReceiptFile.TryRead(request.OutputPath) ?? throw new DevcontainerException(Codes.NothingToLoad, request.OutputPath);
        return SharedRepository.NameOf(receipt.Image.Registry, receipt.Image.Repository)?.WithDigest(Digest.Parse(receipt.Image.Digest))
            ?? throw new DevcontainerException(Codes.PushNeedsRegistry, receipt.Image.Repository);
    }
}
