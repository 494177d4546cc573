namespace Devcontainer.Prebuild.Verify;

/// <summary>What a gate came to.</summary>
public enum GateOutcome
{
    /// <summary>It could not be told. The image does not pass.</summary>
    Failed,

    /// <summary>It could not be told, because what the gate knows is too old. The image does not pass.</summary>
    Stale,

    /// <summary>The image is not as it should be. How bad that is, each finding says.</summary>
    Findings,

    /// <summary>The image is as it should be.</summary>
    Clean,
}
