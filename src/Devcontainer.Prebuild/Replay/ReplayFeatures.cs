using System.Security.Cryptography;
using System.Text;
using Devcontainer.Prebuild.Features;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Replay;

/// <summary>
/// Stands for Features that are published in a replay, which asks nobody: one is what its id and its pin say. One without a pin counts as never moving,
/// and what it depends on or installs after is not known.
/// </summary>
/// <param name="folder">Where to write what stands for their files.</param>
/// <param name="configurationFile">Path of devcontainer.json.</param>
/// <param name="cache">What is known of files.</param>
internal sealed class ReplayFeatures(string folder, string configurationFile, InputCache cache) : IRemoteFeatures
{
    private readonly Dictionary<string, FileTree> _trees = new(StringComparer.Ordinal);
    private readonly Lazy<FeatureLockfile?> _pins = new(() => FeatureLockfile.Load(FeatureLockfile.PathFor(configurationFile)));

    /// <inheritdoc />
    public ValueTask<ResolvedFeature> ResolveAsync(FeatureRequest request, FeatureReference reference, CancellationToken cancellationToken)
    {
        var remote = (RemoteFeatureReference)reference;
        string? pin = _pins.Value?.Find(request.Id)?.Integrity;
        string identity = remote is OciFeatureReference oci
            ? $"{oci.Resource} {pin ?? oci.Digest ?? oci.Tag}"
            : $"{remote.Resolved("")} {pin}";
        string files = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity))));
        Directory.CreateDirectory(files);
        File.WriteAllText(Path.Combine(files, "install.sh"), identity);
        _trees[files] = FeatureInput.ReadTree(files, cache, cancellationToken);
        string metadata = Path.Combine(files, FeatureMetadata.FileName);
        return ValueTask.FromResult(ResolvedFeature.Create(
            request, reference, FeatureMetadata.Parse(JsonNode.Parse("{}", metadata), metadata, request.Id, remote.Name), files, identity));
    }

    /// <inheritdoc />
    public FileTree? TreeOf(string folder) => _trees.GetValueOrDefault(folder);

    /// <inheritdoc />
    public FeatureLock? Compare(IReadOnlyList<ResolvedFeature> features) => null;
}
