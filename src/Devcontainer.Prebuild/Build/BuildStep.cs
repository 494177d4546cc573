namespace Devcontainer.Prebuild.Build;

/// <summary>One vertex of the build graph that executes an instruction (RUN, COPY, ADD, FROM).</summary>
/// <param name="Platform">The platform it belongs to, as <c>linux/amd64</c>.</param>
/// <param name="Name">What it does, shortened for reading.</param>
/// <param name="Cached">Whether the engine had its result.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Ran">Where it was cached, how many seconds it took when it last ran; null where no earlier receipt tells.</param>
public sealed record BuildStep(string Platform, string Name, bool Cached, double Seconds, double? Ran = null)
{
    /// <summary>Whether it counts for hit rates: instructions whose result is work of its own, not the base image.</summary>
    public bool CountsForCache => !Name.StartsWith("FROM ", StringComparison.Ordinal);

    /// <summary>The steps with the time that each cached one has saved, as far as the steps of an earlier image tell.</summary>
    internal static IReadOnlyList<BuildStep> Remember(IReadOnlyList<BuildStep> steps, IReadOnlyList<BuildStep> earlier)
    {
        // Of two steps with one name and platform nobody can say which is which.
        var known = earlier.GroupBy(static step => (step.Platform, step.Name)).Where(static group => group.Count() == 1)
            .ToDictionary(static group => group.Key, static group => group.Single().Cached ? group.Single().Ran : group.Single().Seconds);
        return [.. steps.Select(step => step.Cached ? step with { Ran = known.GetValueOrDefault((step.Platform, step.Name)) } : step)];
    }

    /// <summary>The seconds that cached steps have saved, as far as that is known; null where it is of none.</summary>
    internal static double? Saved(IEnumerable<BuildStep> steps)
    {
        double[] known = [.. steps.Where(static step => step.CountsForCache).Select(static step => step.Ran).OfType<double>()];
        return known.Length == 0 ? null : Math.Round(known.Sum(), 3);
    }
}
