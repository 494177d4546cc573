using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>The build gets the files as they are now, whatever the engine has been sent before.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class ContextTests : EngineTests
{
    [TestMethod]
    public async Task A_file_that_changes_and_keeps_its_size_is_built_anew()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string[] texts = [.. Enumerable.Range(0, 2).Select(static _ => Guid.NewGuid().ToString())];
        workspace.Write(".devcontainer/hello.txt", texts[0]);
        CommandResult first = (await workspace.BuildAsync("build")).Succeeded();
        workspace.Write(".devcontainer/hello.txt", texts[1]);
        CommandResult second = (await workspace.BuildAsync("build")).Succeeded();
        Assert.AreNotEqual(CommandTests.Digest(first), CommandTests.Digest(second));

        // Also where another project has sent the first one.
        Workspace other = NewWorkspace().WithSmallDevcontainer();
        other.Write(".devcontainer/hello.txt", texts[1]);
        Assert.AreEqual(CommandTests.Digest(second), CommandTests.Digest((await other.BuildAsync("build")).Succeeded()));
    }
}
