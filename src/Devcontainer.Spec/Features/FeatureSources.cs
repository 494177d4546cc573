using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>Asks the source that an id speaks of.</summary>
public sealed record FeatureSources : IFeatureSource
{
    /// <summary>Finds local Features.</summary>
    public required IFeatureSource Local { get; init; }

    /// <summary>Finds Features in registries; null where that is not supported.</summary>
    public IFeatureSource? Oci { get; init; }

    /// <summary>Finds Features at https addresses; null where that is not supported.</summary>
    public IFeatureSource? Tarball { get; init; }

    /// <inheritdoc/>
    public ValueTask<ResolvedFeature> ResolveAsync(FeatureRequest request, FeatureReference reference, CancellationToken cancellationToken)
    {
        (IFeatureSource? source, string kind, string name) = reference switch
        {
            OciFeatureReference oci => (Oci, "a registry", oci.Name),
            TarballFeatureReference tarball => (Tarball, "an https URL", tarball.Name),
            _ => (Local, "a folder", ""),
        };
        return source?.ResolveAsync(request, reference, cancellationToken)
            ?? throw new DevcontainerException(Codes.FeatureSourceNotSupported, request.Location, JsonText.Escape(request.Id), kind, name);
    }
}
