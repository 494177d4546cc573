using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Verify;
using Devcontainer.Prebuild.Verify.Waivers;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>What somebody has put up with, for a while, does not keep an image from passing.</summary>
[TestClass]
public sealed class WaiverTests
{
    private static readonly DateOnly Today = new(2026, 11, 27);
    private static readonly string[] Gates = ["nuget", "secrets"];

    [TestMethod]
    public void A_waiver_takes_a_finding_out_until_its_day_is_over()
    {
        VerifyReport passed = Apply("""{ "gate": "nuget", "id": "GHSA-1", "reason": "Not called.", "expires": "2026-11-27" }""", Package("GHSA-1", "A"));
        Assert.IsTrue(passed.Passes);
        Assert.AreEqual("Not called.", passed.Gates[0].Waived.Single().Waiver.Reason);
        CollectionAssert.Contains(VerifyText.Lines(passed).ToArray(), "  nuget  passed, 1 waived: two packages");
        Assert.IsEmpty(passed.Gates[0].Warnings);

        VerifyReport expired = Apply("""{ "gate": "nuget", "id": "GHSA-1", "reason": "Not called.", "expires": "2026-11-26" }""", Package("GHSA-1", "A"));
        Assert.IsFalse(expired.Passes);
        Assert.HasCount(1, expired.Gates[0].Errors);
        Diagnostic error = expired.Expired.Single();
        Assert.AreEqual((Codes.WaiverExpired, 3), (error.Code, error.Location!.Line));
        Assert.Contains("GHSA-1 (nuget) was good until 2026-11-26: Not called.", error.Message);
    }

    [TestMethod]
    [DataRow(""" "package": "a", """, "GHSA-1 A")]
    [DataRow(""" "path": "/opt/app", """, "")]
    [DataRow("", "GHSA-1 A,GHSA-1 B")]
    public void It_is_about_what_it_says_and_no_more(string more, string waived)
    {
        VerifyReport report = Apply(
            $$"""{ "gate": "nuget", "id": "GHSA-1", {{more}} "reason": "r", "expires": "2027-01-01" }""", Package("GHSA-1", "A"), Package("GHSA-1", "B"), Package("GHSA-2", "A"));
        Assert.AreEqual(waived, string.Join(',', report.Gates[0].Waived.Select(static one => $"{one.Finding.Id} {one.Finding.Package}")));
        Assert.AreEqual(3 - report.Gates[0].Waived.Count, report.Gates[0].Errors.Count());
        Assert.HasCount(waived.Length == 0 ? 1 : 0, report.Unused);
    }

    [TestMethod]
    [DataRow("opt/app/key.pem", true)]
    [DataRow("/opt/*", true)]
    [DataRow("opt/app", false)]
    [DataRow("opt/ap/*", false)]
    public void A_path_may_stand_for_all_below(string path, bool covers)
    {
        var waiver = new Waiver { Gate = "secrets", Id = "private-key", Path = path.TrimStart('/'), Reason = "r", Expires = Today, Location = new SourceLocation("f") };
        Assert.AreEqual(covers, waiver.Covers("secrets", TestGate.Finding("private-key") with { Path = "opt/app/key.pem" }));
    }

    [TestMethod]
    public void One_that_nothing_needs_is_told_but_only_where_its_gate_has_looked()
    {
        VerifyReport report = Apply(
            """{ "gate": "nuget", "id": "GHSA-9", "reason": "r", "expires": "2027-01-01" }, { "gate": "secrets", "id": "private-key", "reason": "r", "expires": "2027-01-01" }""",
            Package("GHSA-1", "A"));
        Assert.AreEqual("GHSA-9", report.Unused.Single().Id);
        Assert.Contains("The waiver of GHSA-9 (nuget) in line 3 of devcontainer-waivers.json is not needed any more", string.Join('\n', VerifyText.Lines(report)));

        // That a gate could not tell is nothing that can be waived.
        VerifyReport failed = Apply("""{ "gate": "nuget", "id": "GHSA-1", "reason": "r", "expires": "2027-01-01" }""", GateResult.Failed(new Diagnostic(Codes.VerifyToolFailed, "x")));
        Assert.IsFalse(failed.Passes);
        Assert.IsEmpty(failed.Unused);
    }

    [TestMethod]
    [DataRow("""{ "gate": "nuget", "id": "x", "reason": "r" }""", 3)]
    [DataRow("""{ "gate": "nuget", "id": "x", "expires": "2027-01-01" }""", 3)]
    [DataRow("""{ "gate": "nuget", "id": "x", "reason": "r", "expires": "next year" }""", 3)]
    [DataRow("""{ "gate": "nuget", "id": "x", "pakage": "A", "reason": "r", "expires": "2027-01-01" }""", 3)]
    [DataRow("""{ "gate": "nuget", "id": "", "reason": "r", "expires": "2027-01-01" }""", 3)]
    [DataRow("""{ "gate": "nugget", "id": "x", "reason": "r", "expires": "2027-01-01" }""", 3)]
    [DataRow("\"all of it\"", 3)]
    [DataRow("{ ", 0)]
    public void A_file_that_is_not_right_is_an_error_at_its_line(string waiver, int line)
    {
        Diagnostic error = Errors.Expect(Codes.WaiverFileInvalid, () => Apply(waiver, Package("GHSA-1", "A")));
        Assert.AreEqual("devcontainer-waivers.json", Path.GetFileName(error.Location!.File));
        Assert.IsTrue(line == 0 || line == error.Location.Line);
    }

    [TestMethod]
    public void None_need_be_there_but_where_one_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.IsEmpty(WaiverFile.Read(folder.Path, null, Gates));
        Errors.Expect(Codes.PropertyInvalid, () => WaiverFile.Read(folder.Path, folder["mine.json"], Gates));
        folder.Write("mine.json", "[]");
        Errors.Expect(Codes.WaiverFileInvalid, () => WaiverFile.Read(folder.Path, folder["mine.json"], Gates));
    }

    private static Finding Package(string id, string package) => TestGate.Finding(id, message: $"{id} {package}") with { Package = package };

    private static VerifyReport Apply(string waivers, params Finding[] findings) => Apply(waivers, GateResult.Of("two packages", findings));

    private static VerifyReport Apply(string waivers, GateResult result)
    {
        using var folder = new TemporaryFolder();
        folder.Write("devcontainer-waivers.json", $"{{\n  \"waivers\": [\n    {waivers}\n  ]\n}}\n");
        var report = new VerifyReport(VerifiedImages.Reference, [new GateReport("nuget", result, FindingSeverity.High)]);
        return WaiverUse.Apply(report, WaiverFile.Read(folder.Path, null, Gates), Today);
    }
}
