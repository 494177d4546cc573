using System.Globalization;
using Devcontainer.Prebuild.Pruning;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Deletes from the image's repository what nobody needs; without a confirmation it says what that is.</summary>
public sealed class PruneDevcontainerImages : DevcontainerRegistryTask
{
    /// <summary>DevcontainerRegistry.</summary>
    public string? Registry { get; set; }

    /// <summary>DevcontainerRepository.</summary>
    [Required]
    public string Repository { get; set; } = string.Empty;

    /// <summary>DevcontainerPruneKeep, the items and the property: digests, and files that have some.</summary>
    public ITaskItem[] Keep { get; set; } = [];

    /// <summary>DevcontainerPruneKeepLast.</summary>
    public string? KeepLast { get; set; }

    /// <summary>DevcontainerPruneKeepDays.</summary>
    public string? KeepDays { get; set; }

    /// <summary>DevcontainerPruneTags.</summary>
    public string? WeakTags { get; set; }

    /// <summary>DevcontainerPruneConfirm.</summary>
    public string? Confirm { get; set; }

    /// <summary>The images that were deleted, or would be.</summary>
    [Output]
    public ITaskItem[] Pruned { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var request = new PruneRequest
        {
            Registry = Registry ?? string.Empty,
            Repository = Repository,
            OutputPath = Absolute(OutputPath),
            ConfigFile = Absolute(ConfigFile),
            Folder = ProjectDirectory,
            Keep = [.. Keep.SelectMany(static item => Split(item.ItemSpec))],
            WeakTags = Split(WeakTags),
            Confirmed = Switch("DevcontainerPruneConfirm", Confirm) && !Switch("DevcontainerDryRun", DryRun),
            Registries = BindRegistries(),
        };
        request = request with
        {
            KeepLast = Number("DevcontainerPruneKeepLast", KeepLast, least: 0) ?? request.KeepLast,
            KeepDays = Number("DevcontainerPruneKeepDays", KeepDays, least: 0) ?? request.KeepDays,
        };
        IReadOnlyList<PrunedImage> images = await new ImagePrune(Reporter).RunAsync(request, cancellationToken).ConfigureAwait(false);
        Pruned =
        [
            .. images.Select(static image => Items.Create(
                image.Reference,
                ("Tags", string.Join(';', image.Tags)),
                ("Built", image.Built?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) ?? string.Empty))),
        ];
    }
}
