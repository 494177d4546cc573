using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// Moves an image's own tags, after all that they will name is there. What they named before is written down first, so that however it ends there is a
/// way back.
/// </summary>
internal sealed class TagMove(RegistryClient client, PushTargets targets, IBuildReporter reporter)
{
    /// <summary>Moves the tags, one repository and one tag after the other.</summary>
    /// <param name="target">What they shall name.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="tags">The tags.</param>
    /// <param name="outputPath">Where <c>rollback.json</c> and <c>published.json</c> go.</param>
    /// <param name="cancellationToken">Ends it between two tags.</param>
    /// <exception cref="DevcontainerException">In the only repository a tag could not be moved. DEVC5047: others could; the message says which are and
    /// which are not.</exception>
    internal async Task RunAsync(Descriptor target, ReadOnlyMemory<byte> content, IReadOnlyList<string> tags, string outputPath, CancellationToken cancellationToken)
    {
        string digest = target.Digest.Value;
        string rollback = Path.Combine(outputPath, PublishedImage.RollbackFileName);
        var found = new List<PublishedTags>();
        await targets.EachAsync(async repository =>
        {
            var before = new List<PublishedTag>(tags.Count);
            foreach (string tag in tags)
            {
                Descriptor? named = await client.ResolveAsync(repository.WithTag(tag), cancellationToken).ConfigureAwait(false);
                before.Add(new PublishedTag(tag, named?.Digest.Value));
            }

            found.Add(new PublishedTags(repository.Name, before));
        }).ConfigureAwait(false);

        // A push that is repeated moves nothing, and the way back is still the one of the push before it.
        if (found.Exists(repository => repository.Tags.Any(tag => tag.Previous != digest)))
        {
            PublishedImage.Of(digest, WithKnown(found, digest, PublishedImage.TryRead(rollback))).Write(rollback);
        }

        await targets.EachAsync(repository => MoveAsync(repository, target, content, found.Find(one => one.Repository == repository.Name)!.Tags, cancellationToken))
            .ConfigureAwait(false);
        PublishedTags[] moved = [.. found.Where(one => targets.Left.Any(repository => repository.Name == one.Repository))];
        if (moved.Length > 0)
        {
            PublishedImage.Of(digest, moved).Write(Path.Combine(outputPath, PublishedImage.FileName));
        }
    }

    /// <summary>What a tag that has moved already, in a push that did not come to its end, named before that push.</summary>
    private static List<PublishedTags> WithKnown(List<PublishedTags> found, string digest, PublishedImage? known) =>
        known?.Digest != digest
            ? found
            : [.. found.Select(repository => repository with
            {
                Tags =
                [
                    .. repository.Tags.Select(tag => tag.Previous != digest
                        ? tag
                        : known.All.FirstOrDefault(one => one.Repository == repository.Repository)?.Tags.FirstOrDefault(one => one.Tag == tag.Tag) ?? tag),
                ],
            })];

    private async Task MoveAsync(
        ImageReference repository, Descriptor target, ReadOnlyMemory<byte> content, IReadOnlyList<PublishedTag> tags, CancellationToken cancellationToken)
    {
        for (int i = 0; i < tags.Count; i++)
        {
            ImageReference tag = repository.WithTag(tags[i].Tag);
            try
            {
                if (tags[i].Previous != target.Digest.Value)
                {
                    await client.PutManifestAsync(tag, content, target.MediaType, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (DevcontainerException e) when (i > 0)
            {
                string moved = string.Join(", ", tags.Take(i).Select(static one => one.Tag));
                string left = string.Join(", ", tags.Skip(i).Select(static one => one.Tag));
                throw new DevcontainerException(Diagnostic.Create(Codes.TagsPartlyMoved, null, repository.Name, target.Digest, moved, left, e.Message), e);
            }

            reporter.Status($"Tagged {tag.Familiar}");
        }
    }
}
