using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Tags;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Prebuild.Tests.Tags;

[TestClass]
public sealed class TagRulesTests
{
    private const string Key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [TestMethod]
    [DataRow("v1.2.3", "1.2.3 1.2 1")]
    [DataRow("V1.2.3", "1.2.3 1.2 1")]
    [DataRow("1.2.3", "1.2.3 1.2 1")]
    [DataRow("v0.3.1", "0.3.1 0.3")]
    [DataRow("v0.0.0", "0.0.0 0.0")]
    [DataRow("v10.20.30", "10.20.30 10.20 10")]
    [DataRow("v1.2.3-rc.1", "1.2.3-rc.1")]
    [DataRow("v1.2.3--x.0", "1.2.3--x.0")]
    [DataRow("v1.2.3+build.5", "1.2.3_build.5 1.2.3 1.2 1")]
    [DataRow("v1.2.3-rc.1+b", "1.2.3-rc.1_b")]
    public void A_version_gives(string tag, string expected) => Assert.AreEqual(expected, Apply(Tagged(tag)));

    [TestMethod]
    [DataRow("v1.2", "v1.2")]
    [DataRow("v1.2.3.4", "v1.2.3.4")]
    [DataRow("v01.2.3", "v01.2.3")]
    [DataRow("v1.2.3-01", "v1.2.3-01")]
    [DataRow("v1.2.99999999999999999999", "v1.2.99999999999999999999")]
    [DataRow("release/v1.2.3", "release-v1.2.3")]
    [DataRow("beta", "beta")]
    public void A_tag_that_is_no_version_gives_its_name(string tag, string expected) => Assert.AreEqual(expected, Apply(Tagged(tag)));

    [TestMethod]
    [DataRow("v1.2.3", "v1.3.0", "1.2.3 1.2")]
    [DataRow("v1.2.3", "v1.2.10", "1.2.3")]
    [DataRow("v1.2.10", "v1.2.9", "1.2.10 1.2 1")]
    [DataRow("v1.2.3", "v2.0.0", "1.2.3 1.2 1")]
    [DataRow("v1.2.3", "v1.3.0-rc.1", "1.2.3 1.2 1")]
    [DataRow("v1.2.3", "v1.2.3", "1.2.3 1.2 1")]
    public void An_older_release_leaves_the_newer_one_its_tags(string tag, string known, string expected) =>
        Assert.AreEqual(expected, Apply(Tagged(tag) with { KnownTags = [known, "unrelated"] }));

    [TestMethod]
    public void Of_two_versions_of_one_commit_each_gives_its_tags_once() =>
        Assert.AreEqual(
            "1.2.3 1.2 1.3.0 1.3 1", Apply(new SourceRevision { System = "git", Tags = ["v1.2.3", "v1.3.0"], KnownTags = ["v1.2.3", "v1.3.0"] }));

    [TestMethod]
    [DataRow("main", "main")]
    [DataRow("feature/x", "feature-x")]
    [DataRow("a/b/c_d.e-f", "a-b-c_d.e-f")]
    [DataRow("Users/Me", "Users-Me")]
    [DataRow("fix#1", "fix-1-3644c665")]
    [DataRow("-x", "x-a4209624")]
    [DataRow("dependabot/npm/@types/node-20", "dependabot-npm-types-node-20-2d21f67a")]
    [DataRow("日本", "branch-cf2abf0c")]
    [DataRow("x$(touch /tmp/y)`z`", "x-touch--tmp-y-z-e727e834")]
    [DataRow("${{ secrets.X }}", "secrets.X-9be973f8")]
    public void A_branch_gives(string branch, string expected) => Assert.AreEqual(expected, Apply(OnBranch(branch)));

    [TestMethod]
    public void Long_names_are_cut_and_stay_apart()
    {
        string one = Apply(OnBranch(new string('a', 200)));
        string other = Apply(OnBranch(new string('a', 201)));
        Assert.AreEqual(128, one.Length);
        Assert.AreNotEqual(one, other);
        Assert.AreEqual(new string('a', 128), Apply(OnBranch(new string('a', 128))));
    }

