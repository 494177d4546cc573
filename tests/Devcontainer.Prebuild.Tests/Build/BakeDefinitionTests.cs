using System.Text;
using System.Text.Json;
using Devcontainer.Prebuild.Build;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Prebuild.Tests.Build;

[TestClass]
public sealed class BakeDefinitionTests
{
    private static readonly BakeTarget Target = new()
    {
        Name = "linux-amd64",
        Platform = "linux/amd64",
        Context = "/w/plan/context",
        Dockerfile = "/w/plan/Dockerfile",
        Arguments = [],
        Labels = [],
        Contexts = [],
        Secrets = [],
        CacheFrom = [],
        CacheTo = [],
        Destination = "/w/.build-1/linux-amd64",
    };

    private static readonly Gen<string> Texts =
        Gen.Elements("$", "$$", "{", "}", "%", "%%", "${a}", "%{if}", "\\", "\"", "\n", "ä", "😀", " ", "a").ArrayOf().Select(string.Concat);

    [TestMethod]
    public void Without_a_destination_only_caches_are_written() => Assert.AreEqual(
        "type=cacheonly",
        Write(Target with { Destination = null }).GetProperty("target").GetProperty("linux-amd64").GetProperty("output")[0].GetString());

    [TestMethod]
    [DataRow("plain", "plain")]
    [DataRow("${localEnv:HOME}", "$${localEnv:HOME}")]
    [DataRow("$${a}", "$$${a}")]
    [DataRow("%{ if x }", "%%{ if x }")]
    [DataRow("$HOME \\ \"q\" 100% {}", "$HOME \\ \"q\" 100% {}")]
    [DataRow("", "")]
    public void What_HCL_would_read_as_a_template_is_doubled(string value, string expected) => Assert.AreEqual(expected, BakeDefinition.Escape(value));

    [TestMethod]
    public void Any_text_comes_through_a_template_as_it_is() =>
        Prop.ForAll(Texts.ToArbitrary(), static text => Template(BakeDefinition.Escape(text)) == text).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [TestMethod]
    [DataRow("dest=/a b/c", "dest=/a b/c")]
    [DataRow("dest=/a,b", "\"dest=/a,b\"")]
    [DataRow("dest=/a\"b", "\"dest=/a\"\"b\"")]
    [DataRow("dest=/a\nb", "\"dest=/a\nb\"")]
    [DataRow("dest=/a;%3B", "dest=/a;%3B")]
    [DataRow("dest=/a'b", "dest=/a'b")]
    public void A_field_is_quoted_where_it_has_to_be(string field, string expected) => Assert.AreEqual(expected, BakeDefinition.CsvField(field));

    [TestMethod]
    public void Two_targets_are_one_group_each_with_its_own_destination()
    {
        JsonElement root = Write(Target with { Stage = "dev" }, Target with { Name = "linux-arm64", Platform = "linux/arm64", Destination = "/w/.build-1/linux-arm64", NoCache = true });
        CollectionAssert.AreEqual(new[] { "linux-amd64", "linux-arm64" }, ListOf(root.GetProperty("group").GetProperty("default").GetProperty("targets")));
        JsonElement one = root.GetProperty("target").GetProperty("linux-amd64");
        JsonElement two = root.GetProperty("target").GetProperty("linux-arm64");
        CollectionAssert.AreEqual(new[] { "linux/amd64" }, ListOf(one.GetProperty("platforms")));
        CollectionAssert.AreEqual(new[] { "type=oci,dest=/w/.build-1/linux-amd64,tar=false,rewrite-timestamp=true" }, ListOf(one.GetProperty("output")));
        CollectionAssert.AreEqual(new[] { "type=oci,dest=/w/.build-1/linux-arm64,tar=false,rewrite-timestamp=true" }, ListOf(two.GetProperty("output")));
        Assert.AreEqual("dev", one.GetProperty("target").GetString());
        Assert.IsFalse(two.TryGetProperty("target", out _));
        Assert.IsTrue(two.GetProperty("no-cache").GetBoolean());
        Assert.IsFalse(one.TryGetProperty("no-cache", out _));
        Assert.IsFalse(one.TryGetProperty("args", out _));
    }

    [TestMethod]
    [DataRow("/w s/out, one")]
    [DataRow("/w/\"quoted\"")]
    [DataRow("/w/semi;colon%3B")]
    [DataRow("/w/${a}%{b}")]
    [DataRow("/w/grün'😀")]
    [DataRow("/w/=,=")]
    public void Paths_of_any_name_survive(string folder)
    {
        JsonElement target = Write(Target with { Context = folder, Dockerfile = folder + "/Dockerfile", Destination = folder }).GetProperty("target").GetProperty("linux-amd64");
        Assert.AreEqual(folder, Template(target.GetProperty("context").GetString()!));
        Assert.AreEqual(folder + "/Dockerfile", Template(target.GetProperty("dockerfile").GetString()!));
        CollectionAssert.AreEqual(
            new[] { "type=oci", "dest=" + folder, "tar=false", "rewrite-timestamp=true" }, Csv(Template(target.GetProperty("output")[0].GetString()!)));
    }

