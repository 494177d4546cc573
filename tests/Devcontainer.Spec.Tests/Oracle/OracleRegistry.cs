namespace Devcontainer.Spec.Tests;

/// <summary>The Features that <c>record.mjs</c> served to the reference CLI, with the digests that it saw.</summary>
internal sealed class OracleRegistry(OracleCase one) : IFeatureSource
{
    public ValueTask<ResolvedFeature> ResolveAsync(FeatureRequest request, FeatureReference reference, CancellationToken cancellationToken)
    {
        var oci = (OciFeatureReference)reference;
        JsonProperty feature = ((JsonObject)one.Case["registry"]!).Single(entry =>
            FeatureReference.Parse(entry.Name) is OciFeatureReference known && known.Resource == oci.Resource && known.Tag == oci.Tag);
        FeatureMetadata metadata = FeatureMetadata.Parse(((JsonObject)feature.Value)["metadata"]!, "devcontainer-feature.json", request.Id, oci.Name);
        string digest = ((JsonObject)one.Answer["digests"]!).GetString(feature.Name)!;
        return ValueTask.FromResult(
            ResolvedFeature.Create(request, reference, metadata, "/none", $"{oci.Registry}/{oci.Repository}@{digest}", digest));
    }
}
