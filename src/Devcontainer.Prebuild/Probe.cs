using System.Diagnostics.CodeAnalysis;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild;

/// <summary>Looks for images that have the keys of the inputs: in the output folder.</summary>
internal static class Probe
{
    /// <summary>Whether the image of a receipt is the one that the keys ask for, whole.</summary>
    internal static bool IsHit([NotNullWhen(true)] Receipt? receipt, IReadOnlyList<CacheKey> keys, string outputPath, bool wantsSbom)
    {
        if (receipt is null || receipt.IndexKey != keys[^1].Value || !HasImage(receipt, outputPath, alone: true))
        {
            return false;
        }

        return !wantsSbom || receipt.Platforms.All(platform => HasSbom(platform, outputPath));
    }

    /// <summary>
    /// The platforms of a receipt whose environment is the one that the keys ask for: their images are what a build would make, whatever declared
    /// inputs have changed.
    /// </summary>
    internal static IReadOnlyList<ReceiptPlatform> Reusable(Receipt? receipt, IReadOnlyList<CacheKey> keys, string outputPath)
    {
        if (receipt is null || !HasImage(receipt, outputPath, alone: false))
        {
            return [];
        }

        var reusable = new List<ReceiptPlatform>();
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            foreach (CacheKey key in keys)
            {
                if (key.Tier == KeyTier.Environment && key.Platform == platform.Platform && receipt.Key(KeyTier.Environment, platform.Platform) == key.Value)
                {
                    reusable.Add(platform);
                }
            }
        }

        return reusable;
    }

    /// <summary>Whether an SBOM is there, unchanged.</summary>
    internal static bool HasSbom(ReceiptPlatform platform, string outputPath)
    {
        if (platform.Sbom is not { } sbom)
        {
            return false;
        }

        string path = Path.Combine(outputPath, sbom.Path);
        return File.Exists(path) && Digest.Sha256(File.ReadAllBytes(path)).Value == sbom.Digest;
    }

    // The layout is entered through the receipt's digest; every blob below must be there in full size. Another image beside it was left by a
    // build that was killed while it replaced the one by the other: no hit, so that the layout is tidied.
    private static bool HasImage(Receipt receipt, string outputPath, bool alone)
    {
        string path = Path.Combine(outputPath, "image");
        if (!File.Exists(Path.Combine(path, "index.json")) || !Digest.TryParse(receipt.Image.Digest, out Digest digest))
        {
            return false;
        }

        try
        {
            OciLayout layout = OciLayout.Open(path);
            IReadOnlyList<Descriptor> entries = layout.ReadIndex().Manifests;
            Descriptor? root = entries.FirstOrDefault(entry => entry.Digest == digest);
            return root is not null && (entries.Count == 1 || !alone) && layout.Reachable(root).All(layout.Contains);
        }
        catch (Diagnostics.DevcontainerException)
        {
            // A damaged layout is no image: it is built anew.
            return false;
        }
    }
}
