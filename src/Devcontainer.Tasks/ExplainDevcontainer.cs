using Devcontainer.Prebuild.Explain;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Tells why the next prebuild will or will not build.</summary>
public sealed class ExplainDevcontainer : DevcontainerRequestTask
{
    /// <summary>What differs from the nearest earlier image.</summary>
    [Output]
    public ITaskItem[] Changes { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        Explanation explanation = await new ImageExplain(Reporter)
            .RunAsync(Bind() with { DryRun = Switch("DevcontainerDryRun", DryRun) }, cancellationToken).ConfigureAwait(false);
        Changes = [.. explanation.Changes.Select(static change => Items.Create(
            change.Name,
            ("Tier", change.Tier),
            ("Change", change.Change),
            ("From", change.From ?? string.Empty),
            ("To", change.To ?? string.Empty),
            ("Text", change.Text)))];
    }
}
