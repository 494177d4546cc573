using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>
/// The order of deleting manifests, made for deletions that are broken off: an index goes before what it names, so there is none whose manifests are gone.
/// What says something about a manifest goes after it, so nothing is there without its signature or receipt; and last the list of that under the
/// fallback tag, by which the rest is found again. Image by image: what cannot be found again is of one image at the most.
/// </summary>
internal sealed class DeletionOrder
{
    private readonly IReadOnlyList<Digest> _digests;
    private readonly ILookup<Digest, Digest> _named;
    private readonly ILookup<Digest, Digest> _later;
    private readonly Dictionary<Digest, int> _naming;
    private readonly Dictionary<Digest, int> _earlier;

    /// <param name="graph">Where they are.</param>
    /// <param name="digests">What is to be deleted, the first that may go first.</param>
    internal DeletionOrder(RepositoryGraph graph, IReadOnlyList<Digest> digests)
    {
        HashSet<Digest> all = [.. digests];
        _digests = digests;
        (Digest From, Digest To)[] entries = [.. digests.SelectMany(from => graph.Manifests[from].Children.Distinct().Where(all.Contains).Select(to => (from, to)))];
        HashSet<Digest> lists = [.. digests.Where(graph.IsList)];
        _named = entries.Where(edge => !lists.Contains(edge.From)).ToLookup(static edge => edge.From, static edge => edge.To);
        _later = digests.SelectMany(from => graph.About[from].Where(all.Contains).Select(to => (From: from, To: to)))
            .Concat(entries.Where(edge => lists.Contains(edge.From)).Select(static edge => (From: edge.To, To: edge.From)))
            .ToLookup(static edge => edge.From, static edge => edge.To);
        _naming = Count(_named);
        _earlier = Count(_later);
    }

    /// <summary>Puts them into order.</summary>
    internal IReadOnlyList<Digest> Run()
    {
        var order = new List<Digest>(_digests.Count);
        HashSet<Digest> left = [.. _digests];
        var ready = new Stack<Digest>(_digests.Reverse().Where(digest => _naming[digest] == 0 && _earlier[digest] == 0));
        while (left.Count > 0)
        {
            // What names each other's subject in a circle has no right order; then only that of indexes counts, in which there are no circles.
            Digest digest = ready.TryPop(out Digest next) ? next : _digests.First(other => left.Contains(other) && _naming[other] == 0);
            if (!left.Remove(digest))
            {
                continue;
            }

            order.Add(digest);
            foreach (Digest after in _later[digest].Reverse())
            {
                _earlier[after]--;
                Push(after);
            }

            foreach (Digest part in _named[digest].Reverse())
            {
                _naming[part]--;
                Push(part);
            }
        }

        return order;

        void Push(Digest digest)
        {
            if (_naming[digest] == 0 && _earlier[digest] == 0)
            {
                ready.Push(digest);
            }
        }
    }

    private Dictionary<Digest, int> Count(ILookup<Digest, Digest> edges)
    {
        var counts = _digests.ToDictionary(static digest => digest, static _ => 0);
        foreach (Digest to in edges.SelectMany(static group => group))
        {
            counts[to]++;
        }

        return counts;
    }
}
