using System.Globalization;
using Devcontainer.Prebuild;
using Devcontainer.Prebuild.Receipts;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>What the tasks share that come to an image: the items of it.</summary>
public abstract class DevcontainerImageTask : DevcontainerRequestTask
{
    /// <summary>The image of all platforms: none where nothing was found or built.</summary>
    [Output]
    public ITaskItem[] Images { get; private set; } = [];

    /// <summary>The manifests, one per platform.</summary>
    [Output]
    public ITaskItem[] Digests { get; private set; } = [];

    /// <summary>The SBOMs, one per platform.</summary>
    [Output]
    public ITaskItem[] Sboms { get; private set; } = [];

    /// <summary>Sets the items.</summary>
    private protected void SetOutputs(PrebuildResult result)
    {
        Receipt receipt = result.Receipt;
        SetKeysAndFeatures(receipt.Keys, receipt.Features);
        Images =
        [
            Items.Create(
                receipt.Image.Reference,
                ("Digest", receipt.Image.Digest),
                ("Tags", string.Join(';', receipt.Image.Tags)),
                ("Platforms", string.Join(';', receipt.Platforms.Select(static p => p.Platform))),
                ("Key", receipt.IndexKey),
                ("Source", result.Source),
                ("Layout", result.LayoutPath)),
        ];
        Digests = [.. receipt.Platforms.Select(p => Items.Create(
            p.Digest,
            ("Platform", p.Platform),
            ("Reference", $"{receipt.Image.Name}@{p.Digest}"),
            ("Size", p.Size.ToString(CultureInfo.InvariantCulture)),
            ("Source", result.SourceOf(p.Platform))))];
        Sboms = [.. receipt.Platforms.Where(static p => p.Sbom is not null).Select(p => Items.Create(
            Path.Combine(OutputPath, p.Sbom!.Path),
            ("Platform", p.Platform),
            ("Subject", p.Digest),
            ("PackageCount", p.Sbom.PackageCount.ToString(CultureInfo.InvariantCulture))))];
    }
}
