using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Attestations;
using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Verify;

/// <summary>
/// The image was built by who may build it, from the repository, reference and commit that it must be made from: as the SLSA provenance of each platform says
/// that its index attests. That nobody else wrote it, a signature of the digest tells.
/// </summary>
/// <param name="attestations">What the index attests.</param>
/// <param name="policy">What it must say.</param>
internal sealed class ProvenanceGate(ImageAttestations attestations, ProvenancePolicy policy) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "provenance";

    private const string Git = "git+";

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        var platforms = new List<(string Platform, IReadOnlyList<Finding> Findings)>();
        var told = new SortedSet<string>(StringComparer.Ordinal);
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            IReadOnlyList<AttestedStatement> statements = await attestations.ReadAsync(image, platform, cancellationToken).ConfigureAwait(false);
            AttestedStatement? provenance = statements.FirstOrDefault(
                statement => statement.PredicateType == InTotoStatement.Provenance && statement.IsAbout(platform.Descriptor.Digest));
            if (provenance is null)
            {
                platforms.Add((platform.Platform, [Create("no-provenance", Codes.ProvenanceMissing, image.Reference)]));
                continue;
            }

            Origin origin = Origin.Of(provenance.Predicate);
            told.Add($"built by {origin.Builder ?? "nobody that it names"} from {origin.Source ?? "no source that it names"}");
            platforms.Add((platform.Platform, [.. Check(image, origin)]));
        }

        return GateResult.Of(told.Count == 0 ? "no provenance" : string.Join("; ", told), Finding.Join(platforms));
    }

    private IEnumerable<Finding> Check(VerifiedImage image, Origin origin)
    {
        if (policy.Builders.Count > 0 && !policy.Builders.Any(builder => origin.Builder is { } by && ProvenancePolicy.Allows(builder, by)))
        {
            yield return Differs("builder", "builder", origin.Builder, string.Join(" or ", policy.Builders));
        }

        foreach ((string id, string what, string? value, string? allowed) in new[]
        {
            ("source-repository", "source repository", origin.Repository, policy.Repository is { } repository ? WithoutEnding(repository) : null),
            ("source-reference", "source reference", origin.Reference, policy.Reference),
            ("source-commit", "commit", origin.Commit, policy.Commit),
        })
        {
            if (allowed is not null && (value is null || !ProvenancePolicy.Allows(allowed, value)))
            {
                yield return Differs(id, what, value, allowed);
            }
        }

        Finding Differs(string id, string what, string? value, string allowed) =>
            Create(id, Codes.ProvenanceDiffers, image.Reference, what, value is null ? "nothing" : $"'{value}'", allowed);
    }

    private static Finding Create(string id, string code, params object[] arguments) =>
        new() { Id = id, Severity = FindingSeverity.Critical, Diagnostic = Diagnostic.Create(code, null, arguments) };

    private static string WithoutEnding(string repository) => repository.EndsWith(".git", StringComparison.Ordinal) ? repository[..^4] : repository;

    /// <summary>Who built an image, and from what.</summary>
    /// <param name="Builder">The builder; null where nobody is named.</param>
    /// <param name="Source">The source as it is named; null for none.</param>
    /// <param name="Repository">Its repository.</param>
    /// <param name="Reference">Its reference.</param>
    /// <param name="Commit">Its commit.</param>
    private sealed record Origin(string? Builder, string? Source, string? Repository, string? Reference, string? Commit)
    {
        /// <summary>Reads a predicate (SLSA provenance 1).</summary>
        internal static Origin Of(JsonElement predicate)
        {
            string? builder = TextOf(Member(Member(predicate, "runDetails"), "builder"), "id");
            if (Member(Member(predicate, "buildDefinition"), "resolvedDependencies") is { ValueKind: JsonValueKind.Array } dependencies)
            {
                foreach (JsonElement dependency in dependencies.EnumerateArray())
                {
                    if (TextOf(dependency, "uri") is { } uri && uri.StartsWith(Git, StringComparison.Ordinal))
                    {
                        // An address may have an '@' too, before its host.
                        int path = uri.IndexOf('/', uri.IndexOf("://", StringComparison.Ordinal) + 3);
                        int at = path < 0 ? -1 : uri.IndexOf('@', path);
                        return new Origin(
                            string.IsNullOrEmpty(builder) ? null : builder,
                            uri,
                            WithoutEnding(at < 0 ? uri[Git.Length..] : uri[Git.Length..at]),
                            at < 0 ? null : uri[(at + 1)..],
                            TextOf(Member(dependency, "digest"), "gitCommit") ?? TextOf(Member(dependency, "digest"), "sha1"));
                    }
                }
            }

            return new Origin(string.IsNullOrEmpty(builder) ? null : builder, null, null, null, null);
        }

        private static JsonElement? Member(JsonElement? owner, string name) =>
            owner is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out JsonElement value) ? value : null;

        private static string? TextOf(JsonElement? owner, string name) => Member(owner, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
    }
}
