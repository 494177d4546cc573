namespace Devcontainer.Prebuild.Verify;

/// <summary>One thing that an image is verified for. It looks at the image by its digest, and changes nothing of it.</summary>
internal interface IVerifyGate
{
    /// <summary>Its name, as DevcontainerVerifyGates has it.</summary>
    string Name { get; }

    /// <summary>Whether it must not run beside others: it starts containers, or takes all of the machine.</summary>
    bool RunsAlone => false;

    /// <summary>Looks. What it throws counts as <see cref="GateOutcome.Failed"/>, so that an image never passes because nobody could look.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken);
}
