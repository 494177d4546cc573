using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>The life of an image, from its build to where nobody needs it any more, each step judged by tools of others.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class ImageLifeTests : EngineTests
{
    private const string Password = "a password of tests";

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task Built_published_verified_found_replaced_rolled_back_and_pruned()
    {
        Workspace machine = NewMachine();
        (await machine.RunAsync("cosign", "generate-key-pair", "--output-key-prefix", machine["../signer"])).Succeeded();
        string name = SharingTests.NameOf(machine);
        string first = await PublishAsync(machine);

        await JudgeAsync(machine, name, first, "Hello");
        (await machine.BuildAsync("build", "-t:VerifyDevcontainer", $"-p:DevcontainerVerifyImage={name}:latest", "-p:DevcontainerVerifyGates=signature")).Succeeded();
        await AssertIsFoundWithoutAnEngineAsync(machine, first);

        machine.Write(".devcontainer/hello.txt", "Hello again\n");
        string second = await PublishAsync(machine);
        Assert.AreNotEqual(first, second);
        await JudgeAsync(machine, name, second, "Hello again");

        (await machine.BuildAsync("build", "-t:RollbackDevcontainer")).Succeeded();
        await JudgeAsync(machine, name, first, "Hello");

        // Elsewhere, where no record of a push keeps the second one.
        string[] prune = ["-t:PruneDevcontainerImages", "-p:DevcontainerPruneKeepLast=0", "-p:DevcontainerPruneKeepDays=0", "-p:DevcontainerOutputPath=elsewhere/"];
        CommandResult plan = (await machine.BuildAsync("build", [.. prune, "-getItem:DevcontainerPrunedImage"])).Succeeded();
        Assert.AreEqual($"{name}@{second}", plan.Items("DevcontainerPrunedImage").Single()["Identity"]);
        Assert.AreEqual(second, await TestEngine.RunAsync("crane", "digest", $"{name}@{second}"));
        (await machine.BuildAsync("build", [.. prune, "-p:DevcontainerPruneConfirm=true"])).Succeeded();
        Assert.AreNotEqual(0, (await machine.RunAsync("crane", "digest", $"{name}@{second}")).ExitCode);
        await JudgeAsync(machine, name, first, "Hello");
        await AssertIsFoundWithoutAnEngineAsync(machine, first, "Hello\n");
    }

    private Workspace NewMachine()
    {
        Workspace machine = NewWorkspace().WithSmallDevcontainer();
        machine.Write(".devcontainer/Dockerfile", "FROM debian:bookworm\nCOPY hello.txt /hello.txt\n");
        SharingTests.Name(machine, $"devcontainer-sdk-test/{Guid.NewGuid():N}", "linux/amd64;linux/arm64");
        machine.Environment["COSIGN_PASSWORD"] = Password;
        machine.Environment["SignDevcontainer"] = "true";
        machine.Environment["DevcontainerSigningKey"] = machine["../signer.key"];
        machine.Environment["DevcontainerVerificationKey"] = machine["../signer.pub"];
        machine.Environment["DevcontainerSignatureOffline"] = "true";
        return machine;
    }

    private static async Task<string> PublishAsync(Workspace machine)
    {
        CommandResult published = (await machine.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        Assert.DoesNotContain(Password, published.Output);
        using JsonDocument record = JsonDocument.Parse(await File.ReadAllTextAsync(machine["bin/devcontainer/published.json"]));
        return record.RootElement.GetProperty("digest").GetString()!;
    }

    /// <summary>What the tag names is the image, whole, signed and attested on both platforms, and runs.</summary>
    private static async Task JudgeAsync(Workspace machine, string name, string digest, string text)
    {
        string tag = name + ":latest";
        Assert.AreEqual(digest, await TestEngine.RunAsync("crane", "digest", tag));
        Assert.AreEqual(
            digest, await TestEngine.RunAsync("skopeo", "inspect", "--tls-verify=false", "--no-tags", "--format", "{{.Digest}}", "docker://" + name + "@" + digest));
        await TestEngine.ValidateAsync(tag);
        (await machine.RunAsync("cosign", "verify", "--key", machine["../signer.pub"], "--insecure-ignore-tlog=true", "--allow-http-registry", tag)).Succeeded();
        Assert.Contains(
            "application/vnd.devcontainer-sdk.receipt.v1+json", await TestEngine.RunAsync("oras", "discover", "--plain-http", "--format", "json", $"{name}@{digest}"));
        foreach (string attested in new[] { "Provenance", "SBOM" })
        {
            using JsonDocument found = JsonDocument.Parse(
                await TestEngine.RunAsync("docker", "buildx", "imagetools", "inspect", tag, "--format", $"{{{{json .{attested}}}}}"));
            Assert.AreEqual(2, found.RootElement.EnumerateObject().Count(), attested);
        }

        await TestEngine.RunAsync("docker", "pull", "--quiet", tag);
        Assert.AreEqual(text, await TestEngine.RunAsync("docker", "run", "--rm", tag, "cat", "/hello.txt"));
        await TestEngine.RunAsync("docker", "rmi", tag);
    }

    /// <summary>Another machine without an engine, at the same sources, has the same image with the same items.</summary>
    private async Task AssertIsFoundWithoutAnEngineAsync(Workspace machine, string digest, string? text = null)
    {
        Workspace other = SharingTests.Copy(machine, NewWorkspace("elsewhere"), "linux/amd64;linux/arm64");
        if (text is not null)
        {
            other.Write(".devcontainer/hello.txt", text);
        }

        other.Environment["PATH"] = SharingTests.WithoutDocker(other);
        CommandResult items = (await Quickstart.PrebuildAsync(other)).Succeeded();
        Assert.AreEqual(("registry", digest), (items.Items("DevcontainerImage").Single()["Source"], items.Items("DevcontainerImage").Single()["Digest"]));
        Assert.HasCount(2, items.Items("DevcontainerDigest"));
        Assert.HasCount(2, items.Items("DevcontainerSbom"));
    }
}
