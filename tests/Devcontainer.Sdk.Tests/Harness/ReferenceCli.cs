using System.ComponentModel;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>The reference CLI, of the version whose answers the tests of Devcontainer.Spec compare with. Installed once a run, from its lock file.</summary>
internal static class ReferenceCli
{
    private static readonly Lazy<Task<string>> Program = new(InstallAsync);

    /// <summary>Runs a command of it to its end.</summary>
    internal static async Task<CommandResult> RunAsync(Workspace workspace, string command, params string[] arguments)
    {
        string program = await Program.Value;
        return await Command.RunAsync("node", [program, command, "--workspace-folder", workspace.Folder, .. arguments], workspace.Folder, workspace.Environment);
    }

    private static async Task<string> InstallAsync()
    {
        string folder = Directory.CreateDirectory(Path.Combine(SdkPackage.RunFolder, "reference")).FullName;
        foreach (string name in (string[])["package.json", "package-lock.json"])
        {
            File.Copy(Repository.At($"tests/Devcontainer.Spec.Tests/Oracle/{name}"), Path.Combine(folder, name));
        }

        try
        {
            CommandResult install = await Command.RunAsync("npm", ["ci", "--no-audit", "--no-fund"], folder);
            if (install.ExitCode != 0)
            {
                Assert.Inconclusive($"The reference CLI cannot be had: {install.Report}");
            }
        }
        catch (Win32Exception e)
        {
            Assert.Inconclusive($"There is no npm: {e.Message}");
        }

        return Path.Combine(folder, "node_modules", "@devcontainers", "cli", "devcontainer.js");
    }
}
