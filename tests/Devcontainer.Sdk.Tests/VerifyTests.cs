using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Images that the real engine builds, with what the gates are to find in them.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class VerifyTests : EngineTests
{
    [TestMethod]
    public async Task All_that_the_gates_find_is_told_and_only_what_is_bad_fails()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        SharingTests.Name(workspace, $"devcontainer-sdk-test/{Guid.NewGuid():N}", "linux/amd64");
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();

        CommandResult bad = await VerifyAsync(workspace, "-p:DevcontainerMaxSize=100B");
        Assert.AreNotEqual(0, bad.ExitCode, bad.Report);
        CollectionAssert.AreEquivalent(
            new[] { (BuildMessage.Error, "DEVC6011"), (BuildMessage.Error, "DEVC6012") }, bad.Messages.Select(static message => (message.Kind, message.Code)).ToArray(), bad.Report);
        Assert.Contains("size  1 finding", bad.Output, bad.Report);

        CommandResult warned = (await VerifyAsync(workspace, "-p:DevcontainerMaxSize=1MB", "-p:DevcontainerVerifyWarnOnly=user", "-getItem:DevcontainerVerifiedImage")).EndedWell();
        string image = warned.Items("DevcontainerVerifiedImage").Single()["Identity"];
        Assert.StartsWith(SharingTests.NameOf(workspace) + "@sha256:", image);

        // Any image of a registry, by digest, in a workspace that knows nothing of it.
        Workspace elsewhere = NewWorkspace("elsewhere").WithSmallDevcontainer();
        (await VerifyAsync(elsewhere, "-p:DevcontainerVerifyImage=" + image, "-p:DevcontainerVerifySeverity=critical")).SucceededWithWarning("DEVC6011");
        (await VerifyAsync(elsewhere, "-p:DevcontainerVerifyImage=" + image, "-p:DevcontainerVerifyGates=user")).Failed("DEVC6011");

        (await VerifyAsync(elsewhere, "-p:DevcontainerVerifyImage=" + image, "-p:DevcontainerVerifyGates=usr")).Failed("DEVC9001");
        (await VerifyAsync(elsewhere, "-p:DevcontainerVerifyImage=" + image, "-p:DevcontainerMaxSize=large")).Failed("DEVC9001");
        (await VerifyAsync(elsewhere, "-p:DevcontainerVerifyImage=" + image, "-p:DevcontainerVerifySeverity=7")).Failed("DEVC9001");
    }

    private static Task<CommandResult> VerifyAsync(Workspace workspace, params string[] arguments) =>
        workspace.BuildAsync("build", ["-t:VerifyDevcontainer", .. arguments]);
}
