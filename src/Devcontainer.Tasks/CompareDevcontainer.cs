using Devcontainer.Prebuild.Comparison;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Tells what differs between two published images.</summary>
public sealed class CompareDevcontainer : DevcontainerRegistryTask
{
    /// <summary>DevcontainerRegistry.</summary>
    public string? Registry { get; set; }

    /// <summary>DevcontainerRepository.</summary>
    [Required]
    public string Repository { get; set; } = string.Empty;

    /// <summary>DevcontainerCompareFrom.</summary>
    public string? From { get; set; }

    /// <summary>DevcontainerCompareTo.</summary>
    public string? To { get; set; }

    /// <summary>What differs.</summary>
    [Output]
    public ITaskItem[] Changes { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ImageChange> changes = await new ImageCompare(Reporter)
            .RunAsync(Absolute(OutputPath), Registry ?? string.Empty, Repository, Text(From), Text(To), BindRegistries(), cancellationToken).ConfigureAwait(false);
        Changes = [.. changes.Select(static change => Items.Create(
            change.Name,
            ("Kind", change.Kind.ToString()),
            ("Type", change.Type),
            ("Change", change.Change),
            ("From", change.From ?? string.Empty),
            ("To", change.To ?? string.Empty),
            ("Platforms", string.Join(';', change.Platforms))))];
    }
}
