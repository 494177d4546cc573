using System.Security.Cryptography;
using System.Text;
using Devcontainer.Oci.Tests;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Planted secrets are used by the build, and found nowhere afterwards (docs/secrets.md).</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class SecretTests : EngineTests
{
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task A_secret_reaches_the_build_and_nothing_that_stays()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync(RegistryServer.Htpasswd);
        var canary = new Canary();
        canary.Add("password of the registry", RegistryServer.Password);
        canary.Add("account of the registry", $"{RegistryServer.User}:{RegistryServer.Password}");
        string token = canary.New("secret in a variable");
        string file = canary.New("secret in a file");
        string other = canary.New("variable that devcontainer.json mentions");

        // Of this run: what the engine has of another one was made with other secrets, which are no part of its cache's keys either.
        string marker = "marker" + Guid.NewGuid().ToString("N");

        Workspace workspace = NewWorkspace();
        string docker = SignIn(workspace, registry);
        await PushBaseAsync(workspace, registry);
        workspace.Write("../secrets/token.txt", file);
        workspace.Write(
            "dev.proj",
            $"""
            <Project Sdk="Devcontainer.Sdk">
              <PropertyGroup>
                <DevcontainerRegistry>{registry.Host}</DevcontainerRegistry>
                <DevcontainerRepository>team/dev</DevcontainerRepository>
              </PropertyGroup>
              <ItemGroup>
                <DevcontainerSecret Include="variable" EnvironmentVariable="TOKEN" />
                <DevcontainerSecret Include="file" File="../secrets/token.txt" />
                <DevcontainerLabel Include="test.marker" Value="{marker}" />
              </ItemGroup>
            </Project>
            """);
        workspace.Write(
            ".devcontainer/devcontainer.json",
            """
            {
              "build": { "dockerfile": "Dockerfile" },
              "features": { "./use": {} },
              "remoteEnv": { "OTHER": "${localEnv:OTHER}" },
              "mounts": ["source=${localEnv:OTHER},target=/other,type=bind"],
              "postCreateCommand": "echo ${localEnv:OTHER}"
            }
            """);
        workspace.Write(
            ".devcontainer/Dockerfile",
            $"FROM debian:bookworm\nCOPY --from={registry.Host}/team/base:latest /hello.txt /\n"
            + $"RUN --mount=type=secret,id=variable --mount=type=secret,id=file : {marker}; cat /run/secrets/variable /run/secrets/file | sha256sum >/sum\n");
        workspace.Write(".devcontainer/use/devcontainer-feature.json", """{ "id": "use", "version": "1.0.0" }""");
        workspace.Write(".devcontainer/use/install.sh", $"#!/bin/sh\n# {marker}\nset -e\ncat /run/secrets/variable | sha256sum >/sum-of-feature\n");
        workspace.Environment["TOKEN"] = token;
        workspace.Environment["OTHER"] = other;

        // At the verbosity that says the most: a build with a push, one with nothing to do, one that fails, a plan, and a dry run.
        using var end = new CancellationTokenSource();
        Task<IReadOnlySet<string>> watching = Task.Run(() => canary.WatchArgumentsAsync(end.Token));
        CommandResult[] results =
        [
            (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true", "-v:diag", "-p:DevcontainerPlatforms=linux/amd64")).EndedWell(),
            (await workspace.BuildAsync("build", "-t:Prebuild", "-v:diag", "-p:DevcontainerPlatforms=linux/amd64")).EndedWell(),
            (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-v:diag")).EndedWell(),
            (await workspace.BuildAsync("build", "-p:DevcontainerDryRun=true", "-v:diag", "-p:DevcontainerForce=true")).EndedWell(),
        ];
        string image = await LayersAsync(workspace);
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:bookworm\nRUN --mount=type=secret,id=variable cat /run/secrets/variable | sha256sum && exit 3\n");
        CommandResult failed = await workspace.BuildAsync("build", "-t:Prebuild", "-v:diag");
        Assert.Contains("DEVC4010", failed.Output, failed.Report);
        await end.CancelAsync();

        // It was used: by the Dockerfile, the Feature and the registry client, and what it was used for is where we look.
        Assert.IsTrue(image.Contains(Sum(token + file), StringComparison.Ordinal));
        Assert.IsTrue(image.Contains(Sum(token), StringComparison.Ordinal));
        Assert.IsTrue(image.Contains(marker, StringComparison.Ordinal));
        Assert.Contains(Sum(token), failed.Output, failed.Report);
        Assert.IsTrue(Directory.EnumerateFiles(workspace.Logs).All(log => Text(Canary.Unpack(log)!).Contains(marker, StringComparison.Ordinal)));

        Assert.IsEmpty(await watching);
        Assert.IsEmpty(results.Append(failed).SelectMany(result => canary.In(Encoding.UTF8.GetBytes(result.Output + result.Error))));
        Assert.IsEmpty(canary.In(workspace.Logs));
        Assert.IsEmpty(canary.In(Path.GetDirectoryName(workspace.Folder)!, path => path == docker || path == workspace["../secrets/token.txt"]));
        Assert.IsEmpty(canary.In(registry.Storage));

        // What is there would have been found: this variable makes MSBuild log the whole environment.
        workspace.Environment["MSBUILDLOGALLENVIRONMENTVARIABLES"] = "1";
        CommandResult told = (await workspace.BuildAsync("build", "-t:Restore", "-v:diag")).EndedWell();
        Assert.IsNotEmpty(canary.In(Encoding.UTF8.GetBytes(told.Output)));
        Assert.IsNotEmpty(canary.In(workspace.Logs));
    }

    // All that the layers, configurations and manifests of the image say.
    private static async Task<string> LayersAsync(Workspace workspace)
    {
        var text = new StringBuilder();
        foreach (string blob in Directory.EnumerateFiles(workspace["bin/devcontainer/image/blobs/sha256"]))
        {
            text.Append(Text(Canary.Unpack(blob) ?? await File.ReadAllBytesAsync(blob)));
        }

        return text.ToString();
    }

    private static string Text(byte[] content) => Encoding.Latin1.GetString(content);

    private static string Sum(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Signs in as docker does, in a configuration and with temporary files of the workspace's own.</summary>
    private static string SignIn(Workspace workspace, RegistryServer registry)
    {
        string account = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{RegistryServer.User}:{RegistryServer.Password}"));
        string path = workspace.Write("../docker/config.json", $$"""{ "auths": { "{{registry.Host}}": { "auth": "{{account}}" } } }""");
        Directory.CreateDirectory(workspace["../temporary"]);
        workspace.Environment["DOCKER_CONFIG"] = workspace["../docker"];
        workspace.Environment["TMPDIR"] = workspace["../temporary"];
        return path;
    }

    /// <summary>Pushes an image that only who has signed in can have.</summary>
    private async Task PushBaseAsync(Workspace signedIn, RegistryServer registry)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Environment["DevcontainerRegistry"] = registry.Host;
        workspace.Environment["DevcontainerRepository"] = "team/base";
        workspace.Environment["DOCKER_CONFIG"] = signedIn.Environment["DOCKER_CONFIG"];
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
    }
}
