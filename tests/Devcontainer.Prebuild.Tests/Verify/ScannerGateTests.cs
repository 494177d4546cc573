using System.Globalization;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Verify;
using Devcontainer.Prebuild.Verify.Scanners;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>
/// Scanners by a scripted command: what they are called with, and how their answers are read. No scanner runs here; the answers are small ones, written by
/// hand in the form that each scanner documents.
/// </summary>
[TestClass]
public sealed class ScannerGateTests
{
    private static readonly string Layer = SampleWorkspace.DigestOf('d').Value;
    private static readonly string Now = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture);

    private static string Trivy => $$"""
        {
          "SchemaVersion": 2, "ArtifactName": "image", "ArtifactType": "container_image",
          "Results": [
            { "Target": "image (debian 12.1)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [
              { "VulnerabilityID": "CVE-2024-0001", "PkgName": "curl", "InstalledVersion": "7.88.1-10", "FixedVersion": "7.88.1-10+deb12u5", "Severity": "HIGH",
                "PrimaryURL": "https://avd.aquasec.com/nvd/cve-2024-0001", "Layer": { "Digest": "sha256:x", "DiffID": "{{Layer}}" } },
              { "VulnerabilityID": "CVE-2024-0002", "PkgName": "zlib1g", "InstalledVersion": "1:1.2.13", "Severity": "LOW" } ] },
            { "Target": "Node.js", "Class": "lang-pkgs", "Type": "node-pkg" }
          ]
        }
        """;

    private static string Grype => $$"""
        {
          "matches": [
            { "vulnerability": { "id": "GHSA-0001", "severity": "Critical", "dataSource": "https://github.com/advisories/GHSA-0001", "fix": { "versions": ["2.0.1"], "state": "fixed" } },
              "artifact": { "name": "tool", "version": "2.0.0", "type": "npm", "locations": [ { "path": "/app/node_modules/tool/package.json", "layerID": "{{Layer}}" } ] } },
            { "vulnerability": { "id": "CVE-2024-0003", "severity": "Negligible", "fix": { "versions": [], "state": "not-fixed" } }, "artifact": { "name": "tar", "version": "1.34" } }
          ],
          "descriptor": { "name": "grype", "version": "0.95.0", "db": { "status": { "schemaVersion": "v6.0.2", "built": "{{Now}}", "valid": true } } }
        }
        """;

    private const string Snyk = """
        {
          "vulnerabilities": [
            { "id": "SNYK-DEBIAN12-CURL-1", "severity": "high", "packageName": "curl", "version": "7.88.1-10", "nearestFixedInVersion": "7.88.1-11", "from": ["a", "curl"] },
            { "id": "SNYK-DEBIAN12-CURL-1", "severity": "high", "packageName": "curl", "version": "7.88.1-10", "nearestFixedInVersion": "7.88.1-11", "from": ["b", "curl"] } ],
          "ok": false, "packageManager": "deb",
          "applications": [ { "vulnerabilities": [ { "id": "SNYK-JS-TOOL-1", "severity": "medium", "packageName": "tool", "version": "2.0.0" } ], "ok": false } ]
        }
        """;

    private const string Scout = """
        {
          "version": "2.1.0",
          "runs": [ {
            "tool": { "driver": { "name": "docker scout", "rules": [
              { "id": "CVE-2024-0004", "helpUri": "https://scout.docker.com/v/CVE-2024-0004", "properties": {
                "cvssV3_severity": "HIGH", "security-severity": "7.5", "purls": ["pkg:deb/debian/curl@7.88.1-10?os_name=debian"], "fixed_version": "not fixed" } },
              { "id": "CVE-2024-0005", "properties": { "security-severity": "9.8", "purls": ["pkg:npm/%40team/tool@2.0.0"] } } ] } },
            "results": [ { "ruleId": "CVE-2024-0004" }, { "ruleId": "CVE-2024-0005" } ] } ]
        }
        """;

    private static string TrivyData => $$"""{ "Version": "0.65.0", "VulnerabilityDB": { "Version": 2, "UpdatedAt": "{{Now}}" } }""";

    [TestMethod]
    public async Task Trivy_is_asked_about_the_digest_of_each_platform()
    {
        using var script = new Script { Answer = static arguments => (0, arguments[0] == "version" ? TrivyData : Trivy) };
        GateResult result = await script.RunAsync(new TrivyScanner());
        CollectionAssert.AreEqual(
            new[]
            {
                $"image --quiet --format json --scanners vuln --image-src remote --platform linux/amd64 registry.example/team/dev@{Script.Image.Platforms[0].Descriptor.Digest}",
                $"image --quiet --format json --scanners vuln --image-src remote --platform linux/arm64 registry.example/team/dev@{Script.Image.Platforms[1].Descriptor.Digest}",
                "version --format json",
            },
            script.Calls);
        CollectionAssert.AreEqual(
            new[] { ("CVE-2024-0001", FindingSeverity.High, "curl 7.88.1-10"), ("CVE-2024-0002", FindingSeverity.Low, "zlib1g 1:1.2.13") },
            result.Findings.Select(static finding => (finding.Id, finding.Severity, $"{finding.Package} {finding.Version}")).ToArray());
        Finding curl = result.Findings[0];
        Assert.AreEqual((Codes.VulnerabilityFound, Layer, "RUN apt-get install curl"), (curl.Diagnostic.Code, curl.Layer!.Value.Value, curl.Instruction));
        Assert.Contains("curl 7.88.1-10, which has the vulnerability CVE-2024-0001 of severity high, says trivy", curl.Diagnostic.Message);
        Assert.Contains("It is mended in 7.88.1-10+deb12u5.", curl.Diagnostic.Message);
        Assert.IsEmpty(curl.Platforms);
    }

    [TestMethod]
    public async Task Grype_says_itself_how_old_its_data_is()
    {
        using var script = new Script { Answer = static _ => (0, Grype) };
        GateResult result = await script.RunAsync(new GrypeScanner());
        Assert.AreEqual($"--quiet --output json --platform linux/amd64 registry:registry.example/team/dev@{Script.Image.Platforms[0].Descriptor.Digest}", script.Calls[0]);
        CollectionAssert.AreEqual(
            new[] { ("GHSA-0001", FindingSeverity.Critical, "app/node_modules/tool/package.json"), ("CVE-2024-0003", FindingSeverity.Low, null) },
            result.Findings.Select(static finding => (finding.Id, finding.Severity, finding.Path)).ToArray());

        // Older versions have it in another place.
        using var older = new Script { Answer = static _ => (0, $$"""{ "matches": [], "descriptor": { "db": { "built": "{{Now}}" } } }""") };
        Assert.AreEqual(GateOutcome.Clean, (await older.RunAsync(new GrypeScanner())).Outcome);
    }

    [TestMethod]
    public async Task Snyk_and_Scout_only_warn_unless_they_are_asked_to_do_more()
    {
        using var snyk = new Script { Answer = static _ => (1, Snyk) };
        GateResult result = await snyk.RunAsync(new SnykScanner());
        CollectionAssert.AreEqual(new[] { "SNYK-DEBIAN12-CURL-1", "SNYK-JS-TOOL-1" }, result.Findings.Select(static finding => finding.Id).ToArray());
        Assert.IsTrue(new GateReport("snyk", result, new GatePolicy().ThresholdOf("snyk")).Passes);
        Assert.IsFalse(new GateReport("snyk", result, new GatePolicy { WarnOnly = [] }.ThresholdOf("snyk")).Passes);

        using var scout = new Script { Answer = static _ => (0, "a progress bar"), File = Scout };
        result = await scout.RunAsync(new ScoutScanner());
        CollectionAssert.AreEqual(
            new[] { ("CVE-2024-0004", FindingSeverity.High, "curl 7.88.1-10"), ("CVE-2024-0005", FindingSeverity.Critical, "tool 2.0.0") },
            result.Findings.Select(static finding => (finding.Id, finding.Severity, $"{finding.Package} {finding.Version}")).ToArray());
        Assert.StartsWith("scout cves --format sarif --output ", scout.Calls[0]);
        Assert.EndsWith($" --platform linux/amd64 registry://registry.example/team/dev@{Script.Image.Platforms[0].Descriptor.Digest}", scout.Calls[0]);
    }

    [TestMethod]
    [DataRow("trivy", 0, "")]
    [DataRow("trivy", 0, "{}")]
    [DataRow("trivy", 0, "{ \"SchemaVersion\": 2 }")]
    [DataRow("trivy", 0, "{ \"SchemaVersion\": 2, \"Results\": [] }")]
    [DataRow("trivy", 0, "{ \"SchemaVersion\": 3, \"Results\": [ {} ] }")]
    [DataRow("trivy", 1, "")]
    [DataRow("trivy", 137, "{ \"SchemaVersion\": 2, \"Results\": [ {} ] }")]
    [DataRow("grype", 0, "{}")]
    [DataRow("grype", 0, "[]")]
    [DataRow("grype", 0, "{ \"matches\": [], \"descriptor\": { \"db\": {} } }")]
    [DataRow("grype", 0, "{ \"descriptor\": { \"db\": { \"built\": \"2999-01-01T00:00:00Z\" } } }")]
    [DataRow("snyk", 2, "{ \"ok\": false, \"error\": \"Authentication failed.\" }")]
    [DataRow("snyk", 0, "{ \"ok\": false, \"error\": \"Authentication failed.\" }")]
    [DataRow("snyk", 0, "{}")]
    [DataRow("scout", 0, "{}")]
    [DataRow("scout", 0, "{ \"runs\": [] }")]
    [DataRow("scout", 1, "")]
    public async Task One_that_could_not_look_fails(string name, int exitCode, string json)
    {
        using var script = new Script { Answer = arguments => arguments[0] == "version" ? (0, TrivyData) : (exitCode, json) };
        GateResult result = await script.RunAsync(ScannerOf(name));
        Assert.AreEqual((GateOutcome.Failed, Codes.VerifyToolFailed), (result.Outcome, result.Reason?.Code));
        Assert.IsEmpty(Directory.GetDirectories(Path.GetTempPath(), "devcontainer-scan-*").Where(folder => script.Folders.Contains(folder)));
    }

    [TestMethod]
    public async Task Data_that_is_too_old_does_not_let_an_image_pass()
    {
        string old = DateTimeOffset.UtcNow.AddDays(-8).ToString("O", CultureInfo.InvariantCulture);
        using var trivy = new Script { Answer = arguments => (0, arguments[0] == "version" ? TrivyData.Replace(Now, old, StringComparison.Ordinal) : Trivy) };
        GateResult result = await trivy.RunAsync(new TrivyScanner());
        Assert.AreEqual((GateOutcome.Stale, Codes.VerifyDataStale), (result.Outcome, result.Reason?.Code));
        using var grype = new Script { Answer = _ => (0, Grype.Replace(Now, old, StringComparison.Ordinal)) };
        Assert.AreEqual(GateOutcome.Stale, (await grype.RunAsync(new GrypeScanner())).Outcome);

        // One that does not say is no better.
        using var silent = new Script { Answer = arguments => (0, arguments[0] == "version" ? "{ \"Version\": \"0.65.0\" }" : Trivy) };
        Assert.AreEqual(GateOutcome.Failed, (await silent.RunAsync(new TrivyScanner())).Outcome);
    }

    [TestMethod]
    public async Task One_that_is_not_there_fails_and_one_in_the_workspace_is_not_run()
    {
        using var script = new Script { HasProgram = false };
        GateResult result = await script.RunAsync(new TrivyScanner());
        Assert.AreEqual((GateOutcome.Failed, Codes.VerifyToolMissing), (result.Outcome, result.Reason?.Code));
        Assert.IsEmpty(script.Calls);
    }

    [TestMethod]
    public async Task It_goes_where_we_go_and_what_it_says_is_told_without_secrets()
    {
        using var script = new Script
        {
            Answer = static _ => (1, ""),
            Error = $"FATAL token {SecretScannerTests.GitHubToken} was refused",
            Settings = static settings => settings with { Mirrors = [new("registry.example", "mirror.example:8080/all")], Insecure = ["mirror.example:8080"] },
        };
        GateResult result = await script.RunAsync(new TrivyScanner());
        Assert.Contains($" mirror.example:8080/all/team/dev@{Script.Image.Platforms[0].Descriptor.Digest}", script.Calls[0]);
        Assert.AreEqual("true", script.Environments[0]["TRIVY_NON_SSL"]);
        Assert.Contains("exit code 1: FATAL token **** was refused", result.Reason!.Message);
        Assert.DoesNotContain(SecretScannerTests.Random36, result.Reason.Message + string.Join('\n', script.Reporter.Details));
    }

    private static IScanner ScannerOf(string name) => name switch
    {
        "trivy" => new TrivyScanner(),
        "grype" => new GrypeScanner(),
        "snyk" => new SnykScanner(),
        _ => new ScoutScanner(),
    };

    private sealed class Script : IProcessRunner, IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        internal static VerifiedImage Image { get; } = CreateImage();

        internal Func<string[], (int ExitCode, string Output)> Answer { get; init; } = static _ => (0, "");

        internal string? File { get; init; }

        internal string Error { get; init; } = "it did not work";

        internal bool HasProgram { get; init; } = true;

        internal Func<RegistrySettings, RegistrySettings> Settings { get; init; } = static settings => settings;

        internal List<string> Calls { get; } = [];

        internal List<string> Folders { get; } = [];

        internal List<IReadOnlyDictionary<string, string>> Environments { get; } = [];

        internal RecordingReporter Reporter { get; } = new();

        public async Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken)
        {
            string[] arguments = [.. request.Arguments];
            Calls.Add(string.Join(' ', arguments));
            Folders.Add(request.WorkingDirectory);
            Environments.Add(request.Environment);
            (int exitCode, string output) = Answer(arguments);
            using var stream = new MemoryStream(Encoding.UTF8.GetBytes(output));
            await request.ReadOutput!(stream, cancellationToken);
            request.OnError!(Error);
            if (File is not null)
            {
                await System.IO.File.WriteAllTextAsync(arguments[Array.IndexOf(arguments, "--output") + 1], File, cancellationToken);
            }

            return new ProcessResult(exitCode, TimedOut: false);
        }

        internal Task<GateResult> RunAsync(IScanner scanner)
        {
            string name = OperatingSystem.IsWindows() ? scanner.Program + ".exe" : scanner.Program;
            _folder.Write("repo/bin/" + name, executable: true);
            if (HasProgram)
            {
                _folder.Write("bin/" + name, executable: true);
            }

            var settings = new RegistrySettings
            {
                WorkspaceFolder = _folder["repo"],
                Environment = new Dictionary<string, string> { ["PATH"] = _folder["repo/bin"] + Path.PathSeparator + _folder["bin"], ["DOCKER_CONFIG"] = _folder["docker"] },
            };
            return GateRunner.RunAsync(new ScannerGate(scanner, this, Settings(settings), TimeSpan.FromDays(7), Reporter), Image, CancellationToken.None);
        }

        public void Dispose() => _folder.Dispose();

        private static VerifiedImage CreateImage()
        {
            var layer = new Descriptor(MediaTypes.Layer, Digest.Parse(Layer), 1);
            return new VerifiedImage(VerifiedImages.Reference, [.. new[] { "linux/amd64", "linux/arm64" }.Select(platform =>
            {
                VerifiedPlatform one = VerifiedImages.Platform(platform, null, layer);
                return one with { Config = one.Config with { History = [new HistoryEntry { CreatedBy = "RUN apt-get install curl" }] } };
            })]);
        }
    }
}
