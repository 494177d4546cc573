using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

[TestClass]
[TestCategory("Engine")]
public sealed class ExplainTests : EngineTests
{
    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task What_changed_is_told_without_an_engine_and_the_build_tells_the_same()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        workspace.Environment["PATH"] = SharingTests.WithoutDocker(workspace);
        CommandResult same = (await workspace.BuildAsync("build", "-t:ExplainDevcontainer")).Succeeded();
        Assert.HasCount(1, same.Lines("Nothing to do: the image is here."), same.Report);

        workspace.Write("global.json", SdkPackage.GlobalJson.Replace("latestFeature", "latestMinor", StringComparison.Ordinal));
        workspace.Write(".devcontainer/hello.txt", "Hello again\n");
        workspace.Write(
            "dev.proj",
            """
            <Project Sdk="Devcontainer.Sdk">
              <ItemGroup>
                <DevcontainerBuildArg Include="LEVEL" Value="hunter2" />
                <DevcontainerCacheTo Include="inline" />
              </ItemGroup>
            </Project>
            """);
        string pins = FolderSnapshot.Take(workspace[".devcontainer"]);
        CommandResult told = (await workspace.BuildAsync("build", "-t:ExplainDevcontainer;ResolveDevcontainer", "-getItem:DevcontainerInputChange", "-getItem:DevcontainerCacheKey")).Succeeded();
        CollectionAssert.AreEqual(
            new[] { "build argument LEVEL", "inline cache", ".devcontainer/hello.txt", "global.json" },
            told.Items("DevcontainerInputChange").Select(static change => change["Identity"]).ToArray());
        Assert.AreEqual("global.json: sdk.rollForward latestFeature → latestMinor", told.Items("DevcontainerInputChange")[^1]["Text"]);
        Assert.AreEqual(pins, FolderSnapshot.Take(workspace[".devcontainer"]));
        string file = await File.ReadAllTextAsync(workspace["bin/devcontainer/explain.json"]);
        Assert.DoesNotContain("hunter2", file);
        using JsonDocument document = JsonDocument.Parse(file);
        Assert.AreEqual("build", document.RootElement.GetProperty("verdict").GetString());
        string? key = document.RootElement.GetProperty("key").GetString();
        Assert.AreEqual(key, told.Items("DevcontainerCacheKey")[^1]["Identity"]);

        workspace.Environment.Remove("PATH");
        CommandResult built = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        Assert.HasCount(1, built.Lines("The image is out of date: build argument LEVEL: added; inline cache: added; .devcontainer/hello.txt: changed (sha256 "), built.Report);
        Assert.HasCount(1, built.Lines("; and 1 more, told by -t:ExplainDevcontainer."), built.Report);
        string receipt = await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]);
        Assert.Contains($"\"key\": \"{key}\"", receipt);
        Assert.DoesNotContain("hunter2", receipt);
        (await workspace.BuildAsync("clean")).Succeeded();
        Assert.IsFalse(File.Exists(workspace["bin/devcontainer/explain.json"]));
    }
}
