using System.Diagnostics.CodeAnalysis;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild;

/// <summary>Looks for images that have the keys of the inputs in the output folder; <see cref="SharedRepository"/> looks in the registry.</summary>
internal static class Probe
{
    /// <summary>The platforms of a receipt whose image is here, by the tier whose key is the one that is asked for: their image, or what it stands on.</summary>
    /// <param name="receipt">The last receipt; null for none.</param>
    /// <param name="keys">The keys that are asked for.</param>
    /// <param name="tier">Image or environment.</param>
    /// <param name="outputPath">The output folder.</param>
    internal static IReadOnlyList<ReceiptPlatform> Reusable(Receipt? receipt, IReadOnlyList<CacheKey> keys, KeyTier tier, string outputPath)
    {
        if (receipt is null || !HasImage(receipt, outputPath, alone: false, out _))
        {
            return [];
        }

        var reusable = new List<ReceiptPlatform>();
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            foreach (CacheKey key in keys)
            {
                if (key.Tier == tier && key.Platform == platform.Platform && receipt.Key(tier, platform.Platform) == key.Value)
                {
                    reusable.Add(platform);
                }
            }
        }

        return reusable;
    }

    /// <summary>Whether an SBOM is there, unchanged.</summary>
    internal static bool HasSbom([NotNullWhen(true)] ReceiptSbom? sbom, string outputPath)
    {
        if (sbom is null)
        {
            return false;
        }

        string path = Path.Combine(outputPath, sbom.Path);
        try
        {
            return File.Exists(path) && Digest.Sha256(File.ReadAllBytes(path)).Value == sbom.Digest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Whether the image of a receipt is in the output folder.</summary>
    /// <param name="receipt">The receipt.</param>
    /// <param name="outputPath">The output folder.</param>
    /// <param name="alone">Whether no other may be there.</param>
    /// <param name="isWhole">Whether all its blobs are here, or some still in the registry.</param>
    /// <remarks>
    /// The layout is entered through the receipt's digest; every manifest below must be there, and every other blob in full size, or in the registry
    /// that the layout names for it. Another image beside it was left by a build that was killed while it replaced the one by the other: no hit, so
    /// that the layout is tidied.
    /// </remarks>
    internal static bool HasImage(Receipt receipt, string outputPath, bool alone, out bool isWhole)
    {
        isWhole = false;
        string path = Path.Combine(outputPath, "image");
        if (!File.Exists(Path.Combine(path, "index.json")) || !Digest.TryParse(receipt.Image.Digest, out Digest digest))
        {
            return false;
        }

        try
        {
            OciLayout layout = OciLayout.Open(path);
            IReadOnlyList<Descriptor> entries = layout.ReadIndex().Manifests;
            if (entries.FirstOrDefault(entry => entry.Digest == digest) is not { } root || (alone && entries.Count > 1))
            {
                return false;
            }

            isWhole = layout.Reachable(root).All(layout.Contains);
            return isWhole || RemoteLayout.RepositoryOf(root) is not null;
        }
        catch (Exception e) when (e is Diagnostics.DevcontainerException or IOException or UnauthorizedAccessException)
        {
            // A damaged layout is no image: it is built anew.
            return false;
        }
    }
}
