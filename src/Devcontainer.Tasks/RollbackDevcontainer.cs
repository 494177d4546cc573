using Devcontainer.Prebuild.Sharing;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Puts the image's tags back to what they named before, or to an image that is given.</summary>
public sealed class RollbackDevcontainer : DevcontainerRegistryTask
{
    /// <summary>DevcontainerRegistry.</summary>
    public string? Registry { get; set; }

    /// <summary>DevcontainerRepository.</summary>
    [Required]
    public string Repository { get; set; } = string.Empty;

    /// <summary>DevcontainerPublishTo.</summary>
    public string? PublishTo { get; set; }

    /// <summary>DevcontainerImageTags.</summary>
    public string? ImageTags { get; set; }

    /// <summary>DevcontainerRollbackTo.</summary>
    public string? To { get; set; }

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken) =>
        new ImageRollback(Reporter).RunAsync(
            new RollbackRequest
            {
                OutputPath = Absolute(OutputPath),
                Registry = Registry ?? string.Empty,
                Repository = Repository,
                AlsoTo = Split(PublishTo),
                Target = Text(To),
                Tags = Split(ImageTags),
                DryRun = Switch("DevcontainerDryRun", DryRun),
                Registries = BindRegistries(),
            },
            cancellationToken);
}
