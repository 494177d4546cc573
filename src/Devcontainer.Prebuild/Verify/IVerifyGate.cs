using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Verify;

/// <summary>One thing that an image is verified for.</summary>
internal interface IVerifyGate
{
    /// <summary>What it looks at, in a word or two.</summary>
    string Name { get; }

    /// <summary>Looks. What it throws counts as <see cref="GateOutcome.Failed"/>, so that an image never passes because nobody could look.</summary>
    /// <param name="image">The image by its digest.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<GateResult> RunAsync(ImageReference image, CancellationToken cancellationToken);
}

/// <summary>What a gate came to. Only <see cref="Clean"/> lets an image pass.</summary>
public enum GateOutcome
{
    /// <summary>It could not be told.</summary>
    Failed,

    /// <summary>The image is not as it has to be.</summary>
    Findings,

    /// <summary>The image is as it has to be.</summary>
    Clean,
}

/// <summary>What a gate says of an image.</summary>
public sealed record GateResult
{
    private GateResult(GateOutcome outcome, string summary, IReadOnlyList<Diagnostic> diagnostics)
    {
        Outcome = outcome;
        Summary = summary;
        Diagnostics = diagnostics;
    }

    /// <summary>What it came to.</summary>
    public GateOutcome Outcome { get; }

    /// <summary>For an image that passes: what has been verified, as a sentence's end; else empty.</summary>
    public string Summary { get; }

    /// <summary>Why the image does not pass: at least one, unless it passes.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>The image is as it has to be.</summary>
    internal static GateResult Clean(string summary) => new(GateOutcome.Clean, summary, []);

    /// <summary>The image is not as it has to be.</summary>
    internal static GateResult Found(Diagnostic first, params IEnumerable<Diagnostic> others) => new(GateOutcome.Findings, string.Empty, [first, .. others]);

    /// <summary>It could not be told.</summary>
    internal static GateResult Failed(Diagnostic diagnostic) => new(GateOutcome.Failed, string.Empty, [diagnostic]);
}
