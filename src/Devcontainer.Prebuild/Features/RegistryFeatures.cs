using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Features;

/// <summary>Features in registries (specification, "Distribution"): their digest is their manifest's.</summary>
/// <param name="registries">Connects.</param>
internal sealed class RegistryFeatures(RegistryAccess registries) : IFeatureOrigin
{
    /// <inheritdoc />
    public async Task<Digest> ResolveAsync(RemoteFeatureReference reference, SourceLocation location, CancellationToken cancellationToken)
    {
        var oci = (OciFeatureReference)reference;
        Descriptor? found = await registries.Client.ResolveAsync(NameOf(oci, null), cancellationToken).ConfigureAwait(false);
        return found?.Digest ?? throw new DevcontainerException(Codes.FeatureNotFound, location, oci.Id, $"{oci.Resource}:{oci.Tag}");
    }

    /// <inheritdoc />
    public async Task<FeaturePackage> FetchAsync(RemoteFeatureReference reference, Digest digest, SourceLocation location, CancellationToken cancellationToken)
    {
        ImageReference name = NameOf((OciFeatureReference)reference, digest);
        RegistryManifest manifest = await registries.Client.GetManifestAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.FeatureNotFound, location, reference.Id, name);
        Descriptor layer = FeaturePackage.LayerOf(manifest.Bytes, name.ToString());
        byte[] archive = await registries.Client.GetBlobAsync(name, layer, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.FeatureNotFound, location, reference.Id, $"{name} (its layer {layer.Digest})");
        return new FeaturePackage(manifest.Bytes, archive);
    }

    private static ImageReference NameOf(OciFeatureReference reference, Digest? digest) =>
        ImageReference.Parse($"{reference.Resource}{(digest is { } known ? $"@{known}" : $":{reference.Tag}")}");
}
