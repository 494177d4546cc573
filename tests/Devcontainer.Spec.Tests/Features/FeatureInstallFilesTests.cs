using System.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class FeatureInstallFilesTests
{
    private static readonly ContainerUsers Users = new("root", "root", "root");

    [TestMethod]
    [DataRow("version", "VERSION")]
    [DataRow("installOhMyZsh", "INSTALLOHMYZSH")]
    [DataRow("a-b.c d", "A_B_C_D")]
    [DataRow("1st", "_ST")]
    [DataRow("__1a", "_A")]
    [DataRow("ä😀", "_")]
    [DataRow("12", "_")]
    public void An_option_becomes_a_variable_as_in_the_specification(string option, string variable) =>
        Assert.AreEqual(variable, FeatureInstallFiles.VariableName(option));

    [TestMethod]
    public async Task Folders_are_numbered_in_the_order_of_installation()
    {
        using var workspace = new Workspace("""{"image":"a","features":{"./b":{},"./a":{}}}""");
        workspace.Feature("a", """{"id":"first"}""");
        workspace.Feature("b");
        Assert.AreEqual("first_0 b_1", string.Join(' ', FeatureInstallFiles.Create(await workspace.ResolveAsync()).Select(files => files.FolderName)));
    }

    /// <summary>Runs the real script in a real shell: what install.sh sees is what the user wrote.</summary>
    [TestMethod]
    [DataRow("plain")]
    [DataRow("$(touch /tmp/devcontainer-spec-was-run)")]
    [DataRow("`touch /tmp/devcontainer-spec-was-run`")]
    [DataRow("${HOME} $HOME $$")]
    [DataRow("it's \"quoted\" \\ and '\\'' more")]
    [DataRow("'; touch /tmp/devcontainer-spec-was-run; '")]
    [DataRow("two\nlines\n")]
    [DataRow("\r\ttab\u001b[31m")]
    [DataRow("trailing \\")]
    [DataRow("ä 😀 %s %n -n -e")]
    [DataRow("")]
    public async Task Values_of_options_reach_the_script_to_the_letter(string value)
    {
        using var workspace = new Workspace($$$$"""{"image":"a","features":{"./a":{"text":{{{{new JsonString(value).ToJson()}}}}}}}""");
        string result = workspace.Write("result", "");
        workspace.Feature("a", """{"options":{"text":{"type":"string"}}}""", $"#!/bin/sh\nprintf %s \"$TEXT\" > '{result}'\n");
        (int exit, string output) = await InstallAsync(workspace);
        Assert.AreEqual(0, exit, output);
        Assert.AreEqual(value, await File.ReadAllTextAsync(result));
        Assert.IsFalse(File.Exists("/tmp/devcontainer-spec-was-run"));
        Assert.DoesNotContain("\u001b", output);
    }

    [TestMethod]
    public async Task The_script_sees_defaults_types_and_users()
    {
        using var workspace = new Workspace("""{"image":"a","features":{"./a":{"n":18,"on":true}}}""");
        string result = workspace.Write("result", "");
        workspace.Feature(
            "a",
            """{"options":{"d":{"type":"string","default":"x"},"on":{"type":"boolean"},"off":{"type":"boolean","default":false}}}""",
            $"#!/bin/sh\necho \"$D $ON $OFF $N $_CONTAINER_USER $_REMOTE_USER $_CONTAINER_USER_HOME $_REMOTE_USER_HOME\" > '{result}'\n");
        (int exit, string output) = await InstallAsync(workspace);
        Assert.AreEqual(0, exit, output);
        Assert.AreEqual("x true false 18 root root /root /root\n", await File.ReadAllTextAsync(result));
        Assert.Contains("Feature: ./a", output);
        Assert.Contains("  D=x", output);
    }

    [TestMethod]
    [DataRow("nobody", "/nonexistent")]
    [DataRow("65534", "/nonexistent")]
    [DataRow("root:root", "/root")]
    [DataRow("no.such-user", "")]
    public async Task Homes_are_found_by_name_or_number(string user, string home)
    {
        using var folder = new TemporaryFolder();
        folder.Write(FeatureInstallFiles.BuiltinEnvironmentName, FeatureInstallFiles.BuiltinEnvironment(new("root", "root", user)));
        string script = folder.Write("test.sh", $". ./{FeatureInstallFiles.BuiltinEnvironmentName}; printf %s \"$_REMOTE_USER_HOME\"");
        Assert.AreEqual((0, home), await RunAsync(folder.Path, script));
    }

    [TestMethod]
    public async Task A_failing_Feature_is_named_and_its_exit_code_kept()
    {
        using var workspace = new Workspace("""{"image":"a","features":{"./a":{}}}""");
        workspace.Feature("a", """{"name":"It's A","documentationURL":"https://example.com/a"}""", "#!/bin/sh\nexit 7\n");
        (int exit, string output) = await InstallAsync(workspace);
        Assert.AreEqual(7, exit);
        Assert.Contains("ERROR: the Feature It's A (./a) failed to install. See https://example.com/a", output);
    }

    /// <summary>Lays the files out as a build does, and runs the script of the one Feature.</summary>
    private static async Task<(int Exit, string Output)> InstallAsync(Workspace workspace)
    {
        FeatureInstallFiles files = FeatureInstallFiles.Create(await workspace.ResolveAsync()).Single();
        string folder = Path.Combine(workspace.Folder, "build", files.FolderName);
        workspace.Write($"build/{FeatureInstallFiles.BuiltinEnvironmentName}", FeatureInstallFiles.BuiltinEnvironment(Users));
        workspace.Write($"build/{files.FolderName}/{FeatureInstallFiles.EnvironmentName}", files.Environment);
        string script = workspace.Write($"build/{files.FolderName}/{FeatureInstallFiles.ScriptName}", files.Script);
        File.Copy(Path.Combine(files.Feature.Folder, "install.sh"), Path.Combine(folder, "install.sh"));
        return await RunAsync(folder, script);
    }

    private static async Task<(int Exit, string Output)> RunAsync(string folder, string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", [script])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
