using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Features;

/// <summary>Finds Features that are published: by their pin, by their own digest, or, where there is neither, by asking what they are now.</summary>
/// <param name="store">Has their files.</param>
/// <param name="pins">What the lock file says.</param>
internal sealed class RemoteFeatureSource(FeatureStore store, FeaturePins pins) : IRemoteFeatures
{
    private const string InstallScript = "install.sh";
    private readonly Dictionary<string, FileTree> _trees = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public FileTree? TreeOf(string folder) => _trees.GetValueOrDefault(folder);

    /// <inheritdoc />
    public FeatureLock? Compare(IReadOnlyList<ResolvedFeature> features) => pins.Compare(features);

    /// <inheritdoc />
    public async ValueTask<ResolvedFeature> ResolveAsync(FeatureRequest request, FeatureReference reference, CancellationToken cancellationToken)
    {
        var remote = (RemoteFeatureReference)reference;
        Digest digest = pins.Find(remote, request.Location)
            ?? (remote is OciFeatureReference { Digest: { } own } ? Digest.Parse(own) : await store.ResolveAsync(remote, request.Location, cancellationToken).ConfigureAwait(false));
        FileTree tree = await store.GetAsync(remote, digest, request.Location, cancellationToken).ConfigureAwait(false);
        _trees[tree.Root] = tree;
        string resolved = remote.Resolved(digest.Value);
        string file = Existing(FeatureMetadata.FileName, Codes.FeatureMetadataMissing);
        _ = Existing(InstallScript, Codes.FeatureInstallScriptMissing);
        FeatureMetadata metadata = FeatureMetadata.Parse(JsonNode.Load(file), file, request.Id, remote.Name);
        return ResolvedFeature.Create(request, reference, metadata, tree.Root, resolved, digest.Value);

        string Existing(string name, string missing) => tree.Entries.Any(entry => entry.Path == name && entry.Kind == Spec.Contexts.ContextEntryKind.File)
            ? Path.Combine(tree.Root, name)
            : throw new DevcontainerException(missing, request.Location, request.Id, resolved);
    }
}
