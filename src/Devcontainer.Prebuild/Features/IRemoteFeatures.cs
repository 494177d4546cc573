using Devcontainer.Prebuild.Inputs;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Features;

/// <summary>Features that are not in the repository, as one reading of the inputs finds them.</summary>
internal interface IRemoteFeatures : IFeatureSource
{
    /// <summary>The files of a Feature that was found here, by its folder; null for another one's.</summary>
    FileTree? TreeOf(string folder);

    /// <summary>The lock file and what it should say; null where no Feature needs one.</summary>
    /// <param name="features">All Features that were found.</param>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC2015: in locked mode they differ.</exception>
    FeatureLock? Compare(IReadOnlyList<ResolvedFeature> features);
}
