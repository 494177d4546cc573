using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Tests.Sboms;
using Devcontainer.Prebuild.Verify;
using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>Root is who works in a container where nobody says otherwise.</summary>
[TestClass]
public sealed class UserGateTests
{
    [TestMethod]
    [DataRow(null, null, "root")]
    [DataRow("", "[]", "root")]
    [DataRow("0", null, "0")]
    [DataRow("0:100", null, "0:100")]
    [DataRow("dev", "[{\"remoteUser\":\"root\"}]", "root")]
    [DataRow("dev", "[{\"remoteUser\":\"dev\"},{\"remoteUser\":\"root\"}]", "root")]
    public async Task Root_is_a_finding(string? user, string? metadata, string told)
    {
        GateResult result = await RunAsync(Configuration(user, metadata));
        Finding finding = result.Findings.Single();
        Assert.AreEqual(("root-user", FindingSeverity.High, Codes.ImageUserRoot), (finding.Id, finding.Severity, finding.Diagnostic.Code));
        Assert.AreEqual($"the default user is {told}", result.Summary);
    }

    [TestMethod]
    [DataRow("dev", null)]
    [DataRow("1000:1000", null)]
    [DataRow("root", "[{\"remoteUser\":\"root\"},{\"remoteUser\":\"vscode\"}]")]
    [DataRow("root", "{\"containerUser\":\"vscode\"}")]
    public async Task Anybody_else_is_none(string user, string? metadata) =>
        Assert.AreEqual(GateOutcome.Clean, (await RunAsync(Configuration(user, metadata))).Outcome);

    [TestMethod]
    public async Task A_label_that_cannot_be_read_does_not_pass() =>
        Assert.AreEqual(GateOutcome.Failed, (await RunAsync(Configuration("dev", "no json"))).Outcome);

    [TestMethod]
    public async Task It_is_told_on_which_platform()
    {
        GateResult one = await RunAsync(Configuration("dev", null), Configuration("root", null));
        CollectionAssert.AreEqual(new[] { "linux/arm64" }, one.Findings.Single().Platforms.ToArray());
        GateResult both = await RunAsync(Configuration("root", null), Configuration(null, null));
        Assert.IsEmpty(both.Findings.Single().Platforms);
    }

    [TestMethod]
    public async Task Another_name_of_root_is_root()
    {
        const string Passwd = "root:x:0:0::/root:/bin/sh\nadmin:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n";
        using var root = new LayeredImage(new ContainerConfig { User = "admin" }, new TestLayer().File("etc/passwd", Passwd));
        Assert.AreEqual("root-user", (await root.RunAsync(static contents => new UserGate(contents))).Findings.Single().Id);
        using var other = new LayeredImage(new ContainerConfig { User = "dev:dev" }, new TestLayer().File("etc/passwd", Passwd));
        Assert.AreEqual(GateOutcome.Clean, (await other.RunAsync(static contents => new UserGate(contents))).Outcome);
    }

    private static async Task<GateResult> RunAsync(params ContainerConfig[] configurations)
    {
        using var contents = new ImageContents(static (_, _, _) => Task.FromResult<Stream?>(null), static _ => false);
        return await GateRunner.RunAsync(new UserGate(contents), VerifiedImages.Of(configurations), CancellationToken.None);
    }

    private static ContainerConfig Configuration(string? user, string? metadata) => new()
    {
        User = user,
        Labels = metadata is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["devcontainer.metadata"] = metadata },
    };
}
