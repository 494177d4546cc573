using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Verify;
using Devcontainer.Prebuild.Verify.Waivers;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>What all gates say, as code scanning takes it.</summary>
[TestClass]
public sealed class SarifFileTests
{
    private const string Workspace = "/work/repo";
    private const string Config = "/work/repo/.devcontainer/devcontainer.json";

    [TestMethod]
    public void All_gates_are_one_run_whose_results_have_rule_level_and_place()
    {
        Finding waived = TestGate.Finding("GHSA-1", FindingSeverity.Critical, "One.") with { Package = "A" };
        Finding placed = TestGate.Finding("root-user", FindingSeverity.High, "Two.");
        placed = placed with { Diagnostic = placed.Diagnostic with { Location = new SourceLocation("/work/repo/.devcontainer/Docker file", 7, 3) } };
        Finding minor = TestGate.Finding("GHSA-2", FindingSeverity.Low, "Three.");
        var waiver = new Waiver { Gate = "nuget", Id = "GHSA-1", Reason = "Not called.", Expires = new DateOnly(2027, 1, 1), Location = new SourceLocation("f", 3) };
        using JsonDocument document = Write(new VerifyReport(
            VerifiedImages.Reference,
            [
                new GateReport("nuget", GateResult.Of("x", [waived, minor]), FindingSeverity.High) { Waived = [new WaivedFinding(waived, waiver)] },
                new GateReport("user", GateResult.Of("x", [placed]), FindingSeverity.High),
                new GateReport("sshd", GateResult.Failed(new Diagnostic(Codes.BlobCorrupt, "Four.")), FindingSeverity.High),
            ]));
        JsonElement root = document.RootElement;
        Assert.AreEqual("2.1.0", root.GetProperty("version").GetString());
        JsonElement run = root.GetProperty("runs").EnumerateArray().Single();
        JsonElement[] rules = [.. run.GetProperty("tool").GetProperty("driver").GetProperty("rules").EnumerateArray()];
        CollectionAssert.AreEqual(new[] { "nuget/GHSA-1", "nuget/GHSA-2", "user/root-user" }, rules.Select(static rule => rule.GetProperty("id").GetString()).ToArray());
        Assert.AreEqual("9.5", rules[0].GetProperty("properties").GetProperty("security-severity").GetString());

        JsonElement[] results = [.. run.GetProperty("results").EnumerateArray()];
        CollectionAssert.AreEqual(
            new[] { ("One.", "error"), ("Three.", "warning"), ("Two.", "error") },
            results.Select(static one => (one.GetProperty("message").GetProperty("text").GetString()!, one.GetProperty("level").GetString()!)).ToArray());
        Assert.AreEqual("Not called.", results[0].GetProperty("suppressions")[0].GetProperty("justification").GetString());
        Assert.IsFalse(results[1].TryGetProperty("suppressions", out _));
        Assert.AreEqual((".devcontainer/Docker%20file", 7), Place(results[2]));
        Assert.AreEqual((".devcontainer/devcontainer.json", 1), Place(results[1]));
        Assert.IsTrue(results.All(result => rules[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString() == result.GetProperty("ruleId").GetString()));

        JsonElement invocation = run.GetProperty("invocations")[0];
        Assert.IsFalse(invocation.GetProperty("executionSuccessful").GetBoolean());
        Assert.AreEqual("Four.", invocation.GetProperty("toolExecutionNotifications")[0].GetProperty("message").GetProperty("text").GetString());
    }

    [TestMethod]
    public void A_finding_is_the_same_one_in_the_next_image()
    {
        string Of(string message, string? version = null)
        {
            Finding finding = TestGate.Finding(message: message) with { Package = "A", Version = version };
            using JsonDocument document = Write(new VerifyReport(VerifiedImages.Reference, [new GateReport("nuget", GateResult.Of("x", [finding]), FindingSeverity.High)]));
            return document.RootElement.GetProperty("runs")[0].GetProperty("results")[0].GetProperty("partialFingerprints").GetProperty("devcontainerFinding/v1").GetString()!;
        }

        Assert.AreEqual(Of("In the image of today."), Of("In the image of tomorrow."));
        Assert.AreNotEqual(Of("x"), Of("x", "2.0.0"));
    }

    [TestMethod]
    public void Findings_of_an_image_that_was_built_here_point_at_what_brought_them_in()
    {
        using var workspace = new SampleWorkspace("""
            {
              "build": { "dockerfile": "Dockerfile" },
              "features": {
                "./features/sshd": {}
              }
            }
            """);
        workspace.Write(
            ".devcontainer/Dockerfile",
            """
            FROM debian:12
            COPY --chmod=600 secret.env /opt/secret.env
            RUN --mount=type=cache,target=/var/cache/apt apt-get update \
                # what we need
                && apt-get install -y   curl
            USER root

            """);
        workspace.Write(".devcontainer/features/sshd/devcontainer-feature.json", """{ "id": "sshd", "version": "1.0.0" }""");
        workspace.Write("Directory.Packages.props", "<Project>\n  <ItemGroup>\n    <PackageVersion Include=\"Old.Package\" Version=\"1.0.0\" />\n  </ItemGroup>\n</Project>\n");
        var places = new FindingPlaces(workspace.Request.ConfigFile, workspace.Folder);
        (string?, int) Of(Finding finding)
        {
            SourceLocation? location = places.Locate(finding).Diagnostic.Location;
            return (Path.GetFileName(location?.File), location?.Line ?? 0);
        }

        Assert.AreEqual(("Dockerfile", 2), Of(TestGate.Finding() with { Instruction = "COPY secret.env /opt/secret.env # buildkit" }));
        Assert.AreEqual(("Dockerfile", 3), Of(TestGate.Finding() with { Instruction = "RUN |1 A=b /bin/sh -c apt-get update     && apt-get install -y   curl # buildkit" }));
        Assert.AreEqual(("Dockerfile", 6), Of(TestGate.Finding(UserGate.RootUser)));
        Assert.AreEqual(("Directory.Packages.props", 3), Of(TestGate.Finding() with { Package = "old.package" }));
        Assert.AreEqual((null, 0), Of(TestGate.Finding() with { Package = "other.package" }));
        Assert.AreEqual((null, 0), Of(TestGate.Finding() with { Instruction = "RUN /bin/sh -c something of the base # buildkit" }));
        Assert.AreEqual(
            ("devcontainer.json", 4),
            Of(TestGate.Finding() with { Instruction = "RUN /bin/sh -c cd /tmp/dev-container-features/sshd_0 && ./install.sh # buildkit".Replace("/tmp/dev-container-features", Spec.Dockerfiles.PrebuildDockerfile.FeaturesFolder, StringComparison.Ordinal) }));

        // What cannot be read tells nothing.
        workspace.Write(".devcontainer/Dockerfile", "RUN before any stage\n");
        Assert.IsNull(new FindingPlaces(workspace.Request.ConfigFile, workspace.Folder).Locate(TestGate.Finding() with { Instruction = "COPY a b" }).Diagnostic.Location);
    }

    [TestMethod]
    public void An_instruction_is_that_of_its_layer_also_where_the_base_image_has_no_history()
    {
        Descriptor[] layers = [.. "abc".Select(static digit => new Descriptor(MediaTypes.LayerGzip, SampleWorkspace.DigestOf(digit), 1))];
        VerifiedPlatform With(params HistoryEntry[] history)
        {
            VerifiedPlatform platform = VerifiedImages.Platform("linux/amd64", null, layers);
            return platform with { Config = platform.Config with { History = history } };
        }

        var one = new HistoryEntry { CreatedBy = "RUN one", Comment = "buildkit.dockerfile.v0" };
        var user = new HistoryEntry { CreatedBy = "USER dev", EmptyLayer = true };
        var two = new HistoryEntry { CreatedBy = "RUN two", Comment = "buildkit.dockerfile.v0" };
        var madeUp = new HistoryEntry { CreatedBy = "mount / from exec two", Comment = "buildkit.exporter.image.v0" };
        string?[] Of(VerifiedPlatform platform) => [.. Enumerable.Range(0, 3).Select(platform.InstructionOf)];
        CollectionAssert.AreEqual(new[] { null, "RUN one", "RUN two" }, Of(With(one, user, two, madeUp)));
        CollectionAssert.AreEqual(new[] { "ADD base", "RUN one", "RUN two" }, Of(With(new HistoryEntry { CreatedBy = "ADD base" }, one, user, two)));
        CollectionAssert.AreEqual(new string?[] { null, null, null }, Of(With(one, two)));
    }

    private static (string, int) Place(JsonElement result)
    {
        JsonElement place = result.GetProperty("locations")[0].GetProperty("physicalLocation");
        return (place.GetProperty("artifactLocation").GetProperty("uri").GetString()!, place.GetProperty("region").GetProperty("startLine").GetInt32());
    }

    private static JsonDocument Write(VerifyReport report) => JsonDocument.Parse(SarifFile.Serialize(report, Workspace, Config));
}
