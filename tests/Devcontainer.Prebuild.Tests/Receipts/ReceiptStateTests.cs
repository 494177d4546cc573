using System.Text;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Tests.Receipts;

/// <summary>State that cannot be read is state that is not there (FAULTS 61).</summary>
[TestClass]
public sealed class ReceiptStateTests
{
    [TestMethod]
    [DataRow("", DisplayName = "empty")]
    [DataRow("garbage", DisplayName = "garbage")]
    [DataRow("null", DisplayName = "null")]
    [DataRow("[]", DisplayName = "a list")]
    [DataRow("{}", DisplayName = "an empty object")]
    [DataRow("{ \"schema\": 999 }", DisplayName = "another version")]
    [DataRow("{ \"schema\": 1, \"image\": 5 }", DisplayName = "a wrong type")]
    public void Unreadable_state_is_no_receipt(string content)
    {
        using var folder = new TestFolder();
        folder.Write(Receipt.FileName, content);
        Assert.IsNull(ReceiptFile.TryRead(folder.Path));
    }

    [TestMethod]
    public void Every_truncation_of_a_receipt_is_no_receipt()
    {
        byte[] whole = ReceiptFile.Serialize(Sample());
        int end = Encoding.UTF8.GetString(whole).TrimEnd().Length;
        for (int length = 0; length < end; length += 7)
        {
            Assert.IsNull(ReceiptFile.Parse(whole.AsMemory(0, length)), $"after {length} bytes");
        }
    }

    [TestMethod]
    public void A_receipt_comes_back_as_it_was()
    {
        byte[] written = ReceiptFile.Serialize(Sample());
        CollectionAssert.AreEqual(written, ReceiptFile.Serialize(ReceiptFile.Parse(written)!));
    }

    [TestMethod]
    public void A_receipt_behind_a_link_is_not_followed()
    {
        using var folder = new TestFolder();
        string elsewhere = folder.Write("elsewhere.json", Encoding.UTF8.GetString(ReceiptFile.Serialize(Sample())));
        Directory.CreateDirectory(folder["out"]);
        File.CreateSymbolicLink(folder["out/receipt.json"], elsewhere);
        Assert.IsNull(ReceiptFile.TryRead(folder["out"]));
    }

    [TestMethod]
    public void A_failed_write_leaves_the_old_file()
    {
        using var folder = new TestFolder();
        string file = folder.Write("a/receipt.json", "old");
        Assert.Throws<IOException>(() => AtomicFile.Write(System.IO.Path.Combine(file, "below-a-file"), "new"u8));
        Assert.AreEqual("old", File.ReadAllText(file));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder["a"]));
    }

    internal static Receipt Sample() => new()
    {
        Keys = [new CacheKey(KeyTier.Environment, "linux/amd64", new string('1', 64)), new CacheKey(KeyTier.Index, null, new string('2', 64))],
        Image = new ReceiptImage("sha256:" + new string('3', 64), 400, "r.example", "team/app", ["latest", "1.0"]),
        Platforms = [new ReceiptPlatform("linux/amd64", "sha256:" + new string('4', 64), 900, 12345, "built", new ReceiptSbom("sbom/linux-amd64.spdx.json", "sha256:" + new string('5', 64), 7))],
        Features = [new ReceiptFeature("./hello", "local", "./.devcontainer/hello", "1.0.0", "sha256:" + new string('6', 64))],
        Bases = [new ReceiptBase("docker.io/library/debian:12", "linux/amd64", "sha256:" + new string('7', 64), true)],
        Inputs = [new ReceiptInput("global.json", "environment", "json:/sdk", new string('8', 64), new string('9', 64))],
        Steps = [new BuildStep("linux/amd64", "RUN true", true, 0.25)],
        Built = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Seconds = 1.5,
        Builder = "default (docker)",
    };
}
