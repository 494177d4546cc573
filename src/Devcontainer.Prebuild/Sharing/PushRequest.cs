using Devcontainer.Prebuild.Signing;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>What to push of the last prebuild, and how.</summary>
public sealed record PushRequest
{
    /// <summary>Absolute path of the output folder.</summary>
    public required string OutputPath { get; init; }

    /// <summary>How long to wait for a build that writes there.</summary>
    public TimeSpan LockTimeout { get; init; } = OutputFolder.DefaultTimeout;

    /// <summary>How registries are reached.</summary>
    public required RegistrySettings Registries { get; init; }

    /// <summary>Where to push besides the image's own repository: each a registry, or a registry with a repository.</summary>
    public IReadOnlyList<string> AlsoTo { get; init; } = [];

    /// <summary>The tags to push under.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Push each platform's image by its digest and hand that on in a file, instead of the index under its tags: another machine makes that.</summary>
    public bool ByDigest { get; init; }

    /// <summary>The commit that is built; null where nobody tells.</summary>
    public string? Commit { get; init; }

    /// <summary>How to sign what is pushed, before a tag names it; null not to.</summary>
    public SignatureSettings? Signatures { get; init; }
}
