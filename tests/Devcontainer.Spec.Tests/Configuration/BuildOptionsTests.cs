using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class BuildOptionsTests
{
    private static readonly SubstitutionContext Environment = new()
    {
        LocalEnv = static name => name switch { "SET" => "value", "SECRET" => "hunter2", _ => null },
        AllowedEnvironment = new HashSet<string> { "SET", "UNSET" },
    };

    [TestMethod]
    [DataRow("""["--network=host"]""", "--network host")]
    [DataRow("""["--network", "none"]""", "--network none")]
    [DataRow("""["--network=none", "--network=default"]""", "")]
    [DataRow("""["--add-host=feed.local:10.0.0.1"]""", "--add-host feed.local=10.0.0.1")]
    [DataRow("""["--add-host=a=::1,b:[fe80::1]", "--add-host", "a:10.0.0.1"]""", "--add-host a=::1,10.0.0.1\n--add-host b=[fe80::1]")]
    [DataRow("""["--add-host=host.docker.internal:host-gateway"]""", "--add-host host.docker.internal=host-gateway")]
    [DataRow("""["--shm-size=1g", "--shm-size=64m"]""", "--shm-size 64m")]
    [DataRow("""["--ulimit", "nofile=1024:2048", "--ulimit=core=-1", "--ulimit=core=-1"]""", "--ulimit nofile=1024:2048\n--ulimit core=-1")]
    [DataRow("""["--allow=network.host", "--allow", "security.insecure", "--allow=network.host"]""", "--allow network.host\n--allow security.insecure")]
    [DataRow("""["--ssh=default", "--ssh", "git=keys/id"]""", "--ssh default\n--ssh git")]
    [DataRow("""["--ulimit=core=0", "--add-host=a:1.1.1.1"]""", "--add-host a=1.1.1.1\n--ulimit core=0")]
    [DataRow("""["--secret", "id=token,env=SECRET", "--secret=id=npmrc,src=${localWorkspaceFolderBasename}/npmrc"]""", "--secret token\n--secret npmrc")]
    [DataRow("""["--no-cache", "--pull", "--cache-from=a", "--label=a=b", "--target=dev", "--build-arg=A=1", "--platform=linux/amd64"]""", "")]
    [DataRow("[]", "")]
    public void What_instructions_can_notice_is_told(string options, string expected) =>
        Assert.AreEqual(expected, string.Join('\n', Load(options).Options.Noticed.Select(static option => $"{option.Key} {option.Value}")));

    [TestMethod]
    public void The_rest_is_where_other_properties_say_it_and_comes_after_them()
    {
        DockerfileBuild build = Load(
            """["--build-arg=A=2", "--build-arg", "B=x=y", "--build-arg=SET", "--build-arg=UNSET", "--target", "dev", "--cache-from", "type=local,src=/c"]""",
            ", \"args\": { \"A\": \"1\" }, \"target\": \"other\", \"cacheFrom\": \"image\"");
        CollectionAssert.AreEqual(new[] { "A=2", "B=x=y", "SET=value" }, build.Args.Select(static pair => $"{pair.Key}={pair.Value}").ToArray());
        Assert.AreEqual("dev", build.Target);
        Assert.AreEqual(131, build.TargetLocation!.Column);
        CollectionAssert.AreEqual(new[] { "image", "type=local,src=/c" }, build.CacheFrom.ToArray());
        Assert.AreEqual("other", Load("[]", ", \"target\": \"other\"").Target);
    }

    [TestMethod]
    public void Labels_switches_and_files_are_read()
    {
        BuildOptions options = Load(
            """["--label", "a=b=c", "--label=empty", "--label=a=d", "--no-cache=true", "--pull=false", "--no-cache-filter=x,y", "--secret=type=env,id=t,src=TOKEN", "--secret=id=f,source=../f", "--ssh=git=/k,l"]""").Options;
        CollectionAssert.AreEqual(new[] { "a=d", "empty=" }, options.Labels.Select(static pair => $"{pair.Key}={pair.Value}").ToArray());
        Assert.IsTrue(options.NoCache);
        Assert.IsFalse(options.Pull);
        CollectionAssert.AreEqual(new[] { "x", "y" }, options.NoCacheStages.ToArray());
        Assert.AreEqual(new BuildOptionSecret("t", "TOKEN", null), options.Secrets[0]);
        Assert.IsNull(options.Secrets[1].EnvironmentVariable);
        Assert.EndsWith("/f", options.Secrets[1].File!);
        Assert.AreEqual("/k", options.Ssh.Single().Paths[0]);
        Assert.EndsWith("/repo/l", options.Ssh.Single().Paths[1]);
    }

    [TestMethod]
    [DataRow("--tag=a", "DevcontainerImageTags")]
    [DataRow("-t", "DevcontainerImageTags")]
    [DataRow("--output=type=local,dest=x", "LoadDevcontainer")]
    [DataRow("-o", "LoadDevcontainer")]
    [DataRow("--load", "LoadDevcontainer")]
    [DataRow("--push", "PushDevcontainer")]
    [DataRow("--iidfile=x", "receipt.json")]
    [DataRow("--metadata-file=x", "receipt.json")]
    [DataRow("--builder=x", "DevcontainerBuilder")]
    [DataRow("--file=x", "build.dockerfile")]
    [DataRow("--build-context=a=b", "build.context")]
    [DataRow("--cache-to=type=inline", "DevcontainerCacheTo")]
    [DataRow("--provenance=false", "GenerateDevcontainerProvenance")]
    [DataRow("--sbom=true", "GenerateDevcontainerSbom")]
    [DataRow("--annotation=a=b", "--label")]
    [DataRow("--check", "no image")]
    [DataRow("--progress=plain", "-v")]
    [DataRow("--memory=1g", "bake")]
    [DataRow("--none", "bake")]
    [DataRow(".", "no option")]
    [DataRow("--network host", "bake")]
    [DataRow("--network=bridge", "default, none or host")]
    [DataRow("--network", "needs a value")]
    [DataRow("--add-host=a", "a name and an address")]
    [DataRow("--add-host=:1.1.1.1", "a name and an address")]
    [DataRow("--add-host=a:b", "a name and an address")]
    [DataRow("--shm-size=big", "a size")]
    [DataRow("--ulimit=nofile", "a name and one number")]
    [DataRow("--allow=fs=/", "network.host")]
    [DataRow("--pull=perhaps", "true or false")]
    [DataRow("--label==x", "no name")]
    [DataRow("--label=devcontainer.metadata=[]", "devcontainer.json")]
    [DataRow("--secret=hunter2", "id=name")]
    [DataRow("--secret=id=x", "id=name")]
    [DataRow("--secret=id=x,src=a,env=b", "id=name")]
    [DataRow("--secret=id=x,src=a,mode=1", "id=name")]
    [DataRow("--ssh=", "default")]
    public void What_cannot_be_is_refused_at_its_place_with_what_to_do(string option, string says)
    {
        using Workspace workspace = Write($$"""["--pull", "{{option}}"]""");
        Diagnostic error = workspace.Refused(Codes.BuildOptionsNotSupported, 1, 58);
        Assert.Contains(says, error.Message);
        Assert.DoesNotContain("hunter2", error.Message);
    }

    [TestMethod]
    [DataRow("--build-arg=SECRET")]
    [DataRow("--label=a=${localEnv:SECRET}")]
    public void A_variable_of_the_machine_reaches_the_image_only_where_the_project_allows_it(string option)
    {
        using Workspace workspace = Write($$"""["--pull", "{{option}}"]""");
        Assert.DoesNotContain("hunter2", workspace.Refused(Codes.EnvironmentNotAllowed, 1, 58, Environment).Message);
    }

    private static Workspace Write(string options, string more = "") => new(
        $$"""{"build":{"dockerfile":"Dockerfile","options":{{options}}{{more}} } }""", (".devcontainer/Dockerfile", ""));

    private static DockerfileBuild Load(string options, string more = "")
    {
        using Workspace workspace = Write(options, more);
        return workspace.Load(Environment).Build!;
    }
}
