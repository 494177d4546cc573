using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.CI;

namespace Devcontainer.Prebuild.Tests.Build;

[TestClass]
public sealed class TeamCacheTests
{
    private const string Everybodys = "type=registry,ref=r.example/team/app:cache-linux-arm64";
    private const string Branchs = "type=registry,ref=r.example/team/app:cache-feature-x-linux-arm64";
    private const string Written = ",mode=max,image-manifest=true";

    private static readonly PrebuildRequest Request = new()
    {
        ProjectName = "app",
        ConfigFile = "/w/.devcontainer/devcontainer.json",
        OutputPath = "/w/bin/devcontainer",
        Registry = "r.example",
        Repository = "team/app",
        Platforms = [SampleWorkspace.Arm64],
        Registries = new RegistrySettings { WorkspaceFolder = "/w", Environment = new Dictionary<string, string>() },
        Environment = new Dictionary<string, string>(),
        ReadsTeamCache = true,
    };

    private static readonly PrebuildRequest Pushed = Request with { WritesTeamCache = true };

    private static readonly SourceRevision Main = new() { System = "git", Branch = "main", DefaultBranch = "main" };

    private static readonly SourceRevision Feature = Main with { Branch = "feature/x" };

    [TestMethod]
    public void The_default_branch_reads_its_own_and_a_push_writes_it()
    {
        CollectionAssert.AreEqual(new[] { Everybodys }, Imports(TeamCache.Of(Request, Main)));
        Assert.IsNull(TeamCache.Of(Request, Main).Export);
        Assert.AreEqual(Everybodys + Written, Export(TeamCache.Of(Pushed, Main)));
    }

    [TestMethod]
    public void Another_branch_reads_both_and_writes_only_its_own()
    {
        TeamCache cache = TeamCache.Of(Pushed, Feature);
        CollectionAssert.AreEqual(new[] { Branchs, Everybodys }, Imports(cache));
        Assert.AreEqual(Branchs + Written, Export(cache));
    }

    [TestMethod]
    public void Where_nobody_says_which_branch_it_is_there_is_one_cache()
    {
        foreach (SourceRevision revision in new[] { new SourceRevision { System = "" }, Feature with { DefaultBranch = null }, Main with { Branch = null } })
        {
            TeamCache cache = TeamCache.Of(Pushed, revision);
            CollectionAssert.AreEqual(new[] { Everybodys }, Imports(cache));
            Assert.AreEqual(Everybodys + Written, Export(cache));
        }
    }

    [TestMethod]
    public void A_release_writes_none()
    {
        TeamCache cache = TeamCache.Of(Pushed, Main with { Branch = null, Tags = ["v1.0.0"] });
        CollectionAssert.AreEqual(new[] { Everybodys }, Imports(cache));
        Assert.IsNull(cache.Export);
    }

    [TestMethod]
    public void A_pull_request_that_may_be_pushed_writes_its_branchs_and_never_the_default_branchs()
    {
        SourceRevision pullRequest = Feature with { IsPullRequest = true, PullRequest = 7 };
        PrebuildRequest allowed = Pushed with { PushesPullRequests = true };
        Assert.IsNull(TeamCache.Of(Pushed, pullRequest).Export);
        Assert.IsNull(TeamCache.Of(allowed, pullRequest with { IsFork = true }).Export);
        Assert.IsNull(TeamCache.Of(allowed, pullRequest with { Branch = "main" }).Export);
        Assert.AreEqual(Branchs + Written, Export(TeamCache.Of(allowed, pullRequest)));
    }

    [TestMethod]
    public void Where_the_project_writes_it_already_it_does_so_alone()
    {
        PrebuildRequest own = Pushed with { CacheTo = [new CacheReference("registry", [new("ref", "r.example/team/app:cache"), new("mode", "min")])] };
        Assert.IsNull(TeamCache.Of(own, Main).Export);
    }

