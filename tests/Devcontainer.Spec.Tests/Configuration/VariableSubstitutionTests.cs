using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class VariableSubstitutionTests
{
    private static readonly Dictionary<string, string> Environment = new() { ["A"] = "a value", ["EMPTY"] = "", ["V"] = "${localEnv:A}" };

    private static SubstitutionContext Context { get; } = new()
    {
        LocalEnv = name => Environment.GetValueOrDefault(name),
        AllowedEnvironment = new HashSet<string> { "A", "EMPTY", "V", "NONE", "" },
    };

    /// <summary>Expected values as the reference CLI 0.89 gives them.</summary>
    [TestMethod]
    [DataRow("${localEnv:A}", "a value")]
    [DataRow("${env:A}", "a value")]
    [DataRow("x${localEnv:A}y${localEnv:A}z", "xa valueya valuez")]
    [DataRow("${localEnv:NONE}", "")]
    [DataRow("${localEnv:EMPTY:default}", "")]
    [DataRow("${localEnv:NONE:default}", "default")]
    [DataRow("${localEnv:NONE:http://host}", "http")]
    [DataRow("${localEnv:V}", "${localEnv:A}")]
    [DataRow("${localEnv:}", "")]
    [DataRow("${localWorkspaceFolderBasename}", "repo")]
    [DataRow("${containerWorkspaceFolder}", "/workspaces/repo")]
    [DataRow("${containerWorkspaceFolderBasename}", "repo")]
    [DataRow("${containerEnv:PATH}", "${containerEnv:PATH}")]
    [DataRow("${devcontainerId}", "${devcontainerId}")]
    [DataRow("${unknown:A}", "${unknown:A}")]
    [DataRow("$A ${ localEnv:A} $${localEnv:A}", "$A ${ localEnv:A} $a value")]
    [DataRow("${a${localEnv:A}}", "${a${localEnv:A}}")]
    [DataRow("${a\n${localEnv:A}", "${a\na value")]
    [DataRow("${localEnv:A", "${localEnv:A")]
    public void Variables_are_replaced_as_the_reference_does(string text, string expected)
    {
        using var workspace = new Workspace($$"""{"image":"a","name":{{new JsonString(text).ToJson()}}}""");
        DevcontainerConfiguration configuration = workspace.Load(Context);
        Assert.AreEqual(expected, configuration.Root.GetString("name"));
        Assert.AreEqual(text, configuration.Raw.GetString("name"));
    }

    [TestMethod]
    public void Variables_are_replaced_in_values_at_every_depth_and_never_in_names()
    {
        using var workspace = new Workspace("""{"image":"a","customizations":{"${localEnv:A}":[{"x":"${localEnv:A}"}]}}""");
        Assert.AreEqual("""{"${localEnv:A}":[{"x":"a value"}]}""", workspace.Load(Context).Root["customizations"]!.ToJson());
    }

    [TestMethod]
    public void The_local_folder_is_the_workspace()
    {
        using var workspace = new Workspace("""{"image":"a","name":"${localWorkspaceFolder}"}""");
        Assert.AreEqual(workspace.Folder, workspace.Load().Root.GetString("name"));
    }

    [TestMethod]
    public void The_container_folder_is_what_the_configuration_says_with_its_own_variables()
    {
        using var workspace = new Workspace("""{"image":"a","workspaceFolder":"/src/${localWorkspaceFolderBasename}","name":"${containerWorkspaceFolder}"}""");
        DevcontainerConfiguration configuration = workspace.Load();
        Assert.AreEqual("/src/repo", configuration.Root.GetString("name"));
        Assert.AreEqual("/src/repo", configuration.ContainerWorkspaceFolder);
    }

    [TestMethod]
    public void A_workspace_below_the_repository_lies_below_its_mount()
    {
        using var workspace = new Workspace("""{"image":"a"}""", ("sub/dir/x", ""));
        string folder = Path.Combine(workspace.Folder, "sub", "dir");
        DevcontainerConfiguration configuration = DevcontainerConfiguration.Load(workspace.ConfigurationFile, folder);
        Assert.AreEqual("/workspaces/repo/sub/dir", configuration.ContainerWorkspaceFolder);
        Assert.AreEqual(workspace.Folder, configuration.RepositoryRoot);
    }

    [TestMethod]
    public void A_variable_without_a_name_is_an_error()
    {
        using var workspace = new Workspace("""{"image":"a","name":"${localEnv}"}""");
        workspace.Refused(Codes.VariableWithoutName, 1, 21);
    }

    [TestMethod]
    [DataRow("""{"image":"${localEnv:SECRET}"}""", 10)]
    [DataRow("""{"image":"${env:SECRET:default}"}""", 10)]
    [DataRow("""{"build":{"dockerfile":"Dockerfile","args":{"X":"a${localEnv:SECRET}"}}}""", 49)]
    [DataRow("""{"build":{"dockerfile":"Dockerfile","target":"${localEnv:SECRET}"}}""", 46)]
    [DataRow("""{"build":{"dockerfile":"Dockerfile","cacheFrom":"${localEnv:SECRET}"}}""", 49)]
    [DataRow("""{"image":"a","features":{"./a":{"token":"${localEnv:SECRET}"}}}""", 41)]
    [DataRow("""{"image":"a","features":{"./a":"${localEnv:SECRET}"}}""", 32)]
    [DataRow("""{"image":"a","features":{"./a":{}},"containerEnv":{"X":"${localEnv:SECRET}"}}""", 56)]
    [DataRow("""{"image":"a","features":{"./a":{}},"remoteUser":"${localEnv:SECRET}"}""", 49)]
    public void An_environment_value_reaches_the_image_only_where_the_project_allows_it(string text, int column)
    {
        using var workspace = new Workspace(text, (".devcontainer/Dockerfile", ""));
        SubstitutionContext context = Context with { LocalEnv = name => name == "SECRET" ? "s3cret" : null };
        Diagnostic error = workspace.Refused(Codes.EnvironmentNotAllowed, 1, column, context);
        Assert.DoesNotContain("s3cret", error.Message);
        Assert.Contains("""<DevcontainerEnvironment Include="SECRET" />""", error.Message);

        DevcontainerConfiguration allowed = workspace.Load(context with { AllowedEnvironment = new HashSet<string> { "SECRET" } });
        Assert.Contains("s3cret", allowed.Root.ToJson());
        Assert.DoesNotContain("s3cret", allowed.Raw.ToJson());
    }

    [TestMethod]
    [DataRow("""{"image":"a","remoteEnv":{"X":"${localEnv:SECRET}"}}""")]
    [DataRow("""{"image":"a","mounts":["source=${localEnv:SECRET},target=/x"]}""")]
    [DataRow("""{"image":"a","containerEnv":{"X":"${localEnv:SECRET}"}}""", DisplayName = "containerEnv without Features: the label keeps the text")]
    [DataRow("""{"image":"a","workspaceFolder":"/x/${localEnv:SECRET}","name":"${containerWorkspaceFolder}"}""")]
    public void Where_it_does_not_reach_the_image_a_variable_that_is_not_allowed_stays(string text)
    {
        using var workspace = new Workspace(text);
        DevcontainerConfiguration configuration = workspace.Load(new SubstitutionContext { LocalEnv = _ => "s3cret" });
        Assert.DoesNotContain("s3cret", configuration.Root.ToJson());
        Assert.AreEqual(text.Contains("workspaceFolder", StringComparison.Ordinal), configuration.ContainerWorkspaceFolder.Contains("${localEnv:SECRET}"));
    }

    [TestMethod]
    public void A_container_folder_does_not_carry_a_variable_into_the_image()
    {
        using var workspace = new Workspace(
            """{"workspaceFolder":"/x/${localEnv:SECRET}","build":{"dockerfile":"Dockerfile","args":{"A":"${containerWorkspaceFolder}"}}}""",
            (".devcontainer/Dockerfile", ""));
        workspace.Refused(Codes.EnvironmentNotAllowed, 1, 91, new SubstitutionContext { LocalEnv = _ => "s3cret" });
    }

    [TestMethod]
    public void A_container_folder_does_not_stand_for_itself()
    {
        using var workspace = new Workspace("""{"image":"a","workspaceFolder":"/x/${containerWorkspaceFolder}"}""");
        Assert.AreEqual("/x/${containerWorkspaceFolder}", workspace.Load().ContainerWorkspaceFolder);
    }
}
