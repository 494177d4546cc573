using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Docker Compose configurations, prebuilt and pushed for several platforms (docs/compose.md).</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class ComposeTests : EngineTests
{
    private const string Compose = """
        x-build: &build
          context: ..
          dockerfile: .devcontainer/Dockerfile
        services:
          app:
            build:
              <<: *build
              args:
                LEVEL: ${LEVEL:-2}
              labels: { team: tools }
              shm_size: 48m
              secrets: [token]
              platforms: [linux/amd64, linux/arm64]
            user: dev
            volumes: ["..:/workspace:cached"]
            environment: { POSTGRES: "postgres://postgres:${DB_PASSWORD}@db" }
            depends_on: [db]
          db:
            image: postgres:16
            environment: { POSTGRES_PASSWORD: "${DB_PASSWORD:?set it}" }
        secrets:
          token: { environment: TOKEN }

        """;

    [TestMethod]
    public async Task A_service_is_prebuilt_pushed_for_two_platforms_and_found_again()
    {
        Workspace workspace = NewWorkspace();
        string name = $"devcontainer-sdk-test/{Guid.NewGuid():N}";
        string repository = $"{TestEngine.Registry}/{name}";
        workspace.Environment["DevcontainerRegistry"] = TestEngine.Registry;
        workspace.Environment["DevcontainerRepository"] = name;
        workspace.Environment["DevcontainerPlatforms"] = "linux/amd64;linux/arm64";
        workspace.Environment["TOKEN"] = "hunter2";
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        workspace.Write(
            ".devcontainer/devcontainer.json",
            """{ "dockerComposeFile": ["compose.yml", "../compose.local.yml"], "service": "app", "runServices": ["db"], "workspaceFolder": "/workspace", "features": { "./who": {} } }""");
        workspace.Write(".devcontainer/compose.yml", Compose);
        workspace.Write("compose.local.yml", "services:\n  app:\n    build:\n      target: dev\n    ports: [\"8080:80\"]\n");
        workspace.Write("tools/one.txt", "one\n");
        workspace.Write(
            ".devcontainer/Dockerfile",
            "FROM debian:bookworm AS dev\nARG LEVEL=1\nCOPY tools /tools\nRUN --mount=type=secret,id=token useradd -m dev && echo $LEVEL $(df -m /dev/shm | tail -n 1 | awk '{ print $2 }') $(sha256sum </run/secrets/token | cut -c1-4) >/level\nFROM dev AS full\nRUN touch /full\n");
        workspace.Write(".devcontainer/who/devcontainer-feature.json", """{ "id": "who", "version": "1.0.0", "name": "who" }""");
        workspace.WriteScript(".devcontainer/who/install.sh", "#!/bin/sh\necho $_REMOTE_USER $_REMOTE_USER_HOME $_CONTAINER_USER >/usr/local/who\n");

        CommandResult published = (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        Assert.HasCount(1, published.Lines("(built: "), published.Report);
        await TestEngine.ValidateAsync(repository + ":latest");
        foreach (string platform in new[] { "linux/amd64", "linux/arm64" })
        {
            Assert.AreEqual(
                "2 48 f52f\ndev /home/dev dev\none",
                await TestEngine.RunAsync("docker", "run", "--rm", "--platform", platform, repository + ":latest", "sh", "-c", "cat /level /usr/local/who /tools/one.txt; ls /full 2>/dev/null || true"));
        }

        string labels = await TestEngine.RunAsync("docker", "image", "inspect", "--format", "{{json .Config.Labels}}", repository + ":latest");
        Assert.Contains("\"team\":\"tools\"", labels);

        // What is no part of the image builds nothing; what is, is told by its name.
        workspace.Write(".devcontainer/compose.yml", Compose.Replace("postgres:16", "postgres:17", StringComparison.Ordinal));
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded()));
        workspace.Write(".devcontainer/.env", "LEVEL=3\n");
        CommandResult explained = (await workspace.BuildAsync("build", "-t:ExplainDevcontainer")).Succeeded();
        Assert.HasCount(1, explained.Lines("~ build argument LEVEL: changed [environment]"), explained.Report);
        await TestEngine.RunAsync("docker", "rmi", "--force", repository + ":latest");
    }

    [TestMethod]
    [DataRow("services:\n  app:\n    biuld: .\n", "DEVC1011", "services.app", 3)]
    [DataRow("services:\n  app:\n    build: .\n    image: a\n  app:\n    image: b\n", "DEVC1022", "twice", 5)]
    [DataRow("services:\n  api:\n    image: debian\n", "DEVC1023", "'api'", 0)]
    [DataRow("services:\n  app:\n    build: { context: ., dockerfile_inline: FROM debian }\n", "DEVC1024", "dockerfile_inline", 3)]
    [DataRow("services:\n  app:\n    build: { context: ., args: { PATH: \"${PATH}\" } }\n", "DEVC1014", "services.app.build.args.PATH", 3)]
    public async Task A_wrong_Compose_file_is_one_error_at_its_place(string compose, string code, string says, int line)
    {
        Workspace workspace = NewWorkspace();
        Directory.CreateDirectory(workspace[".git"]);
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        string configuration = workspace.Write(".devcontainer/devcontainer.json", """{ "dockerComposeFile": "compose.yml", "service": "app" }""");
        string file = workspace.Write(".devcontainer/compose.yml", compose);
        workspace.Write(".devcontainer/Dockerfile", "FROM debian\n");
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed(code);
        Assert.Contains(says, error.Text);
        Assert.AreEqual(line == 0 ? (configuration, 1) : (file, line), (error.File, error.Line), error.Text);
    }
}
