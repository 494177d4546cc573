namespace Devcontainer.Prebuild.Build;

/// <summary>What a build carries in or out besides its instructions.</summary>
internal enum TransferKind
{
    /// <summary>A build cache is read: its manifest. Layers follow as instructions need them.</summary>
    CacheImport,

    /// <summary>A build cache is written.</summary>
    CacheExport,

    /// <summary>The image is written.</summary>
    ImageExport,
}

/// <summary>An image or cache that a build read or wrote.</summary>
/// <param name="Platform">The platform it belongs to, as <c>linux/amd64</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Place">Where: a reference, or how the engine calls it.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Succeeded">Whether it did: a cache that is not there is no failure of the build.</param>
internal sealed record BuildTransfer(string Platform, TransferKind Kind, string Place, double Seconds, bool Succeeded)
{
    // As BuildKit names these vertices (moby/buildkit solver/llbsolver/bridge.go and solver.go).
    private static readonly (string Start, TransferKind Kind)[] Names =
    [
        ("importing cache manifest from ", TransferKind.CacheImport),
        ("exporting cache to ", TransferKind.CacheExport),
        ("exporting to ", TransferKind.ImageExport),
    ];

    /// <summary>How long caches were written, in seconds; null where none was.</summary>
    internal static double? CacheExportSeconds(IEnumerable<BuildTransfer> transfers)
    {
        BuildTransfer[] exports = [.. transfers.Where(static transfer => transfer.Kind == TransferKind.CacheExport)];
        return exports.Length == 0 ? null : Math.Round(exports.Sum(static transfer => transfer.Seconds), 3);
    }

    /// <summary>What a vertex of this name is; null for no transfer.</summary>
    internal static TransferKind? KindOf(string name)
    {
        foreach ((string start, TransferKind kind) in Names)
        {
            if (name.StartsWith(start, StringComparison.Ordinal))
            {
                return kind;
            }
        }

        return null;
    }

    /// <summary>The place in the name of a transfer's vertex.</summary>
    internal static string PlaceOf(string name, TransferKind kind)
    {
        string start = Names.First(known => known.Kind == kind).Start;
        string place = name[(name.IndexOf(start, StringComparison.Ordinal) + start.Length)..];

        // A folder of the client has the number of its session, which says nothing.
        return place.StartsWith("local:", StringComparison.Ordinal) ? "local" : place;
    }
}
