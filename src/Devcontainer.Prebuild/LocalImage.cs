using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild;

/// <summary>What an output folder has, whatever it is that the inputs ask for.</summary>
/// <param name="Receipt">The last receipt.</param>
/// <param name="IsThere">Whether its image is there, alone, with the SBOMs that are wanted.</param>
/// <param name="IsWhole">Whether all its blobs are here, or some still in the registry.</param>
internal sealed record LocalImage(Receipt Receipt, bool IsThere, bool IsWhole)
{
    /// <summary>Looks; null where there is no receipt.</summary>
    /// <param name="outputPath">The output folder.</param>
    /// <param name="wantsSbom">Whether SBOMs must be there too.</param>
    internal static LocalImage? Find(string outputPath, bool wantsSbom)
    {
        if (ReceiptFile.TryRead(outputPath) is not { } receipt)
        {
            return null;
        }

        bool isThere = Probe.HasImage(receipt, outputPath, alone: true, out bool isWhole)
            && (!wantsSbom || receipt.Platforms.All(platform => Probe.HasSbom(platform.Sbom, outputPath)));
        return new LocalImage(receipt, isThere, isWhole);
    }

    /// <summary>Whether it is the image that the keys ask for.</summary>
    internal bool IsHit(IReadOnlyList<CacheKey> keys) => IsThere && Receipt.IndexKey == keys[^1].Value;
}
