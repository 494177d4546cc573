namespace Devcontainer.Spec;

/// <summary>Asks the source that an id speaks of.</summary>
public sealed record FeatureSources : IFeatureSource
{
    /// <summary>Finds local Features.</summary>
    public required IFeatureSource Local { get; init; }

    /// <summary>Finds Features in registries and at https addresses (<see cref="RemoteFeatureReference"/>).</summary>
    public required IFeatureSource Remote { get; init; }

    /// <inheritdoc/>
    public ValueTask<ResolvedFeature> ResolveAsync(FeatureRequest request, FeatureReference reference, CancellationToken cancellationToken) =>
        (reference is RemoteFeatureReference ? Remote : Local).ResolveAsync(request, reference, cancellationToken);
}
