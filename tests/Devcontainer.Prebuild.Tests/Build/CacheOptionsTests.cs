using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Tests.Build;

[TestClass]
public sealed class CacheOptionsTests
{
    [TestMethod]
    [DataRow("registry", "ref=r.example/cache:main", "type=registry,ref=r.example/cache:main-linux-arm64")]
    [DataRow("registry", "ref=r.example/cache:main|mode=max", "type=registry,ref=r.example/cache:main-linux-arm64,mode=max")]
    [DataRow("registry", "ref=r.example:5000/cache", "type=registry,ref=r.example:5000/cache:cache-linux-arm64")]
    [DataRow("registry", "ref=localhost:5000/a/b:1.0", "type=registry,ref=localhost:5000/a/b:1.0-linux-arm64")]
    [DataRow("registry", "ref=r.example/cache@sha256:00", "type=registry,ref=r.example/cache@sha256:00")]
    [DataRow("local", "dest=/cache|mode=max", "type=local,dest=/cache/linux-arm64,mode=max")]
    [DataRow("local", "src=/cache", "type=local,src=/cache/linux-arm64")]
    [DataRow("local", "dest=/a, b", "type=local,\"dest=/a, b/linux-arm64\"")]
    [DataRow("local", "dest=/a\"b", "type=local,\"dest=/a\"\"b/linux-arm64\"")]
    [DataRow("local", "dest=/a;b%3B", "type=local,dest=/a;b%3B/linux-arm64")]
    [DataRow("inline", "", "type=inline")]
    [DataRow("gha", "", "type=gha,scope=buildkit-linux-arm64")]
    [DataRow("gha", "mode=max", "type=gha,mode=max,scope=buildkit-linux-arm64")]
    [DataRow("gha", "scope=main", "type=gha,scope=main-linux-arm64")]
    [DataRow("s3", "bucket=b|region=r|name=n", "type=s3,bucket=b,region=r,name=n-linux-arm64")]
    [DataRow("s3", "bucket=b|region=r", "type=s3,bucket=b,region=r,name=buildkit-linux-arm64")]
    [DataRow("azblob", "account_url=u", "type=azblob,account_url=u,name=buildkit-linux-arm64")]
    [DataRow("azblob", "name=n", "type=azblob,name=n-linux-arm64")]
    public void Each_platform_has_a_cache_of_its_own(string type, string attributes, string expected) =>
        Assert.AreEqual(expected, CacheOptions.Format(new CacheReference(type, Pairs(attributes)), SampleWorkspace.Arm64));

    [TestMethod]
    [DataRow("registry", "ref=r.example/cache:main", "type=registry,ref=r.example/cache:main")]
    [DataRow("local", "dest=/cache", "type=local,dest=/cache")]
    [DataRow("gha", "", "type=gha")]
    [DataRow("gha", "scope=main", "type=gha,scope=main")]
    [DataRow("s3", "bucket=b", "type=s3,bucket=b")]
    public void Or_all_have_one_where_that_is_asked_for(string type, string attributes, string expected) =>
        Assert.AreEqual(expected, CacheOptions.Format(new CacheReference(type, Pairs(attributes), PerPlatform: false), SampleWorkspace.Arm64));

    [TestMethod]
    public void A_variant_is_part_of_the_name() => Assert.AreEqual(
        "type=registry,ref=r.example/cache:1-linux-arm-v7",
        CacheOptions.Format(new CacheReference("registry", [new("ref", "r.example/cache:1")]), new Platform("linux", "arm", "v7")));

    [TestMethod]
    [DataRow("gha", "", "", true)]
    [DataRow("gha", "", "ACTIONS_RUNTIME_TOKEN", true)]
    [DataRow("gha", "", "ACTIONS_RESULTS_URL", true)]
    [DataRow("gha", "", "ACTIONS_RUNTIME_TOKEN|ACTIONS_RESULTS_URL", false)]
    [DataRow("gha", "", "ACTIONS_RUNTIME_TOKEN|ACTIONS_CACHE_URL", false)]
    [DataRow("gha", "token=t|url=u", "", false)]
    [DataRow("registry", "ref=r", "", false)]
    public void GitHubs_cache_without_its_variables_is_a_warning(string type, string attributes, string variables, bool warns)
    {
        using var workspace = new SampleWorkspace("""{ "image": "debian:12" }""");
        var cache = new CacheReference(type, Pairs(attributes));
        PrebuildRequest request = workspace.Request with
        {
            Environment = variables.Split('|', StringSplitOptions.RemoveEmptyEntries).ToDictionary(static name => name, static _ => "x"),
        };
        foreach (PrebuildRequest asked in (PrebuildRequest[])[request with { CacheFrom = [cache] }, request with { CacheTo = [cache] }])
        {
            Assert.AreEqual(warns ? Codes.GitHubCacheUnreachable : null, CacheOptions.Unreachable(asked)?.Code);
        }
    }

    private static KeyValuePair<string, string>[] Pairs(string attributes) =>
        [.. attributes.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(static pair => KeyValuePair.Create(pair.Split('=')[0], pair.Split('=')[1]))];
}
