using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>The image in the local engine: the same digest, both tags, and what the Features installed, on both platforms.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class LoadTests : EngineTests
{
    private static readonly string[] Tags = ["first", "second"];

    [TestMethod]
    public async Task A_loaded_image_runs_on_both_platforms()
    {
        Quickstart quickstart = await Quickstart.GetAsync();
        try
        {
            CommandResult load = (await quickstart.Workspace.BuildAsync("build", "-t:LoadDevcontainer")).Succeeded();
            string digest = quickstart.Built.Items("DevcontainerImage").Single()["Digest"];
            foreach (string tag in Tags)
            {
                Assert.HasCount(1, load.Lines($"Loaded {Quickstart.Repository}:{tag} ({digest})"), load.Report);
                Assert.AreEqual(digest, await TestEngine.RunAsync("docker", "image", "inspect", "--format", "{{.Id}}", $"{Quickstart.Repository}:{tag}"));
            }

            Assert.AreEqual("Good morning, vscode on x86_64|x86_64 in /opt/toolbox", await RunAsync("linux/amd64"));
            Assert.AreEqual("Good morning, vscode on aarch64|aarch64 in /opt/toolbox", await RunAsync("linux/arm64"));
        }
        finally
        {
            await Command.RunAsync("docker", ["rmi", "--force", .. Tags.Select(static tag => $"{Quickstart.Repository}:{tag}")], Path.GetTempPath());
        }
    }

    [TestMethod]
    public async Task Loading_needs_an_engine_even_when_the_image_is_there()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        (await workspace.BuildAsync("build")).Succeeded();
        workspace.Environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
        BuildMessage error = (await workspace.BuildAsync("build", "-t:LoadDevcontainer")).Failed("DEVC4020");
        Assert.Contains("/nowhere/docker.sock", error.Text);
    }

    private static async Task<string> RunAsync(string platform) => (await TestEngine.RunAsync(
        "docker", "run", "--rm", "--platform", platform, "--user", "vscode", $"{Quickstart.Repository}:second", "sh", "-c", "hello; whereami")).Replace('\n', '|');
}