    [TestMethod]
    public void Whatever_a_branch_is_named_its_tag_is_valid() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonEmptyString>(),
        static name =>
        {
            string tag = TagName.Of(name.Get, "branch");
            return tag.Length is > 0 and <= 128
                && (char.IsAsciiLetterOrDigit(tag[0]) || tag[0] == '_')
                && tag.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
        }).QuickCheckThrowOnFailure();

    [TestMethod]
    [DataRow("latest")]
    [DataRow("nightly")]
    [DataRow("pr-7")]
    [DataRow("pr/7")]
    [DataRow("sha-abcdef0")]
    [DataRow("1")]
    [DataRow("1.2")]
    [DataRow("1.2.3")]
    [DataRow("v1.2.3")]
    [DataRow("prebuild-" + Key)]
    [DataRow("env-" + Key)]
    [DataRow("sha256-" + Key)]
    [DataRow("sha256-" + Key + ".sig")]
    [DataRow("cache-linux-amd64")]
    [DataRow("cache/main/linux-arm64")]
    public void A_branch_named_like_another_rule_s_tag_is_left_out_with_a_warning(string branch)
    {
        var reporter = new RecordingReporter();
        Assert.AreEqual("sha-0123456", Apply(OnBranch(branch) with { Commit = Key[..40] }, reporter, [.. TagRules.Names]));
        Diagnostic warning = reporter.Warnings.Single();
        Assert.AreEqual(Codes.TagReserved, warning.Code);
        Assert.Contains($"branch '{branch}'", warning.Message);
    }

    [TestMethod]
    [DataRow("latest", "branch sha")]
    [DataRow("1.2", "branch latest")]
    [DataRow("pr-7", "branch semver")]
    [DataRow("env-test", "branch semver pr latest nightly sha tag")]
    [DataRow("sha-abcdef01", "branch sha")]
    public void A_branch_may_be_named_like_a_tag_of_no_rule_in_use(string branch, string rules)
    {
        var reporter = new RecordingReporter();
        Assert.AreEqual(branch, Apply(OnBranch(branch), reporter, rules.Split(' ')));
        Assert.IsEmpty(reporter.Warnings);
    }

    [TestMethod]
    public void A_default_branch_named_latest_is_no_collision()
    {
        var reporter = new RecordingReporter();
        Assert.AreEqual("latest", Apply(OnBranch("latest") with { DefaultBranch = "latest" }, reporter, [.. TagRules.Names]));
        Assert.IsEmpty(reporter.Warnings);
    }

    [TestMethod]
    public void Only_the_rules_in_use_give_tags_in_their_own_order()
    {
        SourceRevision revision = OnBranch("main") with { DefaultBranch = "main", Commit = Key[..40], IsScheduled = true };
        Assert.AreEqual("latest nightly sha-0123456 main", Apply(revision));
        Assert.AreEqual("latest sha-0123456", Apply(revision, new RecordingReporter(), "sha", "latest"));
        Assert.AreEqual("latest sha-0123456", Apply(revision, new RecordingReporter(), "latest", "sha", "latest"));
    }

    [TestMethod]
    public void A_rule_that_does_not_exist_is_an_error()
    {
        Diagnostic error = Errors.Expect(Codes.PropertyInvalid, () => Apply(OnBranch("main"), new RecordingReporter(), "branches"));
        Assert.Contains("semver, pr, latest, nightly, sha, tag, branch", error.Message);
    }

    [TestMethod]
    public void No_tag_at_all_is_an_error()
    {
        Diagnostic error = Errors.Expect(Codes.NoTags, () => Apply(OnBranch("main"), new RecordingReporter(), "semver", "pr"));
        Assert.Contains("semver, pr", error.Message);
        Assert.Contains("branch 'main' (GitHub Actions)", error.Message);
    }

    private static SourceRevision OnBranch(string branch) => new() { System = "GitHub Actions", Branch = branch };

    private static SourceRevision Tagged(string tag) => new() { System = "GitHub Actions", Tags = [tag] };

    private static string Apply(SourceRevision revision)
    {
        var reporter = new RecordingReporter();
        string tags = Apply(revision, reporter, [.. TagRules.Names]);
        Assert.IsEmpty(reporter.Warnings);
        return tags;
    }

    private static string Apply(SourceRevision revision, RecordingReporter reporter, params string[] rules) =>
        string.Join(' ', TagRules.Apply(revision, rules, reporter));
}
