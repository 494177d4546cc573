using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Features;

/// <summary>The pins that a build goes by: those of devcontainer-lock.json, which is read when the first Feature is asked for that needs one.</summary>
/// <param name="configurationFile">Path of devcontainer.json.</param>
/// <param name="isForgotten">Ids whose pin is not to be believed: they are asked for again.</param>
/// <param name="isLocked">Whether a pin that is missing is an error.</param>
internal sealed class FeaturePins(string configurationFile, Func<string, bool>? isForgotten, bool isLocked)
{
    private readonly string _path = FeatureLockfile.PathFor(configurationFile);
    private bool _isRead;
    private FeatureLockfile? _known;

    /// <summary>The digest that the lock file has for a Feature; null where it has none and may be asked for.</summary>
    /// <exception cref="DevcontainerException">DEVC2015: in locked mode it has none. DEVC2019: its entry cannot be used.</exception>
    internal Digest? Find(RemoteFeatureReference reference, SourceLocation location)
    {
        if (!_isRead)
        {
            _known = FeatureLockfile.Load(_path);
            _isRead = true;
        }

        LockedFeature? locked = isForgotten?.Invoke(reference.Id) == true ? null : _known?.Find(reference.Id);
        if (locked is null)
        {
            return isLocked
                ? throw new DevcontainerException(Codes.FeatureLockDiffers, location, _path, $"'{reference.Id}' is not in it")
                : null;
        }

        return Digest.TryParse(locked.Integrity, out Digest digest) && locked.Resolved == reference.Resolved(digest.Value)
            ? digest
            : throw new DevcontainerException(
                Codes.FeaturePinInvalid, new SourceLocation(_path), reference.Id, reference.Resolved("<integrity>"));
    }

    /// <summary>The lock file and what it should say; null where no Feature needs one.</summary>
    /// <exception cref="DevcontainerException">DEVC2015: in locked mode they differ.</exception>
    internal FeatureLock? Compare(IReadOnlyList<ResolvedFeature> features)
    {
        if (!_isRead)
        {
            return null;
        }

        var found = FeatureLockfile.Create(features);
        if (isLocked)
        {
            found.RequireSameAs(_path, _known);
        }

        return new FeatureLock(_path, _known, found);
    }
}
