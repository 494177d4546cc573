using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// The repositories that a push goes to. Where there are several, one that fails does not keep the others from the image: it is left out of what
/// follows, told at once, and in the end the push fails and names it.
/// </summary>
/// <param name="first">The image's own repository.</param>
/// <param name="others">More.</param>
/// <param name="reporter">Hears of those that fail.</param>
internal sealed class PushTargets(ImageReference first, IReadOnlyList<ImageReference> others, IBuildReporter reporter)
{
    private readonly List<ImageReference> _left = [first, .. others];
    private readonly List<(ImageReference Repository, DevcontainerException Error)> _failed = [];

    /// <summary>Those that have not failed.</summary>
    internal IReadOnlyList<ImageReference> Left => _left;

    /// <summary>The repositories that a project names besides its own, without repetition.</summary>
    /// <param name="entries">Each a registry, or a registry with a repository; the former has the image's own repository.</param>
    /// <param name="first">The image's own repository.</param>
    /// <exception cref="DevcontainerException">DEVC9001: an entry is neither.</exception>
    internal static IReadOnlyList<ImageReference> Parse(IReadOnlyList<string> entries, ImageReference first)
    {
        var repositories = new List<ImageReference>();
        foreach (string entry in entries)
        {
            string name = entry.Contains('/', StringComparison.Ordinal) ? entry : $"{entry}/{first.Repository}";

            // What is read as another name than the one that is written, as a short name of Docker Hub, or has a tag, is not meant.
            if (!ImageReference.TryParse(name, out ImageReference? repository) || !string.Equals(repository.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                throw new DevcontainerException(
                    Codes.PropertyInvalid,
                    "DevcontainerPublishTo",
                    entry,
                    "it is a registry, as registry.example, or one with a repository, as registry.example/team/dev");
            }

            if (repository.Name != first.Name && repositories.TrueForAll(known => known.Name != repository.Name))
            {
                repositories.Add(repository);
            }
        }

        return repositories;
    }

    /// <summary>Does something for each that has not failed yet.</summary>
    /// <exception cref="DevcontainerException">The only one failed.</exception>
    internal async Task EachAsync(Func<ImageReference, Task> action)
    {
        foreach (ImageReference repository in _left.ToArray())
        {
            try
            {
                await action(repository).ConfigureAwait(false);
            }
            catch (DevcontainerException e) when (others.Count > 0)
            {
                _left.Remove(repository);
                _failed.Add((repository, e));
                reporter.Status($"Not published to {repository.Name}: {e.Diagnostic.Code}: {e.Message}");
            }
        }
    }

    /// <summary>Ends a push of which a part has failed.</summary>
    /// <exception cref="DevcontainerException">DEVC5062: names those that failed, and why.</exception>
    internal void ThrowIfFailed(Digest image)
    {
        if (_failed.Count > 0)
        {
            throw new DevcontainerException(
                Diagnostic.Create(
                    Codes.PublishPartlyFailed,
                    null,
                    image,
                    string.Join(", ", _failed.Select(static failure => failure.Repository.Name)),
                    _left.Count == 0 ? "none" : string.Join(", ", _left.Select(static repository => repository.Name)),
                    string.Join(" ", _failed.Select(static failure => $"{failure.Error.Diagnostic.Code}: {failure.Error.Message}"))),
                _failed[0].Error);
        }
    }
}
