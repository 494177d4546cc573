using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Tests;

/// <summary>Runs programs, after a test has had a look at each.</summary>
internal sealed class WatchingRunner(Func<ProcessRequest, Task> look) : IProcessRunner
{
    private readonly ProcessRunner _inner = new();

    public async Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken)
    {
        await look(request);
        return await _inner.RunAsync(request, cancellationToken);
    }
}
