using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Tests.Build;

[TestClass]
public sealed class TeamCacheTests
{
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
        CacheFrom = [new CacheReference("gha", [])],
        CacheTo = [new CacheReference("inline", [])],
        ReadsTeamCache = true,
    };

    private static readonly PrebuildRequest Pushed = Request with { WritesTeamCache = true };

    [TestMethod]
    public void Every_build_reads_it_beside_the_projects_own()
    {
        PrebuildRequest added = TeamCache.AddTo(Request);
        CollectionAssert.AreEqual(
            new[] { "type=gha,scope=buildkit-linux-arm64", "type=registry,ref=r.example/team/app:cache-linux-arm64" }, Format(added.CacheFrom));
        CollectionAssert.AreEqual(new[] { "type=inline" }, Format(added.CacheTo));
    }

    [TestMethod]
    public void A_push_writes_it_and_does_not_fail_with_it() => CollectionAssert.AreEqual(
        new[] { "type=inline", "type=registry,ref=r.example/team/app:cache-linux-arm64,mode=max,image-manifest=true,ignore-error=true" },
        Format(TeamCache.AddTo(Pushed).CacheTo));

    [TestMethod]
    public void Where_the_project_writes_it_already_it_does_so_alone()
    {
        PrebuildRequest own = Pushed with { CacheTo = [new CacheReference("registry", [new("ref", "r.example/team/app:cache"), new("mode", "min")])] };
        CollectionAssert.AreEqual(new[] { "type=registry,ref=r.example/team/app:cache-linux-arm64,mode=min" }, Format(TeamCache.AddTo(own).CacheTo));
    }

    [TestMethod]
    public void A_registry_of_plain_HTTP_is_asked_so()
    {
        PrebuildRequest added = TeamCache.AddTo(Pushed with { Registries = Request.Registries with { Insecure = ["other.example", "R.example"] } });
        Assert.EndsWith(",registry.insecure=true", Format(added.CacheFrom)[^1]);
        Assert.EndsWith(",registry.insecure=true", Format(added.CacheTo)[^1]);
    }

    [TestMethod]
    public void There_is_none_without_a_registry_or_offline_or_where_it_is_turned_off()
    {
        Assert.AreSame(Pushed.CacheFrom, TeamCache.AddTo(Pushed with { Registry = "" }).CacheFrom);
        Assert.AreSame(Pushed.CacheTo, TeamCache.AddTo(Pushed with { Registries = Request.Registries with { Offline = true } }).CacheTo);
        Assert.AreSame(Pushed.CacheTo, TeamCache.AddTo(Pushed with { ReadsTeamCache = false }).CacheTo);
    }

    private static string[] Format(IReadOnlyList<CacheReference> caches) => [.. caches.Select(static cache => CacheOptions.Format(cache, SampleWorkspace.Arm64))];
}
