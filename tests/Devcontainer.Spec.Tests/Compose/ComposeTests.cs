using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

/// <summary>What the oracle's cases (<c>Oracle/cases/compose.json</c>) do not show: options of the build, places of errors, and what is left alone.</summary>
[TestClass]
public sealed class ComposeTests
{
    private const string App = """{"dockerComposeFile":"compose.yml","service":"app"}""";

    [TestMethod]
    public void A_build_has_everything_that_the_service_says_of_it()
    {
        using Workspace workspace = Of("""
            services:
              app:
                image: acme/app
                build:
                  context: ..
                  dockerfile: docker/Dockerfile
                  target: dev
                  args: { LEVEL: 2, FLAG: true, TEXT: "a b", UNSET: }
                  labels: ["team=a", other]
                  cache_from: [acme/app:cache, "type=registry,ref=acme/cache"]
                  network: host
                  privileged: true
                  shm_size: 64m
                  pull: "true"
                  no_cache: ${NO_CACHE:-true}
                  no_cache_filter: base
                  extra_hosts: { one.local: 10.0.0.1, two.local: [10.0.0.2, 10.0.0.3] }
                  ulimits: { nofile: { soft: 1024, hard: 2048 }, nproc: 100 }
                  secrets: [token, { source: file, target: nuget }]
                  ssh: [default, "git=keys/id"]
                  platforms: [linux/amd64]
                  tags: [acme/app:1]
                  cache_to: [type=inline]
            secrets:
              token: { environment: TOKEN }
              file: { file: ./nuget.txt }
            """);
        string dockerfile = workspace.Write("docker/Dockerfile", "FROM debian:12 AS dev\n");
        DevcontainerConfiguration configuration = workspace.Load();
        DockerfileBuild build = configuration.Build!;
        Assert.IsNull(configuration.Image, "with a build it is only the name of what is built");
        Assert.AreEqual((dockerfile, workspace.Folder, "dev"), (build.Dockerfile, build.Context, build.Target));
        Assert.AreEqual("LEVEL=2 FLAG=true TEXT=a b", string.Join(' ', build.Args.Select(static pair => $"{pair.Key}={pair.Value}")));
        Assert.AreEqual("acme/app:cache type=registry,ref=acme/cache", string.Join(' ', build.CacheFrom));
        BuildOptions options = build.Options;
        Assert.AreEqual("team=a other=", string.Join(' ', options.Labels.Select(static pair => $"{pair.Key}={pair.Value}")));
        Assert.AreEqual("one.local=10.0.0.1 two.local=10.0.0.2,10.0.0.3", string.Join(' ', options.Hosts.Select(static pair => $"{pair.Key}={pair.Value}")));
        Assert.AreEqual("nofile=1024:2048 nproc=100", string.Join(' ', options.Ulimits));
        Assert.AreEqual("security.insecure", string.Join(' ', options.Entitlements));
        Assert.AreEqual(("host", "64m", true, true, "base"), (options.Network, options.ShmSize, options.Pull, options.NoCache, options.NoCacheStages.Single()));
        CollectionAssert.AreEqual(
            new[] { new BuildOptionSecret("token", "TOKEN", null), new BuildOptionSecret("nuget", null, Path.Combine(workspace.Folder, ".devcontainer", "nuget.txt")) },
            options.Secrets.ToArray());
        Assert.AreEqual($"default: git:{Path.Combine(workspace.Folder, ".devcontainer", "keys", "id")}", string.Join(' ', options.Ssh.Select(static ssh => $"{ssh.Id}:{string.Join(',', ssh.Paths)}")));
        Assert.IsEmpty(options.Platforms, "the project says them");
        Assert.AreEqual("/", configuration.ContainerWorkspaceFolder);
        Assert.AreEqual(7, build.TargetLocation!.Line);
        Assert.AreEqual(Path.Combine(workspace.Folder, ".devcontainer", "compose.yml"), build.DockerfileLocation.File);
    }

    [TestMethod]
    public void Every_file_that_was_read_is_told()
    {
        using var workspace = new Workspace(
            """{"dockerComposeFile":["../compose.yml","more.yml"],"service":"app"}""",
            ("compose.yml", "include: [tools/compose.yml]\n"),
            (".env", "A=1\n"),
            ("tools/compose.yml", "services:\n  app:\n    extends: { file: ../base/base.yml, service: base }\n"),
            ("base/base.yml", "services:\n  base:\n    image: debian:${A}2\n"),
            (".devcontainer/more.yml", "services:\n  app:\n    user: dev\n"));
        DevcontainerConfiguration configuration = workspace.Load();
        Assert.AreEqual(("debian:12", "dev"), (configuration.Image, configuration.ServiceUser));
        Assert.AreEqual(new SourceLocation(Path.Combine(workspace.Folder, "base", "base.yml"), 3, 12), configuration.ImageLocation);
        Assert.AreEqual(
            ".devcontainer/more.yml .env base/base.yml compose.yml tools/compose.yml",
            string.Join(' ', configuration.ComposeFiles.Select(file => Path.GetRelativePath(workspace.Folder, file).Replace('\\', '/'))));
    }

