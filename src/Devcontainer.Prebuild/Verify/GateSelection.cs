using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.SmokeTests;
using Devcontainer.Prebuild.Verify.Content;
using Devcontainer.Prebuild.Verify.Scanners;

namespace Devcontainer.Prebuild.Verify;

/// <summary>Which gates run: those that are asked for by name, else the usual ones.</summary>
internal static class GateSelection
{
    /// <summary>What stands for the usual gates where gates are asked for.</summary>
    private const string Usual = "default";

    private static readonly IScanner[] Scanners = [new TrivyScanner(), new GrypeScanner(), new SnykScanner(), new ScoutScanner()];

    private static readonly string[] UsualNames =
    [
        SignatureGate.GateName, SecretGate.GateName, UserGate.GateName, SizeGate.GateName, SetuidGate.GateName, SshdGate.GateName,
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

        bool withUsual = request.Gates.Count == 0 || request.Gates.Contains(Usual);
        return [.. Names.Where(name => request.Gates.Contains(name) || (withUsual && IsUsual(name)))];

        bool IsUsual(string name) => name switch
        {
            SignatureGate.GateName => isSignable,

            // The one gate that needs an engine.
            SmokeTestGate.GateName => request.Tests.IsAskedFor,
            _ => UsualNames.Contains(name),
        };
    }

    /// <summary>Makes a gate.</summary>
    /// <param name="name">Of <see cref="Choose"/>.</param>
    /// <param name="request">What it looks for.</param>
    /// <param name="contents">What is in the layers.</param>
    /// <param name="packages">Its packages.</param>
    /// <param name="previous">The image before.</param>
    /// <param name="processes">Runs programs.</param>
    /// <param name="reporter">Hears what programs say.</param>
    internal static IVerifyGate Create(
        string name,
        VerifyRequest request,
        ImageContents contents,
        ImagePackages packages,
        PreviousImage previous,
        IProcessRunner processes,
        IBuildReporter reporter) => name switch
    {
        SignatureGate.GateName => new SignatureGate(processes, request.Registries, request.Signatures, reporter),
        SecretGate.GateName => new SecretGate(contents),
        UserGate.GateName => new UserGate(contents),
        SizeGate.GateName => new SizeGate(request.MaxSize, request.MaxSizeIncrease, contents, previous),
        SetuidGate.GateName => new SetuidGate(contents, previous),
        SshdGate.GateName => new SshdGate(contents),
        NuGetGate.GateName => new NuGetGate(
            packages, request.Registries.WorkspaceFolder, TimeSpan.FromDays(request.MaxDataDays ?? NuGetDays), reporter),
        SmokeTestGate.GateName => new SmokeTestGate(processes, request.OutputPath, request.Tests, request.Registries, reporter),
        _ => new ScannerGate(
            Scanners.Single(scanner => scanner.Name == name), processes, request.Registries, TimeSpan.FromDays(request.MaxDataDays ?? ScannerDays), reporter),
    };

    private static void Check(string property, IEnumerable<string> names)
    {
        if (names.FirstOrDefault(static name => !Names.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, property, unknown, $"the gates are {string.Join(", ", Names)}");
        }
    }
}
