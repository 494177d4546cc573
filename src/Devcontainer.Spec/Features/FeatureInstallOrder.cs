using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>
/// The Features to install, in order: those asked for and all that they depend on (specification, "Installation order"; ties are broken as in
/// devcontainers/cli, src/spec-configuration/containerFeaturesOrder.ts).
/// </summary>
/// <remarks>
/// In every round stand the Features whose dependencies were installed in earlier rounds; of these the ones of highest priority are taken, in
/// the order of their ids. <c>dependsOn</c> brings Features in, <c>installsAfter</c> only orders those that are there.
/// </remarks>
public static class FeatureInstallOrder
{
    /// <summary>More levels of <c>dependsOn</c> than anybody writes, and few enough to show.</summary>
    private const int MostLevels = 100;

    /// <summary>Finds the Features of a configuration and orders them.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="source">Where Features are found.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="DevcontainerException">A Feature cannot be used, or they depend on each other in a circle or too deeply.</exception>
    public static ValueTask<IReadOnlyList<ResolvedFeature>> ResolveAsync(
        DevcontainerConfiguration configuration, IFeatureSource source, CancellationToken cancellationToken) =>
        ResolveAsync(
            configuration.Features, configuration.OverrideFeatureInstallOrder, Path.GetDirectoryName(configuration.File)!, source, cancellationToken);

    /// <summary>Finds Features and orders them.</summary>
    /// <param name="requests">The Features asked for, in the order of writing.</param>
    /// <param name="first">Ids to install as early as their dependencies allow, the most urgent first.</param>
    /// <param name="folder">The folder of the configuration, which local ids are relative to.</param>
    /// <param name="source">Where Features are found.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="DevcontainerException">A Feature cannot be used, or they depend on each other in a circle or too deeply.</exception>
    public static async ValueTask<IReadOnlyList<ResolvedFeature>> ResolveAsync(
        IReadOnlyList<FeatureRequest> requests,
        IReadOnlyList<string> first,
        string folder,
        IFeatureSource source,
        CancellationToken cancellationToken)
    {
        List<Node> nodes = await FindAllAsync(requests, source, cancellationToken).ConfigureAwait(false);
        return Compute(nodes, first, folder);
    }

    private static async ValueTask<List<Node>> FindAllAsync(
        IReadOnlyList<FeatureRequest> requests, IFeatureSource source, CancellationToken cancellationToken)
    {
        var found = new List<Node>();
        var open = new Queue<Edge>();
        foreach (FeatureRequest request in requests)
        {
            open.Enqueue(new Edge(null, request));
        }

        while (open.TryDequeue(out Edge? next))
        {
            cancellationToken.ThrowIfCancellationRequested();
            FeatureReference reference = FeatureReference.Parse(next.Request.Id, next.Request.Location);
            ResolvedFeature feature = await source.ResolveAsync(next.Request, reference, cancellationToken).ConfigureAwait(false);
            var node = new Node(feature, next.Dependent);
            next.Dependent?.DependsOn.Add(node.Feature);
            if (node.Level > MostLevels)
            {
                throw new DevcontainerException(Codes.FeatureChainTooLong, next.Request.Location, MostLevels, node.DescribeChain());
            }

            // What is there already is not looked into again: this ends circles, which the rounds then report.
            if (found.Exists(other => FeatureComparison.AreEqual(other.Feature, feature)))
            {
                continue;
            }

            found.Add(node);
            foreach (FeatureRequest dependency in feature.Metadata.DependsOn)
            {
                open.Enqueue(new Edge(node, dependency));
            }
        }

        return found;
    }