    [TestMethod]
    public void What_no_image_is_made_of_may_say_what_it_likes()
    {
        using Workspace workspace = Of("""
            services:
              app:
                image: debian:12
                environment: { TOKEN: "${TOKEN}", X: "${" }
                x-more: [1, 2]
              db:
                image: ${DB_IMAGE:?none}
                extends: nowhere
            """);
        Assert.AreEqual("debian:12", workspace.Load(new SubstitutionContext { LocalEnv = static name => name == "TOKEN" ? "secret" : null }).Image);
    }

    [TestMethod]
    [DataRow("debian:${TAG:-12}", null, "debian:12")]
    [DataRow("debian:${FILE_TAG:-12}", null, "debian:11", DisplayName = "a default that the .env file makes needless")]
    [DataRow("debian:${TAG:-12}", "13", null, DisplayName = "this machine would have another one")]
    [DataRow("debian:${TAG}", "13", null)]
    [DataRow("debian:${TAG}", null, null)]
    [DataRow("debian:${FILE_TAG}", null, "debian:11")]
    [DataRow("debian:${INNER}", null, "debian:9", DisplayName = "a default in the .env file")]
    [DataRow("debian:${INNER}", "13", null, DisplayName = "a default in the .env file, and another value here")]
    [DataRow("debian:${OLD:+12}11", null, "debian:11")]
    public void A_variable_that_the_project_does_not_allow_counts_as_not_set_where_nothing_depends_on_it(string image, string? here, string? expected)
    {
        using Workspace workspace = Of($"services:\n  app:\n    image: {image}\n");
        workspace.Write(".devcontainer/.env", "FILE_TAG=11\nINNER=${TAG:-9}\n");
        var context = new SubstitutionContext { LocalEnv = name => name == "TAG" ? here : null };
        if (expected is null)
        {
            Diagnostic error = Expect.Error(Codes.EnvironmentNotAllowed, () => workspace.Load(context));
            Assert.Contains("'TAG'", error.Message);
            Assert.DoesNotContain("13", error.Message, "its value is nobody's business");
        }
        else
        {
            Assert.AreEqual(expected, workspace.Load(context).Image);
        }

        if (here is not null)
        {
            Assert.AreEqual($"debian:{here}", workspace.Load(context with { AllowedEnvironment = new HashSet<string> { "TAG" } }).Image);
        }
    }

    [TestMethod]
    [DataRow("services:\n  app:\n    image: [\n", Codes.YamlInvalid, 4)]
    [DataRow("services:\n  app:\n    image: *nothing\n", Codes.YamlInvalid, 3)]
    [DataRow("services:\n  app:\n    ? [a]\n    : b\n", Codes.YamlInvalid, 3)]
    [DataRow("services:\n  app:\n    <<: text\n    image: a\n", Codes.YamlInvalid, 3)]
    [DataRow("- services\n", Codes.ComposeInvalid, 1)]
    [DataRow("services: [app]\n", Codes.ComposeInvalid, 1)]
    [DataRow("services:\n  app: debian\n", Codes.ComposeInvalid, 2)]
    [DataRow("services:\n  app:\n    build: [.]\n", Codes.ComposeInvalid, 3)]
    [DataRow("services:\n  app:\n    build:\n      context: .\n      args: [[a]]\n", Codes.ComposeInvalid, 5)]
    [DataRow("services:\n  app:\n    build:\n      context: .\n      labels: text\n", Codes.ComposeInvalid, 5)]
    [DataRow("services:\n  app:\n    build:\n      context: .\n      secrets: [none]\n", Codes.ComposeInvalid, 5)]
    [DataRow("services:\n  app:\n    image: a\n    extends: {file: other.yml}\n", Codes.ComposeInvalid, 4)]
    [DataRow("services:\n  app:\n    image: a\n    extends: {file: none.yml, service: b}\n", Codes.BuildFileNotFound, 4)]
    [DataRow("include: [none.yml]\n", Codes.BuildFileNotFound, 1)]
    [DataRow("include: [\"https://example.com/compose.yml\"]\n", Codes.ComposeNotSupported, 1)]
    [DataRow("include: none.yml\n", Codes.ComposeInvalid, 1)]
    [DataRow("services:\n  app:\n    build: {context: ., shm_size: big}\n", Codes.BuildOptionsNotSupported, 3)]
    [DataRow("services:\n  app:\n    build: {context: ., network: backend}\n", Codes.BuildOptionsNotSupported, 3)]
    [DataRow("services:\n  app:\n    build: {context: ., labels: {devcontainer.metadata: x}}\n", Codes.BuildOptionsNotSupported, 3)]
    [DataRow("services:\n  app:\n    build: ../..\n", Codes.PathOutsideRepository, 3)]
    [DataRow("services:\n  app:\n    image: ${1}\n", Codes.ComposeInvalid, 3)]
    public void What_cannot_be_read_is_an_error_at_its_place(string compose, string code, int line)
    {
        using Workspace workspace = Of(compose);
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:12\n");
        Diagnostic error = Expect.Error(code, () => workspace.Load());
        Assert.AreEqual((Path.Combine(workspace.Folder, ".devcontainer", "compose.yml"), line), (error.Location!.File, error.Location.Line), error.Message);
    }