    [TestMethod]
    public void A_registry_of_plain_HTTP_is_asked_so()
    {
        TeamCache cache = TeamCache.Of(Pushed with { Registries = Request.Registries with { Insecure = ["other.example", "R.example"] } }, Main);
        Assert.EndsWith(",registry.insecure=true", Imports(cache)[^1]);
        Assert.Contains(",registry.insecure=true", Export(cache));
    }

    [TestMethod]
    public void There_is_none_without_a_registry_or_offline_or_where_it_is_turned_off()
    {
        foreach (PrebuildRequest request in new[]
        {
            Pushed with { Registry = "" },
            Pushed with { Registries = Request.Registries with { Offline = true } },
            Pushed with { ReadsTeamCache = false },
        })
        {
            TeamCache cache = TeamCache.Of(request, new RecordingReporter());
            Assert.IsEmpty(cache.Imports);
            Assert.IsNull(cache.Export);
        }
    }

    [TestMethod]
    public void It_is_written_where_an_instruction_ran_or_there_was_none_to_read()
    {
        TeamCache cache = TeamCache.Of(Pushed, Feature);
        BuildStep from = new("linux/arm64", "FROM debian", false, 1);
        BuildStep cached = new("linux/arm64", "RUN a", true, 0);
        BuildStep ran = new("linux/arm64", "RUN b", false, 2);
        BuildTransfer own = new("linux/arm64", TransferKind.CacheImport, "r.example/team/app:cache-feature-x-linux-arm64", 0, Succeeded: false);
        BuildTransfer everybodys = new("linux/arm64", TransferKind.CacheImport, "r.example/team/app:cache-linux-arm64", 0, Succeeded: true);
        Assert.IsTrue(Needs([from, cached, ran], [own, everybodys]));
        Assert.IsFalse(Needs([from, cached], [own, everybodys]));
        Assert.IsTrue(Needs([from, cached], [own, everybodys with { Succeeded = false }]));
        Assert.IsTrue(Needs([from, cached], []));
        Assert.IsFalse(Needs([from], []), "there is nothing to cache");
        Assert.IsFalse(Needs([cached, ran with { Platform = "linux/amd64" }], [everybodys]), "another platform's");
        Assert.IsFalse(TeamCache.Of(Request, Feature).Needs(SampleWorkspace.Arm64, Built([ran], [])));

        bool Needs(BuildStep[] steps, BuildTransfer[] transfers) => cache.Needs(SampleWorkspace.Arm64, Built(steps, transfers));
    }

    [TestMethod]
    [DataRow("cache-linux-amd64", true, false)]
    [DataRow("cache-linux-arm-v7", true, false)]
    [DataRow("cache-main-linux-amd64", true, true)]
    [DataRow("cache-linux-amd64-linux-amd64", true, true)]
    [DataRow("cache-main", false, false)]
    [DataRow("cached-linux-amd64", false, false)]
    [DataRow("my-cache-linux-amd64", false, false)]
    public void Its_tags_have_a_form_of_their_own(string tag, bool isCache, bool isOfBranch)
    {
        Assert.AreEqual(isCache, CacheTag.Is(tag));
        Assert.AreEqual(isOfBranch, CacheTag.IsOfBranch(tag));
    }

    [TestMethod]
    public void A_branch_of_any_name_gets_a_tag()
    {
        string tag = CacheTag.Of(new string('x', 300)) + "-linux-arm64";
        Assert.IsLessThanOrEqualTo(128, tag.Length);
        Assert.IsTrue(CacheTag.IsOfBranch(tag));
        Assert.AreNotEqual(CacheTag.Of(new string('x', 300)), CacheTag.Of(new string('x', 301)));
    }

    private static BuiltImages Built(BuildStep[] steps, BuildTransfer[] transfers) => new(new Dictionary<string, Descriptor>(), steps, transfers);

    private static string[] Imports(TeamCache cache) => [.. cache.Imports.Select(static one => CacheOptions.Format(one, SampleWorkspace.Arm64))];

    private static string Export(TeamCache cache) => CacheOptions.Format(cache.Export!, SampleWorkspace.Arm64);
}
