using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Comparison;

/// <summary>What a change is about.</summary>
public enum ChangeKind
{
    /// <summary>A package that an SBOM lists.</summary>
    Package,

    /// <summary>A Feature.</summary>
    Feature,

    /// <summary>A base image.</summary>
    Base,
}

/// <summary>A difference between two images.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Type">Of a package, the kind of packages, as <c>deb</c>; else empty.</param>
/// <param name="Name">Its name.</param>
/// <param name="From">Version or digest in the first image, several parted by a comma; null where it has none.</param>
/// <param name="To">The same in the second.</param>
/// <param name="Platforms">Where it is so, sorted; empty for every platform that both images have.</param>
public sealed record ImageChange(ChangeKind Kind, string Type, string Name, string? From, string? To, IReadOnlyList<string> Platforms)
{
    /// <summary><c>added</c>, <c>removed</c> or <c>changed</c>.</summary>
    public string Change => From is null ? "added" : To is null ? "removed" : "changed";
}

/// <summary>The size of a platform's image.</summary>
/// <param name="Platform">The platform.</param>
/// <param name="From">Bytes of layers and configuration in the first image; null where it has no such platform.</param>
/// <param name="To">The same in the second.</param>
internal sealed record SizeChange(string Platform, long? From, long? To);

/// <summary>A layer of the second image that the first has not.</summary>
/// <param name="Platforms">The platforms that have it, sorted.</param>
/// <param name="Layer">Its descriptor.</param>
/// <param name="CreatedBy">The instruction that made it; null where the image does not tell.</param>
internal sealed record NewLayer(IReadOnlyList<string> Platforms, Descriptor Layer, string? CreatedBy);

/// <summary>All that differs between two images.</summary>
internal sealed record ImageChanges
{
    /// <summary>The first image.</summary>
    internal required ImageRecord From { get; init; }

    /// <summary>The second image.</summary>
    internal required ImageRecord To { get; init; }

    /// <summary>Packages, Features and base images, by kind, type and name.</summary>
    internal required IReadOnlyList<ImageChange> Changes { get; init; }

    /// <summary>The sizes of all platforms, whether they differ or not.</summary>
    internal required IReadOnlyList<SizeChange> Sizes { get; init; }

    /// <summary>The large layers that are new, the largest first.</summary>
    internal IReadOnlyList<NewLayer> Layers { get; init; } = [];

    /// <summary>Platforms whose packages are not compared, because an image has no SBOM of them.</summary>
    internal required IReadOnlyList<string> WithoutSbom { get; init; }
}
