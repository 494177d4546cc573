using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// Moves an image's own tags, after all that they will name is there. What they named before is written down first, so that however it ends there is a
/// way back.
/// </summary>
internal sealed class TagMove(RegistryClient client, ImageReference repository, IBuildReporter reporter)
{
    /// <summary>Moves the tags, one after the other.</summary>
    /// <param name="target">What they shall name.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="tags">The tags.</param>
    /// <param name="outputPath">Where <c>rollback.json</c> and <c>published.json</c> go.</param>
    /// <param name="cancellationToken">Ends it between two tags.</param>
    /// <exception cref="DevcontainerException">DEVC5047: a tag could not be moved; the message says which are and which are not.</exception>
    internal async Task RunAsync(Descriptor target, ReadOnlyMemory<byte> content, IReadOnlyList<string> tags, string outputPath, CancellationToken cancellationToken)
    {
        var moves = new List<PublishedTag>(tags.Count);
        foreach (string tag in tags)
        {
            Descriptor? before = await client.ResolveAsync(repository.WithTag(tag), cancellationToken).ConfigureAwait(false);
            moves.Add(new PublishedTag(tag, before?.Digest.Value));
        }

        var published = new PublishedImage(repository.Name, target.Digest.Value, moves);

        // A push that is repeated moves nothing, and the way back is still the one of the push before it.
        if (moves.Exists(move => move.Previous != target.Digest.Value))
        {
            published.Write(Path.Combine(outputPath, PublishedImage.RollbackFileName));
        }

        for (int i = 0; i < tags.Count; i++)
        {
            try
            {
                if (moves[i].Previous != target.Digest.Value)
                {
                    await client.PutManifestAsync(repository.WithTag(tags[i]), content, target.MediaType, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (DevcontainerException e) when (i > 0)
            {
                throw new DevcontainerException(
                    Diagnostic.Create(
                        Codes.TagsPartlyMoved, null, repository.Name, target.Digest, string.Join(", ", tags.Take(i)), string.Join(", ", tags.Skip(i)), e.Message),
                    e);
            }

            reporter.Status($"Tagged {repository.WithTag(tags[i]).Familiar}");
        }

        published.Write(Path.Combine(outputPath, PublishedImage.FileName));
    }
}
