using System.Text.Json;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Attestations;

/// <summary>A statement about an image (in-toto attestation framework, spec/v1/statement.md).</summary>
/// <param name="PredicateType">What kind of thing is said.</param>
/// <param name="Platform">Platform of the image: the subject's name, since where the image is stored is not known to last.</param>
/// <param name="Image">Digest of the image's manifest.</param>
/// <param name="Predicate">What is said: JSON.</param>
internal sealed record InTotoStatement(string PredicateType, Platform Platform, Digest Image, ReadOnlyMemory<byte> Predicate)
{
    /// <summary>Predicate type of an SPDX document.</summary>
    internal const string Spdx = "https://spdx.dev/Document";

    /// <summary>Predicate type of SLSA provenance, version 1.</summary>
    internal const string Provenance = "https://slsa.dev/provenance/v1";

    /// <summary>The statement's JSON: the same bytes for the same statement, always. The predicate is in it as it is.</summary>
    internal byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonLayout.Compact))
        {
            writer.WriteStartObject();
            writer.WriteString("_type", "https://in-toto.io/Statement/v1");
            writer.WriteString("predicateType", PredicateType);
            writer.WriteStartArray("subject");
            writer.WriteStartObject();
            writer.WriteString("name", Platform.ToString());
            writer.WriteStartObject("digest");
            writer.WriteString(Image.Algorithm, Image.Hex);
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WritePropertyName("predicate");
            writer.WriteRawValue(Predicate.Span, skipInputValidation: true);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
