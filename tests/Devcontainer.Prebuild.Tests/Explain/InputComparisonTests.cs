using System.Runtime.Versioning;
using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.Receipts;

namespace Devcontainer.Prebuild.Tests.Explain;

/// <summary>
/// What is said of each kind of change, alone. That every change of a key is said at all is in <see cref="Keys.KeyComposerTests"/>, for all of them.
/// </summary>
[TestClass]
[TestCategory("Unix")]
[UnsupportedOSPlatform("windows")]
public sealed class InputComparisonTests
{
    private const string Configuration = ".devcontainer/devcontainer.json";
    private const string Some = "############…";

    private static readonly Dictionary<string, (string Workspace, Action<SampleWorkspace> Apply, string[] Expected)> Changes = new(StringComparer.Ordinal)
    {
        ["nothing"] = ("features", static _ => { }, []),
        ["a version in global.json"] = (
            "features",
            static w => w.Write("global.json", """{ "sdk": { "rollForward": "latestMinor", "version": "10.0.101" }, "other": 1 }"""),
            ["global.json: sdk.rollForward added (latestMinor), sdk.version 10.0.100 → 10.0.101 [environment]"]),
        ["no sdk in global.json"] = ("features", static w => w.Write("global.json", "{}"), [$"global.json: what counts of it changed (json:/sdk; sha256 {Some} → {Some}) [environment]"]),
        ["a package"] = (
            "features",
            static w => w.Write("Directory.Packages.props", "<Project><ItemGroup><PackageVersion /></ItemGroup></Project>"),
            [$"Directory.Packages.props: what counts of it changed (xml; sha256 {Some} → {Some}) [packages]"]),
        ["a package's first version"] = (
            "features",
            static w => w.Write("Directory.Packages.props", "<Project><ItemGroup><PackageVersion Include=\"Dapper\" Version=\"2.1.66\" /></ItemGroup></Project>"),
            ["Directory.Packages.props: Dapper added (2.1.66) [packages]"]),
        ["another projection"] = (
            "features",
            static w => w.Request = w.Request with { Inputs = [.. w.Request.Inputs.Take(2), w.Request.Inputs[2] with { Projection = "raw", Tier = "packages" }] },
            ["notes.txt: removed (read as text, for environment) [environment]", "notes.txt: added [packages]"]),
        ["the pin"] = ("features", static w => w.Pin('1'), [$"base image docker.io/library/debian:12: sha256:{Some} → sha256:{Some} (the lock file was updated) [environment]"]),
        ["no pin"] = ("features", static w => File.Delete(w[".devcontainer/devcontainer-prebuild.lock.json"]), [$"base image docker.io/library/debian:12: sha256:{Some} → not pinned yet [environment]"]),
        ["the epoch"] = ("features", static w => w.Pin(epoch: 4), ["epoch: 0 → 4 [environment]"]),
        ["a Feature's version"] = (
            "features",
            static w => w.Edit(".devcontainer/features/two/devcontainer-feature.json", "2.0.0", "2.1.0"),
            ["Feature ./features/two: 2.0.0 → 2.1.0 [environment]", $".devcontainer/features/two/devcontainer-feature.json: changed (sha256 {Some} → {Some}) [environment]"]),
        ["a Feature's option"] = ("features", static w => w.Edit(Configuration, "\"hello\"", "\"salut\""), ["options of Feature ./features/one: changed [environment]"]),
        ["a Feature less"] = (
            "features",
            static w => w.Edit(Configuration, ",\n    \"./features/two\": {}", ""),
            [
                "Feature ./features/two: removed (2.0.0) [environment]", "options of Feature ./features/two: removed [environment]",
                $".devcontainer/devcontainer.json: what the image's label says of it changed (sha256 {Some} → {Some}) [environment]",
                ".devcontainer/features/two/devcontainer-feature.json: removed [environment]", ".devcontainer/features/two/install.sh: removed [environment]",
            ]),
        ["the order of Features"] = (
            "features",
            static w => w.Edit(Configuration, "\"remoteUser\"", "\"overrideFeatureInstallOrder\": [\"./features/two\"], \"remoteUser\""),
            [
                "order of Features: ./features/one, ./features/two → ./features/two, ./features/one [environment]",
                $".devcontainer/devcontainer.json: what the image's label says of it changed (sha256 {Some} → {Some}) [environment]",
            ]),
        ["remoteUser"] = (
            "features",
            static w => w.Edit(Configuration, "\"remoteUser\": \"dev\"", "\"remoteUser\": \"root\""),
            [
                "remoteUser: dev → root [environment]",
                $".devcontainer/devcontainer.json: what the image's label says of it changed (sha256 {Some} → {Some}) [environment]",
            ]),
        ["containerEnv"] = (
            "features",
            static w => w.Edit(Configuration, "\"vi\"", "\"ed\""),
            [
                "containerEnv EDITOR: changed [environment]",
                $".devcontainer/devcontainer.json: what the image's label says of it changed (sha256 {Some} → {Some}) [environment]",
            ]),
        ["a build argument more"] = (
            "features", static w => w.Request = w.Request with { BuildArguments = [new("EXTRA", "1"), new("LEVEL", "hunter2")] }, ["build argument LEVEL: added [environment]"]),
        ["a build argument's value"] = ("features", static w => w.Request = w.Request with { BuildArguments = [new("EXTRA", "hunter2")] }, ["build argument EXTRA: changed [environment]"]),
        ["a label"] = ("features", static w => w.Request = w.Request with { Labels = [new("org.example.team", "tool\ns")] }, ["label org.example.team: tools → tool s [environment]"]),
        ["labels in another order"] = (
            "two of each", static w => w.Request = w.Request with { Labels = [.. w.Request.Labels.Reverse()] }, ["order of labels: a, b → b, a [environment]"]),
        ["cache mounts in another order"] = (
            "two of each",
            static w => w.Request = w.Request with { CacheMounts = [.. w.Request.CacheMounts.Reverse()] },
            ["order of cache mounts: /a, /b → /b, /a [environment]"]),
        ["secrets in another order"] = (
            "two of each", static w => w.Request = w.Request with { Secrets = [.. w.Request.Secrets.Reverse()] }, ["order of secrets: s, t → t, s [environment]"]),
        ["one more of several"] = (
            "two of each",
            static w => w.Request = w.Request with { Secrets = [new BuildSecret("r", "R", null), .. w.Request.Secrets] },
            ["secret r: added [environment]"]),
        ["the same files under another context"] = (
            "dockerfile",
            static w => w.Edit(Configuration, "\"context\": \"..\"", "\"context\": \".\""),
            ["build context: . → .devcontainer [environment]", "scripts/data/values: removed [environment]", "scripts/link: removed [environment]", "scripts/run.sh: removed [environment]"]),
        ["a cache mount"] = (
            "features",
            static w => w.Request = w.Request with { CacheMounts = [.. w.Request.CacheMounts, new CacheMountRequest("/root/.npm", "npm", "shared")] },
            ["cache mount /root/.npm: added (npm) [environment]"]),
        ["no secret"] = ("features", static w => w.Request = w.Request with { Secrets = [] }, ["secret token: removed [environment]"]),
        ["an inline cache"] = ("features", static w => w.Request = w.Request with { CacheTo = [new CacheReference("inline", [])] }, ["inline cache: added [environment]"]),
        ["the Dockerfile"] = (
            "dockerfile",
            static w => w.Edit(".devcontainer/Dockerfile", "ARG LEVEL", "# comment\nARG LEVEL"),
            [$".devcontainer/Dockerfile: changed (sha256 {Some} → {Some}) [environment]"]),
        ["the target"] = ("dockerfile", static w => w.Edit(Configuration, "\"target\": \"dev\"", "\"target\": \"other\""), ["build target: dev → other [environment]"]),
        ["a file"] = ("dockerfile", static w => w.Write("scripts/data/values", "2\n"), [$"scripts/data/values: changed (sha256 {Some} → {Some}) [environment]"]),
        ["a file more"] = ("dockerfile", static w => w.Write("scripts/more", ""), ["scripts/more: added [environment]"]),
        ["a file less"] = ("dockerfile", static w => File.Delete(w["scripts/run.sh"]), ["scripts/run.sh: removed [environment]"]),
        ["an empty folder"] = ("dockerfile", static w => Directory.CreateDirectory(w["scripts/empty"]), ["scripts/empty: added [environment]"]),
        ["a mode"] = (
            "dockerfile",
            static w => File.SetUnixFileMode(w["scripts/data/values"], (UnixFileMode)0x1ED),
            ["scripts/data/values: file → executable [environment]"]),
        ["a link's target"] = ("dockerfile", static w => w.Write("scripts/link", "-> data/values"), ["scripts/link: link to run.sh → link to data/values [environment]"]),
        ["a file instead of a link"] = (
            "dockerfile",
            static w =>
            {
                File.Delete(w["scripts/link"]);
                w.Write("scripts/link", "run.sh");
            },
            ["scripts/link: link → file [environment]"]),
    };

