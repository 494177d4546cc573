using System.Text;
using Devcontainer.Oci.Tests;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>An image that is signed when it is published, to two repositories, and verified: with cosign, offline, with a key.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class SigningTests : EngineTests
{
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task A_published_image_is_signed_and_verified_and_the_password_stays_a_secret()
    {
        var canary = new Canary();
        string password = canary.New("password of the key");
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        SharingTests.Name(workspace, $"devcontainer-sdk-test/{Guid.NewGuid():N}", "linux/amd64");
        string copy = SharingTests.NameOf(workspace) + "/copy";
        Directory.CreateDirectory(workspace["../keys"]);
        foreach (string name in new[] { "signer", "other" })
        {
            await Programs.RunAsync("cosign", [new("COSIGN_PASSWORD", password)], "generate-key-pair", "--output-key-prefix", workspace["../keys/" + name]);
        }

        // A key in a variable, which project and arguments only name; its password in the variable that cosign reads.
        canary.Add("private key", File.ReadAllLines(workspace["../keys/signer.key"])[1]);
        workspace.Environment["TEAM_KEY"] = await File.ReadAllTextAsync(workspace["../keys/signer.key"]);
        workspace.Environment["COSIGN_PASSWORD"] = password;
        workspace.Environment["DOCKER_CONFIG"] = workspace["../docker"];
        workspace.Environment["DevcontainerSignatureOffline"] = "true";
        using var end = new CancellationTokenSource();
        Task<IReadOnlySet<string>> watching = Task.Run(() => canary.WatchArgumentsAsync(end.Token));
        CommandResult published = (await workspace.BuildAsync(
            "publish", "-p:PushDevcontainer=true", "-p:SignDevcontainer=true", "-p:DevcontainerSigningKey=env://TEAM_KEY",
            "-p:DevcontainerPublishTo=" + copy, "-v:diag")).EndedWell();
        Assert.Contains("Signed " + SharingTests.NameOf(workspace), published.Output, published.Report);
        string latest = SharingTests.NameOf(workspace) + ":latest";
        foreach (string image in new[] { latest, copy + ":latest" })
        {
            await Programs.RunAsync("cosign", "verify", "--key", workspace["../keys/signer.pub"], "--insecure-ignore-tlog=true", image);
        }

        // Ours, of the image that has the key of the inputs, and of one that is named.
        workspace.Environment["DevcontainerVerifyGates"] = "signature";
        string key = "-p:DevcontainerVerificationKey=" + workspace["../keys/signer.pub"];
        CommandResult verified = (await workspace.BuildAsync("build", "-t:VerifyDevcontainer", key, "-getItem:DevcontainerVerifiedImage")).Succeeded();
        Assert.AreEqual(
            $"{SharingTests.NameOf(workspace)}@{await TestEngine.RunAsync("crane", "digest", latest)}", verified.Items("DevcontainerVerifiedImage").Single()["Identity"]);
        (await workspace.BuildAsync("build", "-t:VerifyDevcontainer", key, "-p:DevcontainerVerifyImage=" + latest, "-v:diag")).EndedWell();
        (await workspace.BuildAsync("build", "-t:VerifyDevcontainer", "-p:DevcontainerVerificationKey=" + workspace["../keys/other.pub"])).Failed("DEVC6002");
        (await workspace.BuildAsync("build", "-t:VerifyDevcontainer")).Failed("DEVC6003");

        // A key itself is not taken for its name, and not repeated.
        workspace.Environment["DevcontainerSigningKey"] = workspace.Environment["TEAM_KEY"];
        CommandResult refused = await workspace.BuildAsync("publish", "-p:PushDevcontainer=true", "-p:SignDevcontainer=true");
        Assert.Contains("env://NAME", refused.Failed("DEVC9001").Text);
        Assert.IsEmpty(canary.In(Encoding.UTF8.GetBytes(refused.Output + refused.Error)));

        await end.CancelAsync();
        Assert.IsEmpty(await watching);
        Assert.IsEmpty(canary.In(Encoding.UTF8.GetBytes(published.Output + published.Error)));
        Assert.IsEmpty(canary.In(Canary.Unpack(Directory.GetFiles(workspace.Logs).Order(StringComparer.Ordinal).First())!));
        Assert.IsEmpty(canary.In(workspace["bin"]));
    }
}
