using Devcontainer.Prebuild.Replay;

namespace Devcontainer.Tasks;

/// <summary>Tells how keys would have behaved over the commits of the repository.</summary>
public sealed class ReplayDevcontainerKeys : DevcontainerRequestTask
{
    private const int DefaultCommits = 1000;

    /// <summary>DevcontainerReplayCommits.</summary>
    public string? Commits { get; set; }

    /// <summary>DevcontainerReplayRange.</summary>
    public string? Range { get; set; }

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken) => await new KeyReplay(Reporter)
        .RunAsync(
            Bind() with { DryRun = Switch("DevcontainerDryRun", DryRun) },
            Text(Range) ?? "HEAD",
            Number("DevcontainerReplayCommits", Commits, least: 1) ?? DefaultCommits,
            cancellationToken).ConfigureAwait(false);
}
