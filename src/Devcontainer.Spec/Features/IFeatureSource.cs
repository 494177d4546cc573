using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>Finds Features.</summary>
public interface IFeatureSource
{
    /// <summary>Finds one Feature and makes its content available in a folder.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="reference">Its id, read.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="DevcontainerException">There is no such Feature, or it cannot be used.</exception>
    ValueTask<ResolvedFeature> ResolveAsync(FeatureRequest request, FeatureReference reference, CancellationToken cancellationToken);
}
