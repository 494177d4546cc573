using System.Globalization;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.CI;

namespace Devcontainer.Prebuild.Tags;

/// <summary>
/// Which tags an image gets for what of the sources it is built from. A pure function of revision and rules: the same in every build of both.
/// docs/tags.md describes it for users.
/// </summary>
public static partial class TagRules
{
    private const string Semver = "semver";
    private const string Tag = "tag";
    private const string Branch = "branch";
    private const string PullRequest = "pr";
    private const string Latest = "latest";
    private const string Nightly = "nightly";
    private const string Sha = "sha";

    // As git's own short names are at least.
    private const int ShortCommit = 7;

    /// <summary>Every rule, in the order of the tags that they give.</summary>
    public static IReadOnlyList<string> Names { get; } = [Semver, PullRequest, Latest, Nightly, Sha, Tag, Branch];

    /// <summary>The tags of an image.</summary>
    /// <param name="revision">What is built.</param>
    /// <param name="rules">Names of <see cref="Names"/>, in any order.</param>
    /// <param name="reporter">Where a warning goes about a branch or tag that would take another's place (DEVC5051).</param>
    /// <exception cref="DevcontainerException">DEVC9001: there is no such rule. DEVC5050: no rule gives a tag.</exception>
    public static IReadOnlyList<string> Apply(SourceRevision revision, IReadOnlyList<string> rules, IBuildReporter reporter)
    {
        ArgumentNullException.ThrowIfNull(revision);
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(reporter);
        foreach (string rule in rules)
        {
            if (!Names.Contains(rule))
            {
                throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerTagRules", rule, "the rules are " + string.Join(", ", Names));
            }
        }

        string[] given = [.. Names.Where(rules.Contains).SelectMany(rule => Give(rule, revision)).Distinct(StringComparer.Ordinal)];
        var tags = new List<string>(given);
        foreach (string chosen in Chosen(revision, rules))
        {
            if (tags.Contains(chosen))
            {
                continue;
            }

            if (OwnerOf(chosen, rules) is { } owner)
            {
                reporter.Warning(Diagnostic.Create(Codes.TagReserved, null, revision, chosen, owner));
            }
            else
            {
                tags.Add(chosen);
            }
        }

        return tags.Count > 0 ? tags : throw new DevcontainerException(Codes.NoTags, string.Join(", ", rules), revision);
    }

    /// <summary>The tags of the rules whose tags have a form of their own.</summary>
    private static IEnumerable<string> Give(string rule, SourceRevision revision) => rule switch
    {
        Semver when !revision.IsPullRequest => revision.Tags.Select(ReleaseVersion.TryParse).OfType<ReleaseVersion>().SelectMany(version => Versions(version, revision)),
        PullRequest when revision.PullRequest is { } number => [string.Create(CultureInfo.InvariantCulture, $"pr-{number}")],
        Latest when revision.IsDefaultBranch => [Latest],

        // Elsewhere a schedule is for that branch, unless nobody says which is the default one.
        Nightly when revision.IsScheduled && !revision.IsPullRequest && (revision.IsDefaultBranch || revision.DefaultBranch is null) => [Nightly],

        // A commit that merges a pull request on trial is in nobody's history; under its head's name it would pass for that.
        Sha when revision.Commit is { } commit && (!revision.IsPullRequest || revision.HeadCommit == commit) => ["sha-" + commit[..ShortCommit]],
        _ => [],
    };

    /// <summary>The tags that are names which people chose: they may look like any tag.</summary>
    private static IEnumerable<string> Chosen(SourceRevision revision, IReadOnlyList<string> rules)
    {
        if (revision.IsPullRequest)
        {
            return [];
        }

        IEnumerable<string> tags = rules.Contains(Tag) ? revision.Tags.Where(static tag => ReleaseVersion.TryParse(tag) is null).Select(static tag => TagName.Of(tag, Tag)) : [];
        return rules.Contains(Branch) && revision.Branch is { } branch ? tags.Append(TagName.Of(branch, Branch)) : tags;
    }

    /// <summary>X.Y.Z, and X.Y and X unless a later release has them; 0 promises nothing, so it is no tag. Before a release just its whole version.</summary>
    private static IEnumerable<string> Versions(ReleaseVersion version, SourceRevision revision)
    {
        yield return Short(version.Full);
        if (!version.IsRelease)
        {
            yield break;
        }

        yield return version.Release;
        ReleaseVersion[] later =
        [
            .. revision.KnownTags.Select(ReleaseVersion.TryParse).OfType<ReleaseVersion>()
                .Where(known => known.IsRelease && known.Major == version.Major && version.IsBefore(known)),
        ];
        if (!later.Any(known => known.Minor == version.Minor))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{version.Major}.{version.Minor}");
        }

        if (version.Major > 0 && later.Length == 0)
        {
            yield return version.Major.ToString(CultureInfo.InvariantCulture);
        }
    }

    // Its characters are a tag's already; only its length may not be.
    private static string Short(string version) => TagName.Of(version, Semver);

    /// <summary>What a tag would be mistaken for; null where it is nobody's.</summary>
    private static string? OwnerOf(string tag, IReadOnlyList<string> rules) =>
        TagName.IsKey(tag) ? "the images' keys"
        : CacheTag.Is(tag) ? "the build caches"
        : rules.FirstOrDefault(rule => rule switch
        {
            Latest or Nightly => tag == rule,
            PullRequest => PullRequestForm().IsMatch(tag),
            Sha => ShaForm().IsMatch(tag),
            Semver => VersionForm().IsMatch(tag) || ReleaseVersion.TryParse(tag) is not null,
            _ => false,
        }) is { } owner ? $"the rule '{owner}'" : null;

    [GeneratedRegex(@"^pr-[0-9]+\z")]
    private static partial Regex PullRequestForm();

    [GeneratedRegex(@"^sha-[0-9a-f]{7}\z")]
    private static partial Regex ShaForm();

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+){0,2}\z")]
    private static partial Regex VersionForm();
}