    [TestMethod]
    public void A_line_of_an_env_file_that_cannot_be_read_is_an_error_that_does_not_show_it()
    {
        using Workspace workspace = Of("services:\n  app:\n    image: debian:${B}\n");
        foreach (string text in new[] { "A=1\nB='s3cr3t", "A=1\nB=s3cr3t${", "A=1\ns3 cr3t=1" })
        {
            workspace.Write(".devcontainer/.env", text);
            Diagnostic error = Expect.Error(Codes.ComposeInvalid, () => workspace.Load());
            Assert.AreEqual((".env", 2), (Path.GetFileName(error.Location!.File), error.Location.Line));
            Assert.DoesNotContain("cr3t", error.Message);
        }
    }

    [TestMethod]
    public void An_env_file_is_read_as_Compose_reads_it()
    {
        using Workspace workspace = Of("""
            services:
              app:
                build:
                  context: .
                  args: [PLAIN, EXPORTED, QUOTED, SINGLE, COLON, EMPTY, LATER, MULTI, ESCAPED, HASH, TWICE]
            """);
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:12\n");
        workspace.Write(
            ".devcontainer/.env",
            "\uFEFF# first\r\nPLAIN=a b # why\nexport EXPORTED = x\nQUOTED=\"tab\\there $PLAIN\"\nSINGLE='$PLAIN \\n'\nCOLON: y\nEMPTY=\nLATER=$AFTER\nAFTER=1\nMULTI=\"one\ntwo\"\nESCAPED=\"\\$PLAIN\"\nHASH=a#b\nTWICE=1\nTWICE=${TWICE}2\n");
        Assert.AreEqual(
            "PLAIN=a b|EXPORTED=x|QUOTED=tab\there a b|SINGLE=$PLAIN \\n|COLON=y|EMPTY=|LATER=|MULTI=one\ntwo|ESCAPED=$PLAIN|HASH=a#b|TWICE=12",
            string.Join('|', workspace.Load(new SubstitutionContext { AllowedEnvironment = new HashSet<string> { "AFTER" } }).Build!.Args.Select(static pair => $"{pair.Key}={pair.Value}")));
    }

    [TestMethod]
    public void A_misspelt_name_is_a_warning_at_its_place()
    {
        using Workspace workspace = Of("services:\n  app:\n    image: debian:12\n    biuld:\n      context: .\n    x-image: a\n");
        Diagnostic warning = workspace.Load().Warnings.Single();
        Assert.AreEqual((Codes.PropertyMisspelt, 5), (warning.Code, warning.Location!.Line));
        Assert.Contains("services.app.biuld", warning.Message);
        Assert.Contains("services.app.build", warning.Message);
    }

    [TestMethod]
    public void Aliases_that_stand_for_a_billion_values_and_depth_without_end_are_refused_at_once()
    {
        string laughs = string.Concat(Enumerable.Range(1, 9).Select(static i => $"x-{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        using Workspace workspace = Of($"x-0: &a0 lol\n{laughs}services:\n  app:\n    build:\n      context: .\n      args: *a9\n");
        Assert.Contains("100000", Expect.Error(Codes.ComposeInvalid, () => workspace.Load()).Message);
        using Workspace deep = Of(new string('[', 100_000));
        Expect.Error(Codes.JsonTooDeep, () => deep.Load());
    }

    [TestMethod]
    public void A_user_that_is_no_name_is_refused_where_it_is_written()
    {
        using var workspace = new Workspace(
            """{"dockerComposeFile":"compose.yml","service":"app","features":{"./a":{}}}""", (".devcontainer/compose.yml", "services:\n  app:\n    image: debian:12\n    user: $$(id)\n"));
        workspace.Feature("a");
        DevcontainerConfiguration configuration = workspace.Load();
        Diagnostic error = Expect.Error(Codes.UserNotValid, () => ContainerUsers.Resolve(configuration, ImageMetadata.Empty, null));
        Assert.AreEqual(configuration.ServiceUserLocation, error.Location);
        Assert.AreEqual(4, error.Location!.Line);
    }

    private static Workspace Of(string compose) => new(App, (".devcontainer/compose.yml", compose));
}
