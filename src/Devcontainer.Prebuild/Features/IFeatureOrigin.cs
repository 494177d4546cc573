using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Features;

/// <summary>Where Features are published that are not in the repository.</summary>
internal interface IFeatureOrigin
{
    /// <summary>The digest that a reference has now.</summary>
    /// <exception cref="DevcontainerException">DEVC2016: it is not there. Or nobody answers.</exception>
    Task<Digest> ResolveAsync(RemoteFeatureReference reference, SourceLocation location, CancellationToken cancellationToken);

    /// <summary>Gets a Feature, verified.</summary>
    /// <exception cref="DevcontainerException">DEVC2016: it is not there. DEVC2017: it is no Feature, or another one. Or nobody answers.</exception>
    Task<FeaturePackage> FetchAsync(RemoteFeatureReference reference, Digest digest, SourceLocation location, CancellationToken cancellationToken);
}
