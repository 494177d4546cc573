using System.Globalization;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>Says what a plan keeps and deletes, and why.</summary>
internal sealed class PruneReport(RepositoryGraph graph, PrunePlan plan, ImageReference repository, IBuildReporter reporter)
{
    /// <summary>An image a line, and what else goes or stays for itself; what is part of them as a detail.</summary>
    internal void Print(bool isConfirmed)
    {
        reporter.Status($"{repository.Name} has {plan.Images.Count} images, {graph.Manifests.Count} manifests and {graph.Tags.Count} tags.{(isConfirmed ? "" : " Nothing is deleted.")}");
        HashSet<Digest> parts = [.. plan.Deletions.SelectMany(digest => graph.Manifests[digest].Children.Concat(graph.About[digest]))];
        IEnumerable<Digest> others = plan.Roots.Keys.Concat(plan.Deletions.Where(digest => !parts.Contains(digest))).Order(Comparer<Digest>.Create(
            static (a, b) => string.CompareOrdinal(a.Value, b.Value)));
        foreach (Digest digest in plan.Images.Concat(others).Distinct())
        {
            reporter.Status($"  {Verdict(digest)} {digest}: {Reason(digest)}");
        }

        foreach (Digest digest in plan.Deletions.Where(parts.Contains))
        {
            reporter.Detail($"  {Verdict(digest)} {digest}: goes with what it belongs to{Tags(digest)}");
        }
    }

    /// <summary>How much it is.</summary>
    internal void PrintTotals(bool isConfirmed)
    {
        int images = plan.Images.Count(image => !plan.IsKept(image));
        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"{images} of {plan.Images.Count} images: {plan.Deletions.Count} manifests with {plan.Deletions.Sum(digest => graph.TagsOf[digest].Count())} tags, and {plan.FreedBytes / 1e6:0.0} MB of layers that nothing else names");
        reporter.Status(
            plan.Deletions.Count == 0 ? "Everything is needed."
            : isConfirmed ? $"Deleted {what}. The registry frees the space when it collects its garbage."
            : $"Would delete {what}. Set DevcontainerPruneConfirm to true to delete.");
    }

    private string Verdict(Digest digest) => plan.IsKept(digest) ? "keep  " : "delete";

    private string Reason(Digest digest)
    {
        string built = plan.Built(digest) is { } time ? time.UtcDateTime.ToString("', built 'yyyy-MM-dd", CultureInfo.InvariantCulture) : "";
        if (plan.IsKept(digest))
        {
            return plan.Roots.GetValueOrDefault(digest, "needed by something that is kept") + built;
        }

        return graph.SubjectsOf.Contains(digest) ? $"what it is about is gone{Tags(digest)}" : $"nothing keeps it{built}{Tags(digest)}";
    }

    private string Tags(Digest digest) => graph.TagsOf[digest].Any() ? $"; with it {string.Join(", ", graph.TagsOf[digest])}" : "";
}
