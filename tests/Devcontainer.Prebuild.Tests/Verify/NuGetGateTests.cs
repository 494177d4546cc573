using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Tests.Sboms;
using Devcontainer.Prebuild.Verify;
using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>Packages with known vulnerabilities, by NuGet's own client and a source on loopback.</summary>
[TestClass]
public sealed class NuGetGateTests : IDisposable
{
    private readonly TemporaryFolder _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [TestMethod]
    public async Task A_package_with_a_known_vulnerability_is_a_finding_of_its_severity()
    {
        using VulnerabilityFeed feed = new VulnerabilityFeed().Knows(
            ("old.package", 3, "(, 1.2.0)", "GHSA-old-critical"),
            ("old.package", 1, "[1.0.0, 1.0.0]", "GHSA-old-moderate"),
            ("old.package", 2, "(1.0.0, )", "GHSA-not-this-version"),
            ("new.package", 2, "(, 2.0.0)", "GHSA-fixed"));
        GateResult result = await RunAsync(feed.Address);
        CollectionAssert.AreEquivalent(
            new[] { ("GHSA-old-critical", FindingSeverity.Critical), ("GHSA-old-moderate", FindingSeverity.Medium) },
            result.Findings.Select(static finding => (finding.Id, finding.Severity)).ToArray());
        Finding critical = result.Findings.Single(static finding => finding.Severity == FindingSeverity.Critical);
        Assert.AreEqual(("Old.Package", "1.0.0", Codes.PackageVulnerable), (critical.Package, critical.Version, critical.Diagnostic.Code));
        Assert.Contains("Old.Package 1.0.0, which has a known vulnerability of severity critical: https://advisories.example/GHSA-old-critical", critical.Diagnostic.Message);
        Assert.AreEqual("2 NuGet packages, by what audit know", result.Summary);
    }

    [TestMethod]
    public async Task Without_one_it_is_clean()
    {
        using VulnerabilityFeed feed = new VulnerabilityFeed().Knows(("other", 3, "(, 9.0.0)", "GHSA-other"));
        Assert.AreEqual(GateOutcome.Clean, (await RunAsync(feed.Address)).Outcome);
        Assert.AreEqual("there are no NuGet packages", (await RunAsync(feed.Address, new TestLayer().File("a", "b"))).Summary);
    }

    [TestMethod]
    public async Task Credentials_of_nuget_config_are_used()
    {
        using VulnerabilityFeed feed = new VulnerabilityFeed(
            authorization: "Basic " + Convert.ToBase64String("me:feed-canary"u8)).Knows(("old.package", 3, "(, 1.2.0)", "GHSA-1"));
        GateResult refused = await RunAsync(feed.Address);
        Assert.AreEqual((GateOutcome.Failed, Codes.VerifyToolFailed), (refused.Outcome, refused.Reason!.Code));
        GateResult found = await RunAsync(feed.Address, credentials: "<packageSourceCredentials><audit><add key=\"Username\" value=\"me\" /><add key=\"ClearTextPassword\" value=\"feed-canary\" /></audit></packageSourceCredentials>");
        Assert.HasCount(1, found.Findings, found.Reason?.Message);
    }

    [TestMethod]
    public async Task It_fails_where_nobody_can_tell()
    {
        using var feed = new VulnerabilityFeed();
        feed["index.json"] = """{ "version": "3.0.0", "resources": [] }""";
        await FailsAsync(feed.Address, "knows of vulnerabilities");
        using var gone = new VulnerabilityFeed();
        gone["base.json"] = null;
        await FailsAsync(gone.Address, "404");
        using var broken = new VulnerabilityFeed();
        broken["base.json"] = "{ \"old.package\": [";
        await FailsAsync(broken.Address, "");
        using var empty = new VulnerabilityFeed();
        empty["vulnerabilities.json"] = "[]";
        await FailsAsync(empty.Address, "knows of vulnerabilities");
        using var none = new VulnerabilityFeed();
        await FailsAsync(none.Address, "knows of vulnerabilities");
        await FailsAsync("http://127.0.0.1:9/index.json", "127.0.0.1:9");
    }

    [TestMethod]
    public async Task What_is_too_old_does_not_let_an_image_pass()
    {
        using VulnerabilityFeed feed = new VulnerabilityFeed(updated: DateTimeOffset.UtcNow.AddDays(-61)).Knows(("other", 3, "(, 9.0.0)", "GHSA-other"));
        GateResult result = await RunAsync(feed.Address);
        Assert.AreEqual((GateOutcome.Stale, Codes.VerifyDataStale), (result.Outcome, result.Reason!.Code));
        Assert.AreEqual(GateOutcome.Clean, (await RunAsync(feed.Address, maxDays: 62)).Outcome);
    }

    private async Task FailsAsync(string source, string reason)
    {
        GateResult result = await RunAsync(source);
        Assert.AreEqual((GateOutcome.Failed, Codes.VerifyToolFailed), (result.Outcome, result.Reason?.Code), source);
        Assert.Contains(reason, result.Reason!.Message);
    }

    private async Task<GateResult> RunAsync(string source, TestLayer? layer = null, string credentials = "", int maxDays = 60)
    {
        _workspace.Write(
            "nuget.config",
            $"""<configuration><packageSources><clear /><add key="audit" value="{source}" allowInsecureConnections="true" /></packageSources><auditSources><clear /></auditSources>{credentials}</configuration>""");
        using var image = new LayeredImage(layer ?? new TestLayer()
            .File("root/.nuget/packages/old.package/1.0.0/old.package.nuspec", Nuspec("Old.Package", "1.0.0"))
            .File("root/.nuget/packages/new.package/2.0.0/new.package.nuspec", Nuspec("New.Package", "2.0.0")));
        using var client = new RegistryClient();
        var packages = new ImagePackages(client, new ImageAttestations(client), image.Layout);
        return await GateRunner.RunAsync(new NuGetGate(packages, _workspace.Path, TimeSpan.FromDays(maxDays), new RecordingReporter()), image.Image, CancellationToken.None);
    }

    private static string Nuspec(string id, string version) =>
        $"""<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{id}</id><version>{version}</version><authors>me</authors><description>d</description></metadata></package>""";
}
