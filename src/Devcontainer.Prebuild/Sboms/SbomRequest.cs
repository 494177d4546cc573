using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>What an SBOM says that cannot be read from the image.</summary>
public sealed record SbomRequest
{
    /// <summary>The image's name without tag and digest: <c>registry/repository</c>, or just <c>repository</c>.</summary>
    public required string ImageName { get; init; }

    /// <summary>The platform of the manifest.</summary>
    public required Platform Platform { get; init; }

    /// <summary>The Features, in install order.</summary>
    public IReadOnlyList<SbomFeature> Features { get; init; } = [];

    /// <summary>The base images.</summary>
    public IReadOnlyList<SbomBase> Bases { get; init; } = [];

    /// <summary>When the document says that it was created. Given rather than taken from a clock, so that the bytes repeat.</summary>
    public required DateTimeOffset Created { get; init; }
}

/// <summary>A Feature that ran its installer in the image.</summary>
/// <param name="Id">As written in devcontainer.json.</param>
/// <param name="Source"><c>oci</c>, <c>tarball</c> or <c>local</c>.</param>
/// <param name="Resolved">What it resolved to: <c>registry/repository@digest</c>, a URL, or a path.</param>
/// <param name="Version">Version by its own metadata; empty where it has none.</param>
/// <param name="Digest">Digest of its manifest or content; empty where there is none.</param>
public sealed record SbomFeature(string Id, string Source, string Resolved, string Version, string Digest);

/// <summary>A base image.</summary>
/// <param name="Reference">As the configuration or Dockerfile names it.</param>
/// <param name="Digest">The digest that was used.</param>
/// <param name="IsAncestor">Whether the image is built upon it; false for one that files were only copied from.</param>
public sealed record SbomBase(string Reference, Digest Digest, bool IsAncestor = true);
