using System.Diagnostics;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Engine;

/// <summary>Waits for an engine that was lost: a service manager starts it again within seconds, and a build that comes sooner fails at once.</summary>
internal static class EngineReturn
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns when the engine answers, or when it has had its time: the next attempt then says that it does not.</summary>
    internal static async Task WaitAsync(BuilderSelection builders, BuilderRequest request, CancellationToken cancellationToken)
    {
        for (long started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Limit;)
        {
            try
            {
                await builders.SelectAsync(request, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (DevcontainerException e) when (e.Diagnostic.Code is Codes.EngineUnreachable or Codes.EngineHangs)
            {
                await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
