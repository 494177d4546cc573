namespace Devcontainer.Oci;

/// <summary>Media types of the OCI image specification (media-types.md), of Docker's image manifest v2 schema 2, and of
/// attestations.</summary>
public static class MediaTypes
{
    /// <summary>An OCI image index.</summary>
    public const string ImageIndex = "application/vnd.oci.image.index.v1+json";

    /// <summary>An OCI image manifest.</summary>
    public const string ImageManifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>An OCI image configuration.</summary>
    public const string ImageConfig = "application/vnd.oci.image.config.v1+json";

    /// <summary>A layer, uncompressed.</summary>
    public const string Layer = "application/vnd.oci.image.layer.v1.tar";

    /// <summary>A layer, gzip.</summary>
    public const string LayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";

    /// <summary>A layer, zstd.</summary>
    public const string LayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";

    /// <summary>The empty JSON object that stands where a manifest needs a configuration and has none
    /// (<see cref="Descriptor.EmptyJson"/>).</summary>
    public const string Empty = "application/vnd.oci.empty.v1+json";

    /// <summary>Docker's manifest list, its image index.</summary>
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Docker's image manifest.</summary>
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>Docker's image configuration.</summary>
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    /// <summary>Docker's layer, uncompressed.</summary>
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";

    /// <summary>Docker's layer, gzip.</summary>
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    /// <summary>An attestation: one in-toto statement, as BuildKit stores it.</summary>
    public const string InToto = "application/vnd.in-toto+json";

    /// <summary>Whether content of this type is an index of manifests.</summary>
    public static bool IsIndex(string mediaType) => mediaType is ImageIndex or DockerManifestList;

    /// <summary>Whether content of this type is a manifest with a configuration and layers.</summary>
    public static bool IsManifest(string mediaType) => mediaType is ImageManifest or DockerManifest;

    /// <summary>Whether content of this type is an image's configuration.</summary>
    public static bool IsImageConfig(string mediaType) => mediaType is ImageConfig or DockerConfig;
}
