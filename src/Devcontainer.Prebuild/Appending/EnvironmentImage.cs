using Devcontainer.Oci;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Appending;

/// <summary>The image of one platform that has all that the engine is needed for, and nothing that is appended.</summary>
/// <param name="Platform">Its platform.</param>
/// <param name="Manifest">Its manifest: that and the configuration are in the layout, layers may be in a registry.</param>
/// <param name="Sbom">Its SBOM; null where that is not known, or not asked for.</param>
internal sealed record EnvironmentImage(Platform Platform, Descriptor Manifest, Sbom? Sbom)
{
    private const string OfAnnotation = "com.devcontainer-sdk.environment-of";

    /// <summary>The annotation of an image's manifest that names the environment image which it stands on.</summary>
    internal const string Annotation = "com.devcontainer-sdk.environment";

    /// <summary>The environment image that an image stands on; null where it is one itself.</summary>
    internal static Digest? DigestOf(ImageManifest manifest) =>
        manifest.Annotations.TryGetValue(Annotation, out string? name) && Digest.TryParse(name, out Digest digest) ? digest : null;

    /// <summary>
    /// The manifest as the image's index lists it, beside the image's and for no platform, as BuildKit lists attestations: so it goes where the image
    /// goes, and no registry collects it.
    /// </summary>
    /// <param name="manifest">The environment image's manifest.</param>
    /// <param name="image">The image's manifest.</param>
    internal static Descriptor Entry(Descriptor manifest, Descriptor image) => new(manifest.MediaType, manifest.Digest, manifest.Size)
    {
        Platform = new Platform("unknown", "unknown"),
        Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { [OfAnnotation] = image.Digest.Value },
    };
}
