namespace Devcontainer.Prebuild.Workflows;

/// <summary>An action that a workflow uses, by the commit of a release: a tag can be moved to other code.</summary>
/// <param name="Name">Owner and repository.</param>
/// <param name="Commit">The commit of the release's tag, all 40 digits.</param>
/// <param name="Version">The release.</param>
internal sealed record PinnedAction(string Name, string Commit, string Version)
{
    internal static readonly PinnedAction Checkout = new("actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1");
    internal static readonly PinnedAction SetupDotnet = new("actions/setup-dotnet", "a98b56852c35b8e3190ac28c8c2271da59106c68", "v6.0.0");
    internal static readonly PinnedAction UploadArtifact = new("actions/upload-artifact", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0");
    internal static readonly PinnedAction DownloadArtifact = new("actions/download-artifact", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1");
    internal static readonly PinnedAction Login = new("docker/login-action", "4907a6ddec9925e35a0a9e82d7399ccc52663121", "v4.1.0");
    internal static readonly PinnedAction SetupQemu = new("docker/setup-qemu-action", "96fe6ef7f33517b61c61be40b68a1882f3264fb8", "v4.2.0");

    /// <summary>Every one that a generated workflow may use.</summary>
    internal static readonly IReadOnlyList<PinnedAction> All = [Checkout, SetupDotnet, UploadArtifact, DownloadArtifact, Login, SetupQemu];

    /// <summary>The value of <c>uses:</c>, with the release as a comment: what dependency updates read and write.</summary>
    public override string ToString() => $"{Name}@{Commit} # {Version}";
}
