using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.SmokeTests;
using Devcontainer.Prebuild.Verify.Content;
using Devcontainer.Prebuild.Verify.Scanners;

namespace Devcontainer.Prebuild.Verify;

/// <summary>What gates look with.</summary>
/// <param name="Client">Asks the registry.</param>
/// <param name="Contents">What is in the layers.</param>
/// <param name="Attestations">What the index attests.</param>
/// <param name="Packages">The image's packages.</param>
/// <param name="Previous">The image before.</param>
/// <param name="Processes">Runs programs.</param>
/// <param name="Reporter">Hears what programs say.</param>
internal sealed record GateMeans(
    RegistryClient Client, ImageContents Contents, ImageAttestations Attestations, ImagePackages Packages, PreviousImage Previous, IProcessRunner Processes, IBuildReporter Reporter);

/// <summary>Which gates run: those that are asked for by name, else the usual ones.</summary>
internal static class GateSelection
{
    /// <summary>What stands for the usual gates where gates are asked for.</summary>
    private const string Usual = "default";

    private static readonly IScanner[] Scanners = [new TrivyScanner(), new GrypeScanner(), new SnykScanner(), new ScoutScanner()];

    private static readonly string[] UsualNames =
    [
        SignatureGate.GateName, IntegrityGate.GateName, ProvenanceGate.GateName, SecretGate.GateName, UserGate.GateName, SizeGate.GateName, SetuidGate.GateName, SshdGate.GateName,
        NuGetGate.GateName, SmokeTestGate.GateName,
    ];

    /// <summary>Every gate, in the order in which they are told of.</summary>
    internal static readonly IReadOnlyList<string> Names = [.. UsualNames, .. Scanners.Select(static scanner => scanner.Name)];

    // nuget.org writes all that is known anew once a month.
    private const int NuGetDays = 60;

    // Scanners' data is made anew every day, or more often.
    private const int ScannerDays = 7;

    /// <summary>The names of the gates that a request asks for.</summary>
    /// <exception cref="DevcontainerException">DEVC9001: there is no gate of a name; DEVC6003: a gate cannot run without what nobody says.</exception>
    internal static IReadOnlyList<string> Choose(VerifyRequest request)
    {
        Check("DevcontainerVerifyGates", request.Gates.Where(static name => name != Usual));
        Check("DevcontainerVerifyWarnOnly", request.Policy.WarnOnly);
        bool isSignable = SignatureGate.IsConfigured(request.Signatures);
        if (!isSignable && request.Gates.Contains(SignatureGate.GateName))
        {
            throw new DevcontainerException(Codes.NothingToVerify);
        }

        if (!request.Provenance.IsConfigured && request.Gates.Contains(ProvenanceGate.GateName))
        {
            throw new DevcontainerException(
                Codes.PropertyInvalid, "DevcontainerVerifyGates", ProvenanceGate.GateName, "nothing says what the provenance must be: set DevcontainerVerifyBuilders or DevcontainerVerifySourceRepository");
        }

        bool withUsual = request.Gates.Count == 0 || request.Gates.Contains(Usual);
        return [.. Names.Where(name => request.Gates.Contains(name) || (withUsual && IsUsual(name)))];

        bool IsUsual(string name) => name switch
        {
            SignatureGate.GateName => isSignable,
            ProvenanceGate.GateName => request.Provenance.IsConfigured,

            // The one gate that needs an engine.
            SmokeTestGate.GateName => request.Tests.IsAskedFor,
            _ => UsualNames.Contains(name),
        };
    }

    /// <summary>Makes a gate.</summary>
    /// <param name="name">Of <see cref="Choose"/>.</param>
    /// <param name="request">What it looks for.</param>
    /// <param name="means">What it looks with.</param>
    internal static IVerifyGate Create(string name, VerifyRequest request, GateMeans means) => name switch
    {
        SignatureGate.GateName => new SignatureGate(means.Processes, request.Registries, request.Signatures, means.Reporter),
        IntegrityGate.GateName => new IntegrityGate(means.Client, means.Attestations, request.Image is null ? request.OutputPath : null),
        ProvenanceGate.GateName => new ProvenanceGate(means.Attestations, request.Provenance),
        SecretGate.GateName => new SecretGate(means.Contents),
        UserGate.GateName => new UserGate(means.Contents),
        SizeGate.GateName => new SizeGate(request.MaxSize, request.MaxSizeIncrease, means.Contents, means.Previous),
        SetuidGate.GateName => new SetuidGate(means.Contents, means.Previous),
        SshdGate.GateName => new SshdGate(means.Contents),
        NuGetGate.GateName => new NuGetGate(
            means.Packages, request.Registries.WorkspaceFolder, TimeSpan.FromDays(request.MaxDataDays ?? NuGetDays), means.Reporter),
        SmokeTestGate.GateName => new SmokeTestGate(means.Processes, request.OutputPath, request.Tests, request.Registries, means.Reporter),
        _ => new ScannerGate(
            Scanners.Single(scanner => scanner.Name == name), means.Processes, request.Registries, TimeSpan.FromDays(request.MaxDataDays ?? ScannerDays), means.Reporter),
    };

    private static void Check(string property, IEnumerable<string> names)
    {
        if (names.FirstOrDefault(static name => !Names.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, property, unknown, $"the gates are {string.Join(", ", Names)}");
        }
    }
}
