using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class DevcontainerConfigurationTests
{
    [TestMethod]
    public void An_image_configuration_is_read_whole()
    {
        using var workspace = new Workspace("""
            {
              // what a team writes
              "image": "mcr.microsoft.com/devcontainers/base:bookworm",
              "containerUser": "vscode", "remoteUser": "root",
              "containerEnv": { "A": "1", "B": 2, "C": true },
              "runArgs": ["--init"],
              "features": { "./b": {}, "./a": "1.0" },
              "overrideFeatureInstallOrder": ["./a"],
            }
            """);
        DevcontainerConfiguration configuration = workspace.Load();
        Assert.AreEqual("mcr.microsoft.com/devcontainers/base:bookworm", configuration.Image);
        Assert.AreEqual(new SourceLocation(workspace.ConfigurationFile, 3, 12), configuration.ImageLocation);
        Assert.IsNull(configuration.Build);
        Assert.AreEqual("vscode", configuration.ContainerUser);
        Assert.AreEqual("root", configuration.RemoteUser);
        Assert.AreEqual("A=1 B=2 C=true", string.Join(' ', configuration.ContainerEnv.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.AreEqual("./b ./a", string.Join(' ', configuration.Features.Select(feature => feature.Id)));
        Assert.AreEqual(new SourceLocation(workspace.ConfigurationFile, 7, 17), configuration.Features[0].Location);
        Assert.AreEqual("./a", configuration.OverrideFeatureInstallOrder.Single());
        Assert.AreEqual("--init", configuration.RunArgs.Single());
        Assert.AreEqual(workspace.Folder, configuration.RepositoryRoot);
        Assert.AreEqual("/workspaces/repo", configuration.ContainerWorkspaceFolder);
        Assert.IsEmpty(configuration.Warnings);
    }

    [TestMethod]
    public void A_Dockerfile_configuration_has_absolute_paths_and_places()
    {
        using var workspace = new Workspace(
            """
            {"build": {
              "dockerfile": "docker/Dockerfile",
              "context": "..",
              "target": "dev", "args": {"X": "1", "Y": 2}, "cacheFrom": "ghcr.io/a/b", "options": []
            }}
            """,
            (".devcontainer/docker/Dockerfile", "FROM scratch"));
        DockerfileBuild build = workspace.Load().Build!;
        Assert.AreEqual(Path.Combine(workspace.Folder, ".devcontainer/docker/Dockerfile"), build.Dockerfile);
        Assert.AreEqual(workspace.Folder, build.Context);
        Assert.AreEqual("dev", build.Target);
        Assert.AreEqual("X=1 Y=2", string.Join(' ', build.Args.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.AreEqual("ghcr.io/a/b", build.CacheFrom.Single());
        Assert.AreEqual(new SourceLocation(workspace.ConfigurationFile, 2, 17), build.DockerfileLocation);
        Assert.AreEqual(new SourceLocation(workspace.ConfigurationFile, 3, 14), build.ContextLocation);
    }

    [TestMethod]
    public void The_context_is_by_default_the_folder_of_the_Dockerfile()
    {
        using var workspace = new Workspace("""{"build":{"dockerfile":"../docker/Dockerfile"}}""", ("docker/Dockerfile", ""));
        Assert.AreEqual(Path.Combine(workspace.Folder, "docker"), workspace.Load().Build!.Context);
    }

    [TestMethod]
    public void Old_names_of_Dockerfile_and_context_are_read()
    {
        using var workspace = new Workspace(
            """{"dockerFile":"Dockerfile","context":"..","build":{"args":{"X":"1"},"context":"ignored"}}""",
            (".devcontainer/Dockerfile", ""));
        DockerfileBuild build = workspace.Load().Build!;
        Assert.AreEqual(workspace.Folder, build.Context);
        Assert.AreEqual("1", build.Args.Single().Value);
    }

    [TestMethod]
    public void A_Dockerfile_comes_before_an_image()
    {
        using var workspace = new Workspace("""{"image":"a","build":{"dockerfile":"Dockerfile"}}""", (".devcontainer/Dockerfile", ""));
        DevcontainerConfiguration configuration = workspace.Load();
        Assert.IsNull(configuration.Image);
        Assert.IsNotNull(configuration.Build);
    }

    [TestMethod]
    public void Old_properties_move_to_the_customizations_of_VS_Code()
    {
        using var workspace = new Workspace("""
            {"image":"a","extensions":["x"],"settings":{"a":1,"b":2},"devPort":5901.0,
             "customizations":{"vscode":{"extensions":["y"],"settings":{"b":3}}}}
            """);
        Assert.AreEqual(
            """{"image":"a","customizations":{"vscode":{"extensions":["y","x"],"settings":{"a":1,"b":3},"devPort":5901}}}""",
            workspace.Load().Raw.ToJson());
    }

    [TestMethod]
    [DataRow("""{"image": 1}""", 1, 11, DisplayName = "image")]
    [DataRow("[]", 1, 1, DisplayName = "the whole")]
    [DataRow("""{"image":"a", "features": []}""", 1, 27, DisplayName = "features")]
    [DataRow("""{"image":"a", "features": {"./a": null}}""", 1, 35, DisplayName = "a Feature's options")]
    [DataRow("""{"image":"a", "runArgs": ["a", 1]}""", 1, 32, DisplayName = "an item of an array")]
    [DataRow("{\"image\":\"a\",\n \"containerEnv\": {\"A\": [1]}}", 2, 24, DisplayName = "a variable")]
    [DataRow("""{"image":"a", "mounts": "x"}""", 1, 25, DisplayName = "mounts")]
    [DataRow("""{"image":"a", "init": "true"}""", 1, 23, DisplayName = "a flag")]
    [DataRow("""{"image":"a", "postCreateCommand": [["a"]]}""", 1, 37, DisplayName = "a command")]
    [DataRow("""{"image":"a", "postCreateCommand": {"a": 1}}""", 1, 42, DisplayName = "a command of several")]
    [DataRow("""{"image":"a", "forwardPorts": [true]}""", 1, 32, DisplayName = "a port")]
    [DataRow("""{"build": {"dockerfile": {}}}""", 1, 26, DisplayName = "dockerfile")]
    [DataRow("""{"build": {"dockerfile": "Dockerfile", "args": {"A": null}}}""", 1, 54, DisplayName = "an argument")]
    [DataRow("""{"build": {"dockerfile": "Dockerfile", "target": true}}""", 1, 50, DisplayName = "target")]
    [DataRow("""{"build": {"dockerfile": "Dockerfile", "cacheFrom": {}}}""", 1, 53, DisplayName = "cacheFrom")]
    [DataRow("""{"build": "Dockerfile"}""", 1, 11, DisplayName = "build")]
    [DataRow("""{"image":"a", "customizations": []}""", 1, 33, DisplayName = "customizations")]
    public void A_wrong_type_is_an_error_at_its_place(string text, int line, int column)
    {
        using var workspace = new Workspace(text, (".devcontainer/Dockerfile", ""));
        workspace.Refused(Codes.WrongType, line, column);
    }

    [TestMethod]
    [DataRow("{}")]
    [DataRow("""{"image":""}""")]
    [DataRow("""{"image":null,"build":{}}""")]
    public void Nothing_to_build_is_an_error(string text)
    {
        using var workspace = new Workspace(text);
        workspace.Refused(Codes.NoImageSource, 1, 1);
    }

    [TestMethod]
    public void A_missing_configuration_is_an_error()
    {
        using var folder = new TemporaryFolder();
        Expect.Error(Codes.ConfigurationNotFound, () => DevcontainerConfiguration.Load(folder.File("a/devcontainer.json"), folder.Path));
    }

    [TestMethod]
    [DataRow("""{"build":{"dockerfile":"None"}}""", 24)]
    [DataRow("""{"build":{"dockerfile":"Dockerfile","context":"none"}}""", 47)]
    [DataRow("""{"build":{"dockerfile":"."}}""", 24)]
    public void A_missing_Dockerfile_or_context_is_an_error(string text, int column)
    {
        using var workspace = new Workspace(text, (".devcontainer/Dockerfile", ""));
        workspace.Refused(Codes.BuildFileNotFound, 1, column);
    }

    [TestMethod]
    [DataRow("""{"build":{"dockerfile":"../../Dockerfile"}}""", 24, DisplayName = "Dockerfile above")]
    [DataRow("""{"build":{"dockerfile":"/etc/passwd"}}""", 24, DisplayName = "Dockerfile elsewhere")]
    [DataRow("""{"build":{"dockerfile":"link/Dockerfile"}}""", 24, DisplayName = "Dockerfile through a linked folder")]
    [DataRow("""{"build":{"dockerfile":"linked"}}""", 24, DisplayName = "Dockerfile is a link")]
    [DataRow("""{"build":{"dockerfile":"Dockerfile","context":"../.."}}""", 47, DisplayName = "context above")]
    [DataRow("""{"build":{"dockerfile":"Dockerfile","context":"link"}}""", 47, DisplayName = "context is a link")]
    [DataRow("""{"build":{"dockerfile":"Dockerfile","context":"../../repo-2"}}""", 47, DisplayName = "a neighbour of the same prefix")]
    public void What_is_outside_the_repository_is_refused(string text, int column)
    {
        using var workspace = new Workspace(
            text,
            (".devcontainer/Dockerfile", ""),
            ("../Dockerfile", ""),
            ("../repo-2/Dockerfile", ""),
            (".devcontainer/link", "-> ../../repo-2"),
            (".devcontainer/linked", "-> ../../repo-2/Dockerfile"));
        workspace.Refused(Codes.PathOutsideRepository, 1, column);
    }

    [TestMethod]
    public void A_link_inside_the_repository_is_followed()
    {
        using var workspace = new Workspace(
            """{"build":{"dockerfile":"link"}}""", ("docker/Dockerfile", ""), (".devcontainer/link", "-> ../docker/Dockerfile"));
        Assert.AreEqual(Path.Combine(workspace.Folder, ".devcontainer"), workspace.Load().Build!.Context);
    }

    [TestMethod]
    public void A_circle_of_links_is_an_error_and_no_hang()
    {
        using var workspace = new Workspace("""{"build":{"dockerfile":"a"}}""", (".devcontainer/a", "-> b"), (".devcontainer/b", "-> a"));
        workspace.Refused(Codes.BuildFileNotFound, 1, 24);
    }

    [TestMethod]
    [DataRow("""{"image":"a", "postCreateComand":"x"}""", 1, 15, "postCreateCommand")]
    [DataRow("""{"image":"a", "ContainerEnv":{}}""", 1, 15, "containerEnv")]
    [DataRow("""{"image":"a", "feature":{}}""", 1, 15, "features")]
    [DataRow("""{"image":"a", "build":{"dockerFile":"x"}}""", 1, 24, "build.dockerfile")]
    public void A_misspelt_property_is_a_warning_with_what_was_meant(string text, int line, int column, string meant)
    {
        using var workspace = new Workspace(text);
        Diagnostic warning = workspace.Load().Warnings.Single();
        Assert.AreEqual(Codes.PropertyMisspelt, warning.Code);
        Assert.AreEqual(new SourceLocation(workspace.ConfigurationFile, line, column), warning.Location);
        Assert.Contains($"'{meant}'", warning.Message);
    }

    [TestMethod]
    public void A_property_of_another_tool_is_no_warning()
    {
        using var workspace = new Workspace("""{"image":"a", "codespaces":{}, "x":1}""");
        Assert.IsEmpty(workspace.Load().Warnings);
    }

    [TestMethod]
    public void A_NUL_in_a_value_that_is_used_is_refused()
    {
        using var workspace = new Workspace("""{"image":"a\u0000b"}""");
        workspace.Refused(Codes.TextHasNul, 1, 10);
    }

    [TestMethod]
    public void A_file_of_100_MB_costs_no_memory()
    {
        using var workspace = new Workspace("{}");
        using (FileStream stream = File.OpenWrite(workspace.ConfigurationFile))
        {
            stream.SetLength(100 * 1024 * 1024);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Expect.Error(Codes.JsonTooLarge, () => workspace.Load());
        Assert.IsLessThan(1024 * 1024, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
