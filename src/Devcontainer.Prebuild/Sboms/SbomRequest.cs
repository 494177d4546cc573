using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>What an SBOM says that cannot be read from the image.</summary>
public sealed record SbomRequest
{
    /// <summary>The image's name without tag and digest: <c>registry/repository</c>, or just <c>repository</c>.</summary>
    public required string ImageName { get; init; }

    /// <summary>The platform of the manifest.</summary>
    public required Platform Platform { get; init; }

    /// <summary>The Features, in install order.</summary>
    public IReadOnlyList<ReceiptFeature> Features { get; init; } = [];

    /// <summary>The base images of this platform.</summary>
    public IReadOnlyList<ReceiptBase> Bases { get; init; } = [];

    /// <summary>When the document says that it was created. Given rather than taken from a clock, so that the bytes repeat.</summary>
    public required DateTimeOffset Created { get; init; }
}
