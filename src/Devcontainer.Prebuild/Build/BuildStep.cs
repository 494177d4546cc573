namespace Devcontainer.Prebuild.Build;

/// <summary>One vertex of the build graph that executes an instruction (RUN, COPY, ADD, FROM).</summary>
/// <param name="Platform">The platform it belongs to, as <c>linux/amd64</c>.</param>
/// <param name="Name">What it does, shortened for reading.</param>
/// <param name="Cached">Whether the engine had its result.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record BuildStep(string Platform, string Name, bool Cached, double Seconds)
{
    /// <summary>Whether it counts for hit rates: instructions whose result is work of its own, not the base image.</summary>
    public bool CountsForCache => !Name.StartsWith("FROM ", StringComparison.Ordinal);
}
