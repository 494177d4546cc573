using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.Receipts;

namespace Devcontainer.Prebuild.Tests.Inputs;

[TestClass]
public sealed class DeclaredInputTests
{
    private const string Projected = "0000000000000000000000000000000000000000000000000000000000000000";

    [TestMethod]
    public void The_digest_of_a_file_that_has_not_changed_is_taken_from_the_receipt()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", """{ "a": 1 }""");
        DeclaredInputDigest read = Read(folder, "json");
        Assert.AreEqual(Projected, Read(folder, "json", ReceiptOf(read with { Sha256 = Projected })).Sha256);
    }

    [TestMethod]
    public void A_file_that_has_changed_is_read_again()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", """{ "a": 1 }""");
        DeclaredInputDigest read = Read(folder, "json");
        folder.Write("a.json", """{ "a": 1, }""");
        DeclaredInputDigest again = Read(folder, "json", ReceiptOf(read with { Sha256 = Projected }));
        Assert.AreEqual(read.Sha256, again.Sha256);
        Assert.AreNotEqual(read.RawSha256, again.RawSha256);
    }

    [TestMethod]
    public void The_digest_through_another_projection_is_not_taken()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", """{ "a": 1 }""");
        DeclaredInputDigest read = Read(folder, "json");
        Assert.AreNotEqual(Projected, Read(folder, "json:/a", ReceiptOf(read with { Sha256 = Projected })).Sha256);
        Assert.AreNotEqual(Projected, Read(folder, "raw", ReceiptOf(read with { Sha256 = Projected })).Sha256);
    }

    [TestMethod]
    public void The_same_bytes_under_another_name_are_read_through_their_own_projection()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", """{ "a": 1 }""");
        DeclaredInputDigest read = Read(folder, "json");
        Assert.AreNotEqual(Projected, Read(folder, "json", ReceiptOf(read with { Path = "b.json", Sha256 = Projected })).Sha256);
    }

    [TestMethod]
    public void Inputs_are_sorted_by_tier_path_and_projection_and_named_relative_to_the_workspace()
    {
        using var folder = new TemporaryFolder();
        folder.Write("b", "1");
        folder.Write("below/a", "2");
        folder.Write("../" + Path.GetFileName(folder.Path) + "/B", "3");
        IReadOnlyList<DeclaredInputDigest> read = DeclaredInputDigest.Read(
            [
                new(folder["b"], "packages", "text"), new(folder["b"], "packages", "raw"), new(folder["B"], "packages", "raw"),
                new(folder["below/a"], "environment", "raw"), new(folder["b"], "environment", "raw"),
            ],
            null,
            folder.Path);
        CollectionAssert.AreEqual(
            new[] { "environment b raw", "environment below/a raw", "packages B raw", "packages b raw", "packages b text" },
            read.Select(static input => $"{input.Tier} {input.Path} {input.Projection}").ToArray());
    }

    [TestMethod]
    public void An_input_that_is_not_there_is_an_error_that_names_it()
    {
        using var folder = new TemporaryFolder();
        Diagnostic error = Errors.Expect(Codes.InputUnreadable, () => Read(folder, "raw"));
        Assert.AreEqual(folder["a.json"], error.Location!.File);
    }

    [TestMethod]
    public void A_folder_is_no_input()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a.json"]);
        Errors.Expect(Codes.InputUnreadable, () => Read(folder, "raw"));
    }

    [TestMethod]
    [DataRow("image")]
    [DataRow("Environment")]
    [DataRow("")]
    public void An_unknown_tier_is_an_error(string tier)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", "{}");
        Diagnostic error = Errors.Expect(
            Codes.TierUnknown, () => DeclaredInputDigest.Read([new DeclaredInput(folder["a.json"], tier, "raw")], null, folder.Path));
        Assert.Contains($"'{tier}'", error.Message);
    }

    private static DeclaredInputDigest Read(TemporaryFolder folder, string projection, Receipt? previous = null) =>
        DeclaredInputDigest.Read([new DeclaredInput(folder["a.json"], "packages", projection)], previous, folder.Path).Single();

    private static Receipt ReceiptOf(DeclaredInputDigest input) => ReceiptSample.Create() with
    {
        Inputs = [new ReceiptInput(input.Path, input.Tier, input.Projection, input.Sha256, input.RawSha256)],
    };
}
