using Devcontainer.Prebuild.Tests.Verify;
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
        Assert.Contains("size       1 finding", bad.Output, bad.Report);

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
        (await VerifyAsync(elsewhere, "-p:DevcontainerVerifyImage=" + image, "-p:DevcontainerVerifyGates=provenance", "-p:DevcontainerVerifyBuilders=https://example.com/*%3Burn:other")).Failed("DEVC6056");
        (await VerifyAsync(elsewhere, "-p:DevcontainerVerifyImage=" + image, "-p:DevcontainerVerifyGates=integrity%3Bprovenance", "-p:DevcontainerVerifyBuilders=urn:devcontainer-sdk:builder:*")).Succeeded();
        CommandResult unsourced = await VerifyAsync(
            elsewhere, "-p:DevcontainerVerifyImage=" + image, "-p:DevcontainerVerifyGates=provenance", "-p:DevcontainerVerifySourceRepository=https://github.com/me/repo", "-p:DevcontainerVerifySourceReference=refs/heads/main", "-p:DevcontainerVerifySourceCommit=1");
        foreach (string what in new[] { "source repository", "source reference", "commit" })
        {
            Assert.Contains($"error DEVC6056: By its provenance the {what} of ", unsourced.Output);
        }
    }

    /// <summary>The second of two images has a secret that a later layer deletes, a program with root's rights, and a large file.</summary>
    [TestMethod]
    public async Task What_an_image_brings_anew_is_found_in_its_layers()
    {
        const string Random = "k7Qz2mWx9LpR4tVb8NcY3hJf6GdS1aEu5oIq";
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        SharingTests.Name(workspace, $"devcontainer-sdk-test/{Guid.NewGuid():N}", "linux/amd64");
        workspace.Write(".devcontainer/Dockerfile", "FROM debian:bookworm\nRUN useradd dev\nUSER dev\n");
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        CommandResult first = (await VerifyAsync(workspace, "-p:DevcontainerMaxSizeIncrease=10")).Succeeded();
        Assert.Contains("setuid     passed: ", first.Output, first.Report);
        Assert.Contains("nothing was published before", first.Output, first.Report);

        workspace.Write(".devcontainer/settings.env", "GITHUB=gh" + "p_" + Random + "\n");
        workspace.Write(
            ".devcontainer/Dockerfile",
            """
            FROM debian:bookworm
            RUN useradd dev
            COPY settings.env /opt/settings.env
            RUN . /opt/settings.env && rm /opt/settings.env && cp /bin/true /usr/local/bin/elevate && chmod 4755 /usr/local/bin/elevate
            RUN head -c 20000000 /dev/urandom > /opt/random.bin
            USER dev

            """);
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        CommandResult second = await VerifyAsync(workspace, "-p:DevcontainerMaxSizeIncrease=10%");
        CollectionAssert.AreEquivalent(
            new[] { (BuildMessage.Error, "DEVC6010"), (BuildMessage.Error, "DEVC6013"), (BuildMessage.Warning, "DEVC6014") },
            second.Messages.Select(static message => (message.Kind, message.Code)).ToArray(),
            second.Report);
        string Text(string code) => second.Messages.Single(message => message.Code == code).Text;
        Assert.Contains("line 1 of '/opt/settings.env'", Text("DEVC6010"));
        Assert.Contains("a later layer deletes", Text("DEVC6010"));
        Assert.Contains("/opt/random.bin (20.0 MB)", Text("DEVC6013"));
        Assert.Contains("'/usr/local/bin/elevate'", Text("DEVC6014"));
        Assert.DoesNotContain(Random, second.Output + second.Error);

        // They point at the instructions that did it, also in the file for code scanning; and what is known may stay for a while.
        foreach ((string code, int line) in new[] { ("DEVC6010", 3), ("DEVC6013", 5), ("DEVC6014", 4) })
        {
            BuildMessage message = second.Messages.Single(message => message.Code == code);
            Assert.AreEqual((workspace[".devcontainer/Dockerfile"], line), (message.File, message.Line));
        }

        string sarif = await File.ReadAllTextAsync(workspace["bin/devcontainer/verify.sarif"]);
        Assert.Contains("\"secrets/github-token\"", sarif);
        Assert.Contains("\".devcontainer/Dockerfile\"", sarif);
        Assert.DoesNotContain(Random, sarif);
        workspace.Write("devcontainer-waivers.json", """
            { "waivers": [
              { "gate": "secrets", "id": "github-token", "path": "opt/settings.env", "reason": "Revoked.", "expires": "2999-12-31" },
              { "gate": "size", "id": "grown", "reason": "Once.", "expires": "2999-12-31" },
              { "gate": "setuid", "id": "setuid-added", "reason": "Needed.", "expires": "2999-12-31" },
              { "gate": "user", "id": "root-user", "reason": "Mended since.", "expires": "2999-12-31" }
            ] }
            """);
        CommandResult waived = (await VerifyAsync(workspace, "-p:DevcontainerMaxSizeIncrease=10")).Succeeded();
        Assert.Contains("secrets    passed, 1 waived", waived.Output, waived.Report);
        Assert.Contains("The waiver of root-user (user) in line 5 of devcontainer-waivers.json is not needed any more", waived.Output, waived.Report);
        workspace.Write("devcontainer-waivers.json", File.ReadAllText(workspace["devcontainer-waivers.json"]).Replace("2999-12-31", "2020-02-29", StringComparison.Ordinal));
        CommandResult expired = await VerifyAsync(workspace, "-p:DevcontainerVerifyGates=sshd");
        Assert.AreNotEqual(0, expired.ExitCode, expired.Report);
        CollectionAssert.AreEqual(new[] { 2, 3, 4, 5 }, expired.Messages.Select(static message => message.Code == "DEVC6023" ? message.Line : 0).ToArray(), expired.Report);
        File.Delete(workspace["devcontainer-waivers.json"]);

        // Compared with itself it is as before.
        CommandResult same = await VerifyAsync(workspace, "-p:DevcontainerMaxSizeIncrease=0", "-p:DevcontainerCompareFrom=latest", "-p:DevcontainerVerifyGates=size%3Bsetuid%3Bsshd%3Buser");
        same.Succeeded();

        // What it is compared with has to be there.
        (await VerifyAsync(workspace, "-p:DevcontainerCompareFrom=gone", "-p:DevcontainerVerifyGates=setuid")).Failed("DEVC5064");
    }

    /// <summary>By NuGet's libraries of the .NET SDK that builds: an old package in the image, and a source on loopback that knows of it.</summary>
    [TestMethod]
    public async Task A_package_that_a_source_knows_to_be_vulnerable_is_found_by_the_attested_SBOM()
    {
        using VulnerabilityFeed feed = new VulnerabilityFeed().Knows(("old.package", 2, "(, 1.2.0)", "GHSA-old"));
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        SharingTests.Name(workspace, $"devcontainer-sdk-test/{Guid.NewGuid():N}", "linux/amd64");
        workspace.Write("nuget.config", SdkPackage.NuGetConfig.Replace(
            "</configuration>",
            $"""<auditSources><clear /><add key="audit" value="{feed.Address}" allowInsecureConnections="true" /></auditSources></configuration>""",
            StringComparison.Ordinal));
        workspace.Write(".devcontainer/Dockerfile", "FROM scratch\nCOPY old.package.nuspec /root/.nuget/packages/old.package/1.0.0/old.package.nuspec\nUSER 1000\n");
        workspace.Write(
            ".devcontainer/old.package.nuspec",
            "<package><metadata><id>Old.Package</id><version>1.0.0</version><authors>me</authors><description>d</description></metadata></package>");
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        CommandResult verified = await VerifyAsync(workspace);
        Assert.Contains("Old.Package 1.0.0", verified.Failed("DEVC6020").Text);
        Assert.Contains("nuget      1 finding: 1 NuGet packages, by what audit know", verified.Output, verified.Report);
        (await VerifyAsync(workspace, "-p:DevcontainerVerifySeverity=critical")).SucceededWithWarning("DEVC6020");
    }

    private static Task<CommandResult> VerifyAsync(Workspace workspace, params string[] arguments) =>
        workspace.BuildAsync("build", ["-t:VerifyDevcontainer", .. arguments]);
}
