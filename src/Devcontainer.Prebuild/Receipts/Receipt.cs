using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Receipts;

/// <summary>
/// The single record of a prebuild: what it was made of, what came out. Publish, verify, explain, report and rollback read it, and an
/// unchanged build reads nothing else.
/// </summary>
public sealed record Receipt
{
    /// <summary>The version of the file's format. A file of another version is no receipt: the image is built anew.</summary>
    public const int CurrentSchema = 1;

    /// <summary>The file's name in the output folder.</summary>
    public const string FileName = "receipt.json";

    /// <summary>The keys, of every tier and platform, and the index's.</summary>
    public required IReadOnlyList<CacheKey> Keys { get; init; }

    /// <summary>The multi-platform image.</summary>
    public required ReceiptImage Image { get; init; }

    /// <summary>The images of the platforms, sorted by platform.</summary>
    public required IReadOnlyList<ReceiptPlatform> Platforms { get; init; }

    /// <summary>The Features, in install order.</summary>
    public required IReadOnlyList<ReceiptFeature> Features { get; init; }

    /// <summary>The base images by digest.</summary>
    public required IReadOnlyList<ReceiptBase> Bases { get; init; }

    /// <summary>Every input with its digest.</summary>
    public required IReadOnlyList<ReceiptInput> Inputs { get; init; }

    /// <summary>The instructions that the engine ran or had.</summary>
    public required IReadOnlyList<BuildStep> Steps { get; init; }

    /// <summary>When the build ended, in UTC. The one field that differs between two builds of the same inputs, with the durations.</summary>
    public required DateTimeOffset Built { get; init; }

    /// <summary>How long the build took, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>How long it took to write the team's build cache, in seconds; null where none was written.</summary>
    public double? CacheExportSeconds { get; init; }

    /// <summary>The builder that built it: name and driver.</summary>
    public required string Builder { get; init; }

    /// <summary>The key of the whole image.</summary>
    public string IndexKey => Key(KeyTier.Index, null);

    /// <summary>The key of a tier and platform.</summary>
    public string Key(KeyTier tier, string? platform)
    {
        foreach (CacheKey key in Keys)
        {
            if (key.Tier == tier && key.Platform == platform)
            {
                return key.Value;
            }
        }

        return string.Empty;
    }
}

/// <summary>The image index.</summary>
/// <param name="Digest">Digest of the index, in <c>image/index.json</c>.</param>
/// <param name="Size">Bytes of the index document.</param>
/// <param name="Registry">Registry that the names are of; empty for none.</param>
/// <param name="Repository">Repository.</param>
/// <param name="Tags">Tags that a load or a push gives it.</param>
public sealed record ReceiptImage(string Digest, long Size, string Registry, string Repository, IReadOnlyList<string> Tags)
{
    /// <summary><c>registry/repository@digest</c>, without a registry <c>repository@digest</c>.</summary>
    public string Reference => $"{Name}@{Digest}";

    /// <summary>The name without tag and digest.</summary>
    public string Name => Registry.Length == 0 ? Repository : $"{Registry}/{Repository}";
}

/// <summary>The image of one platform.</summary>
/// <param name="Platform">As <c>linux/arm64</c>.</param>
/// <param name="Digest">Digest of its manifest.</param>
/// <param name="ManifestSize">Bytes of its manifest.</param>
/// <param name="Size">Bytes of its layers and configuration as stored.</param>
/// <param name="Source">How it came to be: <c>built</c> or <c>appended</c>.</param>
/// <param name="Sbom">Its SBOM, or null where none was asked for.</param>
/// <param name="Environment">The environment image that layers were put on; null where it is the image itself.</param>
public sealed record ReceiptPlatform(
    string Platform, string Digest, long ManifestSize, long Size, string Source, ReceiptSbom? Sbom, ReceiptEnvironment? Environment = null)
{
    /// <summary>Its manifest.</summary>
    internal Descriptor Manifest => new(MediaTypes.ImageManifest, Oci.Digest.Parse(Digest), ManifestSize);

    /// <summary>The manifest of its environment image.</summary>
    internal Descriptor EnvironmentManifest => Environment?.Manifest ?? Manifest;
}

/// <summary>The environment image of a platform: what the engine built, below what was appended.</summary>
/// <param name="Digest">Digest of its manifest.</param>
/// <param name="ManifestSize">Bytes of its manifest.</param>
/// <param name="Sbom">Its SBOM, or null where none was asked for.</param>
public sealed record ReceiptEnvironment(string Digest, long ManifestSize, ReceiptSbom? Sbom)
{
    /// <summary>Its manifest.</summary>
    internal Descriptor Manifest => new(MediaTypes.ImageManifest, Oci.Digest.Parse(Digest), ManifestSize);
}

/// <summary>An SBOM file.</summary>
/// <param name="Path">Relative to the output folder, with <c>/</c>.</param>
/// <param name="Digest">Digest of the file.</param>
/// <param name="PackageCount">Packages it lists.</param>
public sealed record ReceiptSbom(string Path, string Digest, int PackageCount)
{
    /// <summary>Where the SBOM of a platform is.</summary>
    internal static string PathFor(Platform platform) => $"sbom/{platform.FileName}.spdx.json";

    /// <summary>The folder of SBOMs of environment images, below the others'.</summary>
    internal const string EnvironmentFolder = "environment";

    /// <summary>Where the SBOM of a platform's environment image is.</summary>
    internal static string EnvironmentPathFor(Platform platform) => $"sbom/{EnvironmentFolder}/{platform.FileName}.spdx.json";
}

/// <summary>A Feature as installed.</summary>
/// <param name="Id">As written in devcontainer.json.</param>
/// <param name="Source"><c>oci</c>, <c>tarball</c> or <c>local</c>.</param>
/// <param name="Resolved">What it resolved to.</param>
/// <param name="Version">Version by its own metadata.</param>
/// <param name="Digest">Digest of its content.</param>
public sealed record ReceiptFeature(string Id, string Source, string Resolved, string Version, string Digest);

/// <summary>A base image as used.</summary>
/// <param name="Reference">As the configuration or Dockerfile names it, normalised.</param>
/// <param name="Platform">For this platform.</param>
/// <param name="Digest">Digest that was used.</param>
/// <param name="IsAncestor">Whether the image stands on it; false for one that files were only copied from.</param>
public sealed record ReceiptBase(string Reference, string Platform, string Digest, bool IsAncestor);

/// <summary>One input.</summary>
/// <param name="Path">Relative to the workspace, with <c>/</c>; or a name in angle brackets for what is no file.</param>
/// <param name="Tier">The tier whose key it is in.</param>
/// <param name="Projection">How it was read: <c>raw</c> for what the build is given.</param>
/// <param name="Sha256">Digest of it, 64 hexadecimal digits.</param>
/// <param name="RawSha256">Digest of the whole file where a projection was read; null else.</param>
/// <param name="Kind">For what is no plain file: <c>executable</c>, <c>link</c> or <c>folder</c> (an empty one); null else.</param>
/// <param name="Value">What it is in words, where that is short and no secret: a number, a version, a link's target; null else.</param>
public sealed record ReceiptInput(
    string Path, string Tier, string Projection, string Sha256, string? RawSha256 = null, string? Kind = null, string? Value = null);