    [TestMethod]
    public void Names_and_values_of_arguments_labels_and_contexts_survive()
    {
        KeyValuePair<string, string>[] pairs =
        [
            new("a", ""), new("${b}", "${c}"), new("d%{", "\"\\\n"), new("e f=g", " h "), new("devcontainer.metadata", "[ {\"id\":\"${localEnv:X}\",\"ä\":1} ]"),
        ];
        JsonElement target = Write(Target with { Arguments = pairs, Labels = pairs, Contexts = pairs }).GetProperty("target").GetProperty("linux-amd64");
        foreach (string map in (string[])["args", "labels", "contexts"])
        {
            CollectionAssert.AreEqual(
                pairs,
                target.GetProperty(map).EnumerateObject().Select(static pair => KeyValuePair.Create(Template(pair.Name), Template(pair.Value.GetString()!))).ToArray());
        }
    }

    [TestMethod]
    public void The_last_of_several_with_one_name_is_the_one()
    {
        JsonElement labels = Write(Target with { Labels = [new("a", "1"), new("b", "2"), new("a", "3")] })
            .GetProperty("target").GetProperty("linux-amd64").GetProperty("labels");
        CollectionAssert.AreEqual(new[] { "a=3", "b=2" }, labels.EnumerateObject().Select(static label => $"{label.Name}={label.Value}").ToArray());
    }

    [TestMethod]
    public void Secrets_and_caches_are_lists_as_they_are_given()
    {
        JsonElement target = Write(Target with { Secrets = ["type=env,id=a,env=${B}"], CacheFrom = ["type=gha", "type=inline"], CacheTo = ["type=local,\"dest=/a,b\""] })
            .GetProperty("target").GetProperty("linux-amd64");
        CollectionAssert.AreEqual(new[] { "type=env,id=a,env=$${B}" }, ListOf(target.GetProperty("secret")));
        CollectionAssert.AreEqual(new[] { "type=gha", "type=inline" }, ListOf(target.GetProperty("cache-from")));
        CollectionAssert.AreEqual(new[] { "type=local,\"dest=/a,b\"" }, ListOf(target.GetProperty("cache-to")));
    }

    [TestMethod]
    public void Options_of_the_build_are_there_where_they_are_given()
    {
        JsonElement target = Write(Target with
        {
            Ssh = ["default", "git=/k"],
            Hosts = [new("a", "1.1.1.1,::1")],
            Network = "host",
            ShmSize = "64m",
            Ulimits = ["core=0"],
            Entitlements = ["network.host"],
            NoCacheStages = ["dev"],
            Pull = true,
        }).GetProperty("target").GetProperty("linux-amd64");
        CollectionAssert.AreEqual(new[] { "default", "git=/k" }, ListOf(target.GetProperty("ssh")));
        Assert.AreEqual("1.1.1.1,::1", target.GetProperty("extra-hosts").GetProperty("a").GetString());
        Assert.AreEqual("host", target.GetProperty("network").GetString());
        Assert.AreEqual("64m", target.GetProperty("shm-size").GetString());
        CollectionAssert.AreEqual(new[] { "core=0" }, ListOf(target.GetProperty("ulimits")));
        CollectionAssert.AreEqual(new[] { "network.host" }, ListOf(target.GetProperty("entitlements")));
        CollectionAssert.AreEqual(new[] { "dev" }, ListOf(target.GetProperty("no-cache-filter")));
        Assert.IsTrue(target.GetProperty("pull").GetBoolean());
        CollectionAssert.AreEqual(
            new[] { "context", "dockerfile", "platforms", "secret", "cache-from", "cache-to", "output" },
            Write(Target).GetProperty("target").GetProperty("linux-amd64").EnumerateObject().Select(static property => property.Name).ToArray());
    }

    private static JsonElement Write(params BakeTarget[] targets)
    {
        using JsonDocument document = JsonDocument.Parse(BakeDefinition.Write(targets));
        return document.RootElement.Clone();
    }

    private static string[] ListOf(JsonElement list) => [.. list.EnumerateArray().Select(static item => item.GetString()!)];

    /// <summary>What HCL makes of a template without expressions (hashicorp/hcl, hclsyntax/spec.md, "Template Literals").</summary>
    private static string Template(string template)
    {
        var text = new StringBuilder();
        for (int i = 0; i < template.Length; i++)
        {
            if (template[i] is '$' or '%' && template.AsSpan(i + 1).StartsWith([template[i], '{']))
            {
                i++;
            }
            else
            {
                Assert.IsFalse(template[i] is '$' or '%' && template.AsSpan(i + 1).StartsWith("{"), $"an expression in {template}");
            }

            text.Append(template[i]);
        }

        return text.ToString();
    }

    /// <summary>The fields of a line of comma-separated values (RFC 4180).</summary>
    private static string[] Csv(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case '"' when quoted && i + 1 < line.Length && line[i + 1] == '"':
                    field.Append(line[++i]);
                    break;
                case '"':
                    quoted = !quoted;
                    break;
                case ',' when !quoted:
                    fields.Add(field.ToString());
                    field.Clear();
                    break;
                default:
                    field.Append(line[i]);
                    break;
            }
        }

        return [.. fields, field.ToString()];
    }
}
