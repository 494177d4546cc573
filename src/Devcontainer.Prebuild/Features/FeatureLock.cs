using System.Text;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Features;

/// <summary>The Features' lock file beside a configuration, and what it should say.</summary>
/// <param name="Path">Absolute path of devcontainer-lock.json, which need not be there.</param>
/// <param name="Known">What it says; null where it is not there.</param>
/// <param name="Found">What the Features were found to be.</param>
internal sealed record FeatureLock(string Path, FeatureLockfile? Known, FeatureLockfile Found)
{
    /// <summary>The Features that it has no pin for.</summary>
    internal IEnumerable<LockedFeature> Missing => Found.Features.Where(feature => Known?.Find(feature.Id) is null);

    /// <summary>Adds the pins that are missing, as the reference CLI would write the whole file.</summary>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC3062: it cannot be written.</exception>
    internal void Write() => LockFile.Write(Path, Encoding.UTF8.GetBytes(Found.ToText()));

    /// <summary>What makes the file that is wanted of the one that is there.</summary>
    internal IEnumerable<LockChange> Changes()
    {
        foreach (LockedFeature feature in Found.Features)
        {
            if (Known?.Find(feature.Id) is not { } known)
            {
                yield return new LockChange(LockChangeKind.Pinned, feature.Id, null, feature.Integrity) { ToVersion = feature.Version };
            }
            else if (known.Integrity != feature.Integrity)
            {
                yield return new LockChange(LockChangeKind.Moved, feature.Id, known.Integrity, feature.Integrity) { FromVersion = known.Version, ToVersion = feature.Version };
            }
        }

        foreach (LockedFeature known in Known?.Features ?? [])
        {
            if (Found.Find(known.Id) is null)
            {
                yield return new LockChange(LockChangeKind.Removed, known.Id, known.Integrity, null) { FromVersion = known.Version };
            }
        }
    }
}
