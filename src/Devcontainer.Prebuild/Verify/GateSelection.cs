using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Verify;

/// <summary>Which gates run: those that are asked for by name, else the usual ones.</summary>
internal static class GateSelection
{
    /// <summary>Every gate, in the order in which they are told of.</summary>
    private static readonly string[] Names = [SignatureGate.GateName, UserGate.GateName, SizeGate.GateName];

    /// <summary>Makes the gates.</summary>
    /// <exception cref="DevcontainerException">DEVC9001: there is no gate of a name; DEVC6003: a gate cannot run without what nobody says.</exception>
    internal static IReadOnlyList<IVerifyGate> Create(VerifyRequest request, IProcessRunner processes, IBuildReporter reporter)
    {
        Check("DevcontainerVerifyGates", request.Gates);
        Check("DevcontainerVerifyWarnOnly", request.Policy.WarnOnly);
        bool isSignable = SignatureGate.IsConfigured(request.Signatures);
        if (!isSignable && request.Gates.Contains(SignatureGate.GateName))
        {
            throw new DevcontainerException(Codes.NothingToVerify);
        }

        IEnumerable<string> chosen = request.Gates.Count > 0
            ? Names.Where(name => request.Gates.Contains(name))
            : Names.Where(name => name != SignatureGate.GateName || isSignable);
        return [.. chosen.Select<string, IVerifyGate>(name => name switch
        {
            SignatureGate.GateName => new SignatureGate(processes, request.Registries, request.Signatures, reporter),
            UserGate.GateName => new UserGate(),
            _ => new SizeGate(request.MaxSize),
        })];
    }

    private static void Check(string property, IReadOnlyList<string> names)
    {
        if (names.FirstOrDefault(static name => !Names.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, property, unknown, $"the gates are {string.Join(", ", Names)}");
        }
    }
}
