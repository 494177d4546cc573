using System.Security.Cryptography;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Prebuild.Tests.Inputs;

[TestClass]
public sealed class DeclaredInputTests
{
    private const string Projected = "0000000000000000000000000000000000000000000000000000000000000000";

    [TestMethod]
    public void The_digest_of_a_content_that_was_projected_before_is_taken_from_the_cache()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", """{ "a": 1 }""");
        Assert.AreEqual(Projected, Read(folder, "json", Knowing(Read(folder, "json"))).Sha256);
    }

    [TestMethod]
    public void A_file_that_has_changed_is_read_again()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", """{ "a": 1 }""");
        DeclaredInputDigest read = Read(folder, "json");
        folder.Write("a.json", """{ "a": 1, }""");
        DeclaredInputDigest again = Read(folder, "json", Knowing(read));
        Assert.AreEqual(read.Sha256, again.Sha256);
        Assert.AreNotEqual(read.RawSha256, again.RawSha256);
    }

    [TestMethod]
    public void The_digest_through_another_projection_is_not_taken()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", """{ "a": 1 }""");
        DeclaredInputDigest read = Read(folder, "json");
        Assert.AreNotEqual(Projected, Read(folder, "json:/a", Knowing(read)).Sha256);
        Assert.AreNotEqual(Projected, Read(folder, "raw", Knowing(read)).Sha256);
    }

    [TestMethod]
    public void A_file_that_is_unchanged_is_not_opened()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", """{ "a": 1 }""");
        byte[] other = SHA256.HashData("other"u8);
        using InputCache cache = InputCaches.Open(folder);
        cache.Add(RegularFile.Stamp(folder["a.json"])!.Value, other);
        cache.AddProjection(Convert.ToHexStringLower(other), "json", Projected);
        cache.Dispose();

        // What the cache says, though it is not so.
        using InputCache known = InputCaches.Open(folder);
        DeclaredInputDigest read = Read(folder, "json", known);
        Assert.AreEqual((Convert.ToHexStringLower(other), Projected), (read.RawSha256, read.Sha256));
        Assert.IsFalse(known.HasChanged);
    }

    [TestMethod]
    public void What_is_read_is_known_to_the_next_build()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", """{ "a": 1 }""");
        using InputCache cache = InputCaches.Open(folder);
        DeclaredInputDigest read = Read(folder, "json", cache);
        cache.Dispose();
        using InputCache known = InputCaches.Open(folder);
        Assert.AreEqual(read, Read(folder, "json", known));
        Assert.IsFalse(known.HasChanged);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task A_pipe_and_a_device_are_no_inputs_and_nothing_waits_for_them()
    {
        using var folder = new TemporaryFolder();
        folder.WritePipe("a.json");
        await Task.Run(() => Errors.Expect(Codes.InputUnreadable, () => Read(folder, "raw"))).WaitAsync(TimeSpan.FromSeconds(30));
        folder.Write("a.json", "-> /dev/zero");
        await Task.Run(() => Errors.Expect(Codes.InputUnreadable, () => Read(folder, "raw"))).WaitAsync(TimeSpan.FromSeconds(30));
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
            InputCaches.Empty(),
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
            Codes.TierUnknown, () => DeclaredInputDigest.Read([new DeclaredInput(folder["a.json"], tier, "raw")], InputCaches.Empty(), folder.Path));
        Assert.Contains($"'{tier}'", error.Message);
    }

    private static DeclaredInputDigest Read(TemporaryFolder folder, string projection, InputCache? cache = null) =>
        DeclaredInputDigest.Read([new DeclaredInput(folder["a.json"], "packages", projection)], cache ?? InputCaches.Empty(), folder.Path).Single();

    /// <summary>A cache that has another digest for what a read came to.</summary>
    private static InputCache Knowing(DeclaredInputDigest read)
    {
        using var folder = new TemporaryFolder();
        using InputCache cache = InputCaches.Open(folder);
        cache.AddProjection(read.RawSha256, read.Projection, Projected);
        cache.Dispose();
        InputCache known = InputCaches.Open(folder);
        Assert.IsNotNull(known.FindProjection(read.RawSha256, read.Projection));
        return known;
    }
}
