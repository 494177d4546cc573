namespace Devcontainer.Oci;

/// <summary>How much a layer or archive may hold before reading it stops: what a bomb exceeds and no real image does.</summary>
public sealed record LayerLimits
{
    /// <summary>Limits for an image's layer.</summary>
    public static LayerLimits Default { get; } = new();

    /// <summary>The most entries.</summary>
    public int Entries { get; init; } = 5_000_000;

    /// <summary>The most bytes after decompression, archive headers included.</summary>
    public long Bytes { get; init; } = 256L * 1024 * 1024 * 1024;

    /// <summary>The most UTF-16 code units of a path or link target; Linux takes 4096 bytes.</summary>
    public int PathLength { get; init; } = 4096;

    /// <summary>The most parts of a path.</summary>
    public int PathDepth { get; init; } = 512;
}
