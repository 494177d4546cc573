using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Attestations;

/// <summary>
/// What is said of a platform's image: in-toto statements as the layers of a manifest that stands beside the image's in the index, as BuildKit stores
/// them (moby/buildkit, docs/attestations/attestation-storage.md), and that refers to the image's, so that it is found by either.
/// </summary>
internal static class AttestationManifest
{
    /// <summary>The artifact type of the manifest.</summary>
    internal const string ArtifactType = "application/vnd.docker.attestation.manifest.v1+json";

    private const string ReferenceType = "vnd.docker.reference.type";
    private const string ReferenceTypeValue = "attestation-manifest";
    private const string ReferenceDigest = "vnd.docker.reference.digest";
    private const string PredicateType = "in-toto.io/predicate-type";

    /// <summary>Whether an entry of an index is one of these and no image.</summary>
    internal static bool IsAttestation(Descriptor entry) => entry.Annotations.GetValueOrDefault(ReferenceType) == ReferenceTypeValue;

    /// <summary>The manifest that an entry of an index is about; null where it is none of these.</summary>
    internal static Digest? SubjectOf(Descriptor entry) =>
        IsAttestation(entry) && Digest.TryParse(entry.Annotations.GetValueOrDefault(ReferenceDigest), out Digest subject) ? subject : null;

    /// <summary>Puts a statement into a layout.</summary>
    /// <returns>The statement as a layer.</returns>
    internal static Descriptor AddStatement(OciLayout layout, InTotoStatement statement) => layout.AddBlob(statement.ToBytes(), MediaTypes.InToto) with
    {
        Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { [PredicateType] = statement.PredicateType },
    };

    /// <summary>The provenance among the layers of a manifest; null where it has none.</summary>
    internal static Descriptor? ProvenanceOf(ImageManifest attestation) =>
        StatementsOf(attestation).FirstOrDefault(static layer => layer.Annotations.GetValueOrDefault(PredicateType) == InTotoStatement.Provenance);

    /// <summary>The statements among the layers of a manifest.</summary>
    internal static IEnumerable<Descriptor> StatementsOf(ImageManifest attestation) => attestation.Layers.Where(static layer => layer.MediaType == MediaTypes.InToto);

    /// <summary>Puts the manifest into a layout.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="image">The image's manifest.</param>
    /// <param name="statements">The statements, as layers.</param>
    /// <returns>The manifest as an index lists it.</returns>
    internal static Descriptor Add(OciLayout layout, Descriptor image, IReadOnlyList<Descriptor> statements)
    {
        layout.AddBlob("{}"u8, MediaTypes.Empty);
        byte[] manifest = new ImageManifest
        {
            ArtifactType = ArtifactType,
            Config = Descriptor.EmptyJson,
            Layers = statements,
            Subject = new Descriptor(image.MediaType, image.Digest, image.Size),
        }.ToBytes();
        return layout.AddBlob(manifest, MediaTypes.ImageManifest) with
        {
            Platform = new Platform("unknown", "unknown"),
            Annotations = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [ReferenceDigest] = image.Digest.Value,
                [ReferenceType] = ReferenceTypeValue,
            },
        };
    }
}
