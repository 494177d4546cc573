namespace Devcontainer.Prebuild.Verify;

/// <summary>How bad a finding is, in the words of vulnerability scanners.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing.</summary>
    Low,

    /// <summary>To be mended.</summary>
    Medium,

    /// <summary>To be mended before the image is used.</summary>
    High,

    /// <summary>To be mended at once.</summary>
    Critical,
}
