using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Packages;

/// <summary>A layer of the packages tier.</summary>
internal interface IPackagesLayer
{
    /// <summary>What it is, in words.</summary>
    string Name { get; }

    /// <summary>What it is made of.</summary>
    string Key { get; }

    /// <summary>Writes the layer.</summary>
    /// <returns>The layer, and the digest of what it is uncompressed.</returns>
    /// <exception cref="DevcontainerException">DEVC3072: a package is not whole.</exception>
    (Descriptor Layer, Digest DiffId) Write(OciLayout layout, CancellationToken cancellationToken);
}
