using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>A gate that does what a test says.</summary>
internal sealed class TestGate(string name, Func<VerifiedImage, CancellationToken, Task<GateResult>> run) : IVerifyGate
{
    internal TestGate(string name, GateResult result)
        : this(name, (_, _) => Task.FromResult(result))
    {
    }

    public string Name => name;

    public bool RunsAlone { get; init; }

    public Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken) => run(image, cancellationToken);

    /// <summary>A finding that is about nothing.</summary>
    internal static Finding Finding(string id = "a-rule", FindingSeverity severity = FindingSeverity.High, string message = "Something is wrong.") => new()
    {
        Id = id,
        Severity = severity,
        Diagnostic = new Diagnostic(Codes.ImageTooLarge, message),
    };
}
