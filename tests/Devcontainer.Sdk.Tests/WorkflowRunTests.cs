using Devcontainer.Sdk.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace Devcontainer.Sdk.Tests;

/// <summary>The commands of a generated workflow, run as its jobs run them, each job with a folder of its own.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class WorkflowRunTests : EngineTests
{
    [TestMethod]
    public async Task Each_platform_s_job_publishes_by_digest_and_the_last_one_makes_the_image()
    {
        // Names as a person may choose them: they reach the commands by the environment.
        Workspace workspace = NewWorkspace("re po").WithSmallDevcontainer("it's ${{ x }}.proj");
        string name = $"{TestEngine.Registry}/devcontainer-sdk-test/{Guid.NewGuid():N}";
        workspace.Write(
            "Directory.Build.props",
            $"""
            <Project>
              <PropertyGroup>
                <DevcontainerRegistry>{TestEngine.Registry}</DevcontainerRegistry>
                <DevcontainerRepository>{name[(TestEngine.Registry!.Length + 1)..]}</DevcontainerRepository>
                <DevcontainerWorkflowFile>workflow.yml</DevcontainerWorkflowFile>
              </PropertyGroup>
            </Project>
            """);
        Directory.CreateDirectory(workspace[".git"]);
        workspace.Environment["GITHUB_ACTIONS"] = "true";
        workspace.Environment["GITHUB_EVENT_NAME"] = "push";
        workspace.Environment["GITHUB_EVENT_PATH"] = workspace.Write("../event.json", """{ "repository": { "full_name": "me/repo", "default_branch": "main" } }""");
        workspace.Environment["GITHUB_REF"] = "refs/heads/main";
        workspace.Environment["GITHUB_STEP_SUMMARY"] = workspace["../summary"];
        workspace.Environment["GITHUB_SHA"] = "0123456789abcdef0123456789abcdef01234567";
        workspace.Environment["GITHUB_REPOSITORY"] = "me/repo";
        workspace.Environment["GITHUB_REPOSITORY_OWNER"] = "me";
        (await workspace.BuildAsync("build", "it's ${{ x }}.proj", "-t:GenerateDevcontainerWorkflow")).Succeeded();
        YamlMappingNode workflow = Read(workspace["workflow.yml"]);

        foreach (YamlNode machine in (YamlSequenceNode)workflow["jobs"]["publish"]["strategy"]["matrix"]["include"])
        {
            string platform = Text(machine["platform"]);
            await RunAsync(workspace, workflow, "publish", "Publish", "job " + Text(machine["file"]), value => value switch
            {
                "${{ matrix.platform }}" => platform,
                "${{ inputs.force || false }}" => "false",
                _ => throw new InvalidOperationException(value),
            });
            string digest = workspace[$"../job {Text(machine["file"])}/devcontainer/digests/{Text(machine["file"])}.json"];
            Directory.CreateDirectory(workspace["../job index/devcontainer/digests"]);
            File.Copy(digest, workspace[$"../job index/devcontainer/digests/{Path.GetFileName(digest)}"]);
        }

        Assert.Contains("pushed by digest, its tags come with the index", await File.ReadAllTextAsync(workspace["../summary"]));
        CommandResult index = await RunAsync(workspace, workflow, "index", "Create the index", "job index", static value => value);
        string pushed = await TestEngine.RunAsync("crane", "digest", $"{name}:latest");
        Assert.AreEqual(CommandTests.Digest(index), pushed);
        Assert.AreEqual(pushed, await TestEngine.RunAsync("crane", "digest", $"{name}:sha-0123456"));
        Assert.Contains("<code>sha-0123456</code>", await File.ReadAllTextAsync(workspace["../summary"]));
        string manifest = await TestEngine.RunAsync("crane", "manifest", $"{name}:latest");
        Assert.Contains("\"amd64\"", manifest);
        Assert.Contains("\"arm64\"", manifest);
    }

    private static async Task<CommandResult> RunAsync(
        Workspace workspace, YamlMappingNode workflow, string job, string step, string folder, Func<string, string> evaluate)
    {
        YamlNode found = ((YamlSequenceNode)workflow["jobs"][job]["steps"]).Single(node => Text(node["name"]) == step);
        var environment = new Dictionary<string, string?>(workspace.Environment) { ["RUNNER_TEMP"] = Directory.CreateDirectory(workspace["../" + folder]).FullName };
        foreach ((YamlNode variable, YamlNode value) in (YamlMappingNode)workflow["env"])
        {
            // A text with an expression's beginning is a string of an expression.
            string text = Text(value);
            environment[Text(variable)] = text.StartsWith("${{ '", StringComparison.Ordinal) ? text[5..^4].Replace("''", "'", StringComparison.Ordinal) : text;
        }

        foreach ((YamlNode variable, YamlNode value) in (YamlMappingNode)found["env"])
        {
            environment[Text(variable)] = evaluate(Text(value));
        }

        CommandResult result = await Command.RunAsync(
            "bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", Text(found["run"])], workspace.Folder, environment);
        return result.Succeeded();
    }

    private static YamlMappingNode Read(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(file)));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;
}
