using Devcontainer.Prebuild.Sharing;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Writes the digest of a published image into the devcontainer.json files of those who use it.</summary>
public sealed class PinDevcontainer : DevcontainerRegistryTask
{
    /// <summary>DevcontainerPinFile.</summary>
    public string? PinFile { get; set; }

    /// <summary>DevcontainerPinTo.</summary>
    public string? To { get; set; }

    /// <summary>DevcontainerPinAnyImage.</summary>
    public string? AnyImage { get; set; }

    /// <summary>DevcontainerRegistry.</summary>
    public string? Registry { get; set; }

    /// <summary>DevcontainerRepository.</summary>
    [Required]
    public string Repository { get; set; } = string.Empty;

    /// <summary>The files.</summary>
    [Output]
    public ITaskItem[] PinnedFiles { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<PinnedFile> files = await new ImagePin(Reporter).RunAsync(
            new PinRequest
            {
                Files = [.. Split(PinFile).Select(file => Absolute(file))],
                OutputPath = Absolute(OutputPath),
                Registry = Registry ?? string.Empty,
                Repository = Repository,
                To = Text(To),
                AnyImage = Switch("DevcontainerPinAnyImage", AnyImage),
                DryRun = Switch("DevcontainerDryRun", DryRun),
                Registries = BindRegistries(),
            },
            cancellationToken).ConfigureAwait(false);
        PinnedFiles = [.. files.Select(static file => Items.Create(file.Path, ("Image", file.Image), ("Previous", file.Previous)))];
    }
}
