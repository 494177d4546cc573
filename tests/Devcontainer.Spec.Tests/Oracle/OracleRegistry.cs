namespace Devcontainer.Spec.Tests;

/// <summary>The Features that <c>record.mjs</c> served to the reference CLI, with the digests that it saw.</summary>
internal sealed class OracleRegistry(OracleCase one) : IFeatureSource
{
    public ValueTask<ResolvedFeature> ResolveAsync(FeatureRequest request, FeatureReference reference, CancellationToken cancellationToken)
    {
        var remote = (RemoteFeatureReference)reference;
        JsonProperty feature = ((JsonObject)one.Case["registry"]!).Single(entry => IsThat(FeatureReference.Parse(entry.Name), DigestOf(entry.Name), remote));
        FeatureMetadata metadata = FeatureMetadata.Parse(((JsonObject)feature.Value)["metadata"]!, "devcontainer-feature.json", request.Id, remote.Name);
        string digest = DigestOf(feature.Name);
        return ValueTask.FromResult(ResolvedFeature.Create(request, reference, metadata, "/none", remote.Resolved(digest), digest));
    }

    private string DigestOf(string id) => ((JsonObject)one.Answer["digests"]!).GetString(id)!;

    private static bool IsThat(FeatureReference known, string digest, RemoteFeatureReference asked) => (known, asked) switch
    {
        (OciFeatureReference a, OciFeatureReference b) => a.Resource == b.Resource && (b.Digest is null ? a.Tag == b.Tag : b.Digest == digest),
        (TarballFeatureReference a, TarballFeatureReference b) => a.Uri == b.Uri,
        _ => false,
    };
}
