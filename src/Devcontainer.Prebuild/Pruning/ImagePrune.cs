using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>Deletes from the image's repository what nobody needs, or says what it would delete.</summary>
public sealed class ImagePrune
{
    // A century: what is longer is for ever, and no date.
    private const int MostDays = 36525;

    private readonly IBuildReporter _reporter;
    private readonly TimeProvider _time;

    /// <summary>Prunes real registries.</summary>
    public ImagePrune(IBuildReporter reporter)
        : this(reporter, TimeProvider.System)
    {
    }

    internal ImagePrune(IBuildReporter reporter, TimeProvider time)
    {
        _reporter = reporter;
        _time = time;
    }

    /// <summary>Looks through the repository, says what is kept and what is not, and where that is confirmed deletes it.</summary>
    /// <returns>The images that are deleted, or would be; those built last first.</returns>
    /// <exception cref="DevcontainerException">DEVC5041: there is no registry. DEVC5033: it does not delete. DEVC5071: what is to be kept is not known.
    /// DEVC5072: something was pushed meanwhile. Or the registry does not answer. Nothing is deleted by then, but where the registry fails while it
    /// deletes; what is left then a prune finds again.</exception>
    public async Task<IReadOnlyList<PrunedImage>> RunAsync(PruneRequest request, CancellationToken cancellationToken)
    {
        ImageReference repository = SharedRepository.NameOf(request.Registry, request.Repository)
            ?? throw new DevcontainerException(Codes.PushNeedsRegistry, request.Repository);
        using var registries = new RegistryAccess(request.Registries, new ProcessRunner());
        if (registries.IsOffline)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerOffline", "true", "pruning needs the registry");
        }

        var policy = new PrunePolicy
        {
            Named = NamedDigests.Of(request),
            WeakTags = request.WeakTags,
            KeepLast = request.KeepLast,
            KeepFor = TimeSpan.FromDays(Math.Min(request.KeepDays, MostDays)),
            Now = _time.GetUtcNow(),
        };
        RegistryClient client = registries.Client;
        RepositoryGraph? graph = await new RepositoryWalk(client, repository).RunAsync(policy.Named.Keys, cancellationToken).ConfigureAwait(false);
        if (graph is null)
        {
            _reporter.Status($"{repository.Name} is not there; there is nothing to delete.");
            return [];
        }

        var plan = new PrunePlan(graph, policy);
        var report = new PruneReport(graph, plan, repository, _reporter);
        report.Print(request.Confirmed);
        if (request.Confirmed && plan.Deletions.Count > 0)
        {
            var deletion = new PruneDeletion(client, repository, _reporter);
            await deletion.RequireUnchangedAsync(graph, policy, cancellationToken).ConfigureAwait(false);
            await deletion.RunAsync(graph, plan.Deletions, cancellationToken).ConfigureAwait(false);
        }

        report.PrintTotals(request.Confirmed);
        return
        [
            .. plan.Images.Where(image => !plan.IsKept(image))
                .Select(image => new PrunedImage(repository.WithDigest(image).ToString(), [.. graph.TagsOf[image]], plan.Built(image))),
        ];
    }
}
