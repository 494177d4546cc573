using System.Text.Json;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Tests.Build;

[TestClass]
public sealed class BakeDefinitionTests
{
    [TestMethod]
    [DataRow("plain", "plain")]
    [DataRow("${localEnv:HOME}", "$${localEnv:HOME}")]
    [DataRow("%{ if x }", "%%{ if x }")]
    [DataRow("$HOME \\ \"q\"", "$HOME \\ \"q\"")]
    public void What_HCL_would_read_as_a_template_is_doubled(string value, string expected) => Assert.AreEqual(expected, BakeDefinition.Escape(value));

    [TestMethod]
    [DataRow("dest=/a b/c", "dest=/a b/c")]
    [DataRow("dest=/a,b", "\"dest=/a,b\"")]
    [DataRow("dest=/a\"b", "\"dest=/a\"\"b\"")]
    [DataRow("dest=/a;%3B", "dest=/a;%3B")]
    public void A_field_is_quoted_where_it_has_to_be(string field, string expected) => Assert.AreEqual(expected, BakeDefinition.CsvField(field));

    [TestMethod]
    public void Labels_and_paths_survive_as_they_are()
    {
        const string label = "[{\"a\":\"${localEnv:X} \\n \\\\ \u00e9\"}]";
        byte[] definition = BakeDefinition.Write(
        [
            new BakeTarget
            {
                Name = "linux-amd64",
                Platform = "linux/amd64",
                Context = "/w s/plan;%3B/context",
                Dockerfile = "/w s/plan/Dockerfile",
                Arguments = [new("A", "1")],
                Labels = [new("l", label)],
                Contexts = [new("base:1", "docker-image://r/base@sha256:00")],
                Secrets = ["type=env,id=s,env=TOKEN"],
                CacheFrom = [],
                CacheTo = [],
                Destination = "/w s/out, one",
            },
        ]);
        using JsonDocument document = JsonDocument.Parse(definition);
        JsonElement target = document.RootElement.GetProperty("target").GetProperty("linux-amd64");
        Assert.AreEqual("/w s/plan;%3B/context", target.GetProperty("context").GetString());
        Assert.AreEqual(label, target.GetProperty("labels").GetProperty("l").GetString()!.Replace("$${", "${", StringComparison.Ordinal));
        Assert.AreEqual("type=oci,\"dest=/w s/out, one\",tar=false,rewrite-timestamp=true", target.GetProperty("output")[0].GetString());
    }

    [TestMethod]
    [DataRow("registry", "ref", "r.example/cache:main", "type=registry,ref=r.example/cache:main-linux-arm64")]
    [DataRow("registry", "ref", "r.example:5000/cache", "type=registry,ref=r.example:5000/cache:cache-linux-arm64")]
    [DataRow("local", "dest", "/cache", "type=local,dest=/cache/linux-arm64")]
    [DataRow("gha", "mode", "max", "type=gha,mode=max,scope=buildkit-linux-arm64")]
    [DataRow("gha", "scope", "main", "type=gha,scope=main-linux-arm64")]
    public void Each_platform_has_a_cache_of_its_own(string type, string name, string value, string expected) =>
        Assert.AreEqual(expected, CacheOptions.Format(new CacheReference(type, [new(name, value)]), Platform.Parse("linux/arm64")));

    [TestMethod]
    [DataRow("RUN --mount=type=cache,id=x,target=/y apt-get update", "RUN apt-get update")]
    [DataRow("FROM localhost:5000/base@sha256:abc", "FROM localhost:5000/base")]
    [DataRow("RUN --mount=type=bind,from=f,target=/tmp/dev-container-features,rw [\"/bin/sh\", \"-c\", \"cd /tmp/dev-container-features/hello_0 && exec x\"]", "Feature hello")]
    public void A_step_is_named_for_reading(string instruction, string expected) => Assert.AreEqual(expected, StepName.Shorten(instruction));
}