    public static IEnumerable<object[]> Names => Changes.Keys.Select(static name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task Each_change_is_said_in_words(string name)
    {
        (string kind, Action<SampleWorkspace> apply, string[] expected) = Changes[name];
        using SampleWorkspace workspace = kind == "dockerfile" ? SampleWorkspace.WithDockerfile() : SampleWorkspace.WithFeatures();
        if (kind == "two of each")
        {
            workspace.Request = workspace.Request with
            {
                Labels = [new("a", "1"), new("b", "2")],
                CacheMounts = [new("/a", "a", "shared"), new("/b", "b", "shared")],
                Secrets = [new("s", "S", null), new("t", "T", null)],
            };
        }

        IReadOnlyList<ReceiptInput> before = InputList.Of(await workspace.ReadAsync());
        apply(workspace);
        IReadOnlyList<ReceiptInput> now = InputList.Of(await workspace.ReadAsync());
        IReadOnlyList<InputChange> changes = ExplainedInputs.Between(before, now);
        string[] said = [.. changes.Select(static change => $"{WithoutDigests(change.Text)} [{change.Tier}]")];
        CollectionAssert.AreEqual(expected, said, string.Join('\n', said));

        // A value that may be a secret is nowhere.
        Assert.DoesNotContain("hunter2", string.Join('\n', changes) + string.Join('\n', now));
    }

    [TestMethod]
    public void A_platform_more_and_one_less_are_said()
    {
        Receipt receipt = ReceiptSample.Create();
        CollectionAssert.AreEqual(
            new[] { "platform linux/arm64: added", "platform linux/amd64: removed" },
            InputComparison.Compare(receipt, ["linux/arm64"], receipt.Inputs).Select(static change => change.Text).ToArray());
    }

    [TestMethod]
    public void One_path_in_two_roles_is_told_when_it_loses_one()
    {
        ReceiptInput[] both = [new("Dockerfile", "environment", "raw", "1"), new("Dockerfile", "environment", "raw", "1")];
        Assert.AreEqual("Dockerfile: the build is given it in one way less", ExplainedInputs.Between(both, both[..1]).Single().Text);
        Assert.AreEqual("Dockerfile: the build is given it in one more way", ExplainedInputs.Between(both[..1], both).Single().Text);
    }

    [TestMethod]
    public async Task What_an_older_receipt_does_not_have_is_not_news()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithDockerfile();
        Directory.CreateDirectory(workspace["scripts/empty"]);
        IReadOnlyList<ReceiptInput> now = InputList.Of(await workspace.ReadAsync());
        ReceiptInput[] older = [.. now.Where(static input => input.Projection != "setting" && input.Kind != "folder").Select(static input => input with { Kind = null, Value = null })];
        Assert.IsEmpty(ExplainedInputs.Between(older, now));
        older[^1] = older[^1] with { Sha256 = new string('0', 64) };
        Assert.AreEqual("Directory.Packages.props", ExplainedInputs.Between(older, now).Single().Name);
    }