    private static List<ResolvedFeature> Compute(List<Node> remaining, IReadOnlyList<string> first, string folder)
    {
        for (int i = 0; i < first.Count; i++)
        {
            FeatureReference urgent = FeatureReference.Parse(first[i]);
            foreach (Node node in remaining)
            {
                if (FeatureComparison.IsThat(node.Feature, urgent, folder))
                {
                    node.Priority = Math.Max(node.Priority, first.Count - i);
                }
            }
        }

        foreach (Node node in remaining)
        {
            foreach (string id in node.Feature.Metadata.InstallsAfter)
            {
                FeatureReference earlier = FeatureReference.Parse(id, new SourceLocation(node.Feature.Metadata.File));
                if (remaining.Exists(other => FeatureComparison.IsThat(other.Feature, earlier, folder)))
                {
                    node.InstallsAfter.Add(earlier);
                }
            }
        }

        var installed = new List<ResolvedFeature>(remaining.Count);
        while (remaining.Count > 0)
        {
            List<Node> round = remaining.FindAll(node => node.IsReadyAfter(installed, folder));
            if (round.Count == 0)
            {
                throw Circle(remaining, installed, folder);
            }

            int priority = 0;
            foreach (Node node in round)
            {
                priority = Math.Max(priority, node.Priority);
            }

            round.RemoveAll(node => node.Priority != priority);
            remaining.RemoveAll(round.Contains);
            InOrder(round, installed);
        }

        return installed;
    }

    /// <summary>Appends a round. Its Features are few, and those that compare equal keep their order.</summary>
    private static void InOrder(List<Node> round, List<ResolvedFeature> installed)
    {
        int start = installed.Count;
        foreach (Node node in round)
        {
            int place = installed.Count;
            while (place > start && FeatureComparison.Compare(installed[place - 1], node.Feature) > 0)
            {
                place--;
            }

            installed.Insert(place, node.Feature);
        }
    }

    /// <summary>Follows unmet dependencies until one comes back: what remains cannot end otherwise.</summary>
    private static DevcontainerException Circle(List<Node> remaining, List<ResolvedFeature> installed, string folder)
    {
        var path = new List<Node>();
        Node current = remaining[0];
        while (!path.Contains(current))
        {
            path.Add(current);
            current = remaining.First(node => current.WaitsFor(node.Feature, installed, folder));
        }

        path.RemoveRange(0, path.IndexOf(current));
        path.Add(current);
        return new DevcontainerException(
            Codes.FeatureCycle, current.Feature.Request.Location, string.Join(" → ", path.Select(node => JsonText.Escape(node.Feature.Id))));
    }

    /// <summary>A Feature that another one, or the configuration, asks for.</summary>
    private sealed record Edge(Node? Dependent, FeatureRequest Request);

    /// <summary>A Feature while its place is sought.</summary>
    private sealed class Node(ResolvedFeature feature, Node? dependent)
    {
        public ResolvedFeature Feature => feature;

        public int Level { get; } = (dependent?.Level ?? 0) + 1;

        public int Priority { get; set; }

        public List<ResolvedFeature> DependsOn { get; } = [];

        public List<FeatureReference> InstallsAfter { get; } = [];

        public bool IsReadyAfter(List<ResolvedFeature> installed, string folder) =>
            DependsOn.TrueForAll(needed => installed.Exists(there => FeatureComparison.AreEqual(there, needed)))
            && InstallsAfter.TrueForAll(earlier => installed.Exists(there => FeatureComparison.IsThat(there, earlier, folder)));

        public bool WaitsFor(ResolvedFeature other, List<ResolvedFeature> installed, string folder) =>
            DependsOn.Exists(needed => FeatureComparison.AreEqual(other, needed))
            || InstallsAfter.Exists(earlier => FeatureComparison.IsThat(other, earlier, folder)
                && !installed.Exists(there => FeatureComparison.IsThat(there, earlier, folder)));

        /// <summary>The way from the configuration to this Feature; the middle of a long one is left out.</summary>
        public string DescribeChain()
        {
            var ids = new List<string>();
            for (Node? node = this; node is not null; node = node.Dependent)
            {
                ids.Add(JsonText.Escape(node.Feature.Id));
            }

            ids.Reverse();
            return ids.Count <= 8 ? string.Join(" → ", ids) : $"{string.Join(" → ", ids[..4])} → … → {string.Join(" → ", ids[^3..])}";
        }

        private Node? Dependent { get; } = dependent;
    }
}
