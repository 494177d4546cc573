using System.Globalization;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Pruning;

namespace Devcontainer.Prebuild.Tests.Pruning;

/// <summary>A repository that is only thought of: manifests have names, from which their digests are made.</summary>
internal sealed class TestRepository
{
    internal static readonly DateTimeOffset Now = new(2026, 11, 26, 0, 0, 0, TimeSpan.Zero);
    private readonly Dictionary<Digest, ManifestNode> _manifests = [];
    private readonly Dictionary<string, Digest> _tags = new(StringComparer.Ordinal);

    internal RepositoryGraph Graph => new(_manifests.Values, _tags);

    internal static Digest DigestOf(string name) => Digest.Sha256(System.Text.Encoding.UTF8.GetBytes(name));

    /// <summary>The tag of a key that is made up from a name.</summary>
    internal static string Key(string name, string prefix = "prebuild-") => prefix + DigestOf(name).Hex;

    internal static string Fallback(string name, string ending = "") => $"sha256-{DigestOf(name).Hex}{ending}";

    /// <summary>Adds a manifest; with children an index.</summary>
    internal TestRepository Add(string name, string[]? children = null, string? subject = null, int? daysOld = null, string? type = null, bool known = true, bool platforms = false, params string[] tags)
    {
        Digest digest = DigestOf(name);
        _manifests.Add(digest, new ManifestNode
        {
            Digest = digest,
            MediaType = children is null ? MediaTypes.ImageManifest : MediaTypes.ImageIndex,
            HasPlatforms = platforms,
            Children = [.. (children ?? []).Select(DigestOf)],
            Subject = subject is null ? null : DigestOf(subject),
            ArtifactType = type,
            Created = daysOld is { } days ? Now.AddDays(-days) : null,
            IsKnown = known,
            Blobs = [new Descriptor(MediaTypes.Layer, DigestOf("blob " + name), 100), new Descriptor(MediaTypes.Layer, DigestOf("blob of all"), 1000)],
        });
        return Tag(name, tags);
    }

    internal TestRepository Tag(string name, params string[] tags)
    {
        foreach (string tag in tags)
        {
            _tags[tag] = DigestOf(name);
        }

        return this;
    }

    /// <summary>Adds an image as a push makes it where there is no referrers API: index, two platforms, SBOM, receipt, and their lists.</summary>
    internal TestRepository AddImage(string name, int daysOld, params string[] tags) =>
        Add($"{name}.sbom", subject: $"{name}.amd64", type: "application/spdx+json")
        .Add($"{name}.sbom.list", [$"{name}.sbom"], tags: Fallback($"{name}.amd64"))
        .Add($"{name}.amd64", tags: [Key($"{name}.amd64"), Key($"{name}.amd64", "env-")])
        .Add($"{name}.arm64", tags: [Key($"{name}.arm64"), Key($"{name}.arm64", "env-")])
        .Add(name, [$"{name}.amd64", $"{name}.arm64"], platforms: true, tags: [Key(name), .. tags])
        .Add($"{name}.receipt", subject: name, daysOld: daysOld, type: "application/vnd.devcontainer-sdk.receipt.v1+json")
        .Add($"{name}.list", [$"{name}.receipt"], tags: Fallback(name));

    internal PrunePlan Plan(Func<PrunePolicy, PrunePolicy>? change = null)
    {
        var policy = new PrunePolicy { Now = Now };
        return new PrunePlan(Graph, change is null ? policy : change(policy));
    }

    /// <summary>The names of what a plan deletes, in order.</summary>
    internal string[] Deleted(Func<PrunePolicy, PrunePolicy>? change = null, params string[] names)
    {
        Dictionary<Digest, string> known = names.ToDictionary(DigestOf);
        return [.. Plan(change).Deletions.Select(digest => known.GetValueOrDefault(digest, digest.Value))];
    }

    /// <summary>Whether everything of an image is kept, or nothing.</summary>
    internal static bool IsWhole(PrunePlan plan, string image)
    {
        string[] parts = [image, $"{image}.amd64", $"{image}.arm64", $"{image}.sbom", $"{image}.sbom.list", $"{image}.receipt", $"{image}.list"];
        bool[] kept = [.. parts.Select(part => plan.IsKept(DigestOf(part))).Distinct()];
        return kept.Length == 1 ? kept[0] : throw new AssertFailedException(string.Create(CultureInfo.InvariantCulture, $"Of {image} some is kept and some is not."));
    }
}