    [TestMethod]
    public void The_line_of_a_prebuild_has_the_first_changes_and_a_count()
    {
        InputChange[] changes = [.. "abcde".Select(static c => new InputChange(c.ToString(), "environment", "added", null, null, "added"))];
        var here = new EarlierImage(ReceiptSample.Create(), null);
        Assert.AreEqual("The image is out of date: a: added; b: added; c: added.", ExplanationText.Summary(here, changes[..3]));
        Assert.AreEqual("The image is out of date: a: added; b: added; c: added; and 2 more, told by -t:ExplainDevcontainer.", ExplanationText.Summary(here, changes));
        Assert.AreEqual("The image of the tag dev is out of date: a: added.", ExplanationText.Summary(here with { Tag = "dev" }, changes[..1]));
        Assert.AreEqual(
            "The image is out of date: a: added.",
            ExplanationText.Summary(here, [changes[0], changes[0] with { Tier = "packages" }]),
            "of a file in several tiers it is said once");
        Assert.IsNull(ExplanationText.Summary(here, []));
    }

    [TestMethod]
    public void More_changes_than_anyone_reads_are_counted()
    {
        InputChange[] changes = [.. Enumerable.Range(0, 100).Select(static i => new InputChange($"{i}", "environment", "added", null, null, "added"))];
        string[] lines = [.. ExplanationText.Lines(new Explanation
        {
            Key = "1",
            Earlier = new EarlierImage(ReceiptSample.Create(), null),
            Changes = changes,
            Tiers = [],
            Unpinned = [],
            Platforms = [new PlatformSource("linux/amd64", "built")],
            Verdict = Verdict.Build,
            LockedMode = false,
        })];
        Assert.HasCount(43, lines);
        Assert.AreEqual("  … and 60 more.", lines[^2]);
    }

    private static string WithoutDigests(string text) => System.Text.RegularExpressions.Regex.Replace(text, "[0-9a-f]{12}…", Some);
}
