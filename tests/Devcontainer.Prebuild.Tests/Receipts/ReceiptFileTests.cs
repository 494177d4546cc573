using System.Text;
using System.Text.Json.Nodes;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Tests.Receipts;

/// <summary>State that cannot be read is state that is not there (FAULTS 61).</summary>
[TestClass]
public sealed class ReceiptFileTests
{
    [TestMethod]
    public void What_is_written_is_read()
    {
        using var folder = new TemporaryFolder();
        Receipt receipt = ReceiptSample.Create();
        ReceiptFile.Write(receipt, folder.Path);
        Receipt read = ReceiptFile.TryRead(folder.Path)!;
        CollectionAssert.AreEqual(receipt.Keys.ToArray(), read.Keys.ToArray());
        CollectionAssert.AreEqual(receipt.Platforms.ToArray(), read.Platforms.ToArray());
        CollectionAssert.AreEqual(receipt.Features.ToArray(), read.Features.ToArray());
        CollectionAssert.AreEqual(receipt.Bases.ToArray(), read.Bases.ToArray());
        CollectionAssert.AreEqual(receipt.Inputs.ToArray(), read.Inputs.ToArray());
        CollectionAssert.AreEqual(receipt.Steps.ToArray(), read.Steps.ToArray());
        CollectionAssert.AreEqual(receipt.Image.Tags.ToArray(), read.Image.Tags.ToArray());
        Assert.AreEqual(receipt.Image with { Tags = [] }, read.Image with { Tags = [] });
        Assert.AreEqual((receipt.Built, receipt.Seconds, receipt.Builder), (read.Built, read.Seconds, read.Builder));
        CollectionAssert.AreEqual(ReceiptFile.Serialize(receipt), ReceiptFile.Serialize(read));
    }

    [TestMethod]
    public void A_platform_without_an_SBOM_is_read()
    {
        Receipt receipt = ReceiptSample.Create();
        receipt = receipt with { Platforms = [receipt.Platforms[0] with { Sbom = null }] };
        Assert.IsNull(ReceiptFile.Parse(ReceiptFile.Serialize(receipt))!.Platforms[0].Sbom);
    }

    [TestMethod]
    public void Half_a_character_in_a_step_does_no_harm()
    {
        Receipt receipt = ReceiptSample.Create() with { Steps = [new BuildStep("linux/amd64", "RUN \ud83d", Cached: false, 1)] };
        Assert.AreEqual("RUN \ufffd", ReceiptFile.Parse(ReceiptFile.Serialize(receipt))!.Steps[0].Name);
    }

    [TestMethod]
    public void Every_beginning_of_a_receipt_is_no_receipt()
    {
        byte[] whole = ReceiptFile.Serialize(ReceiptSample.Create());
        int end = Array.LastIndexOf(whole, (byte)'}');
        for (int length = 0; length <= end; length++)
        {
            Assert.IsNull(ReceiptFile.Parse(whole.AsMemory(0, length)), $"after {length} bytes");
        }
    }

    [TestMethod]
    public void No_changed_byte_of_a_receipt_crashes()
    {
        byte[] whole = ReceiptFile.Serialize(ReceiptSample.Create());
        foreach (byte other in "\0\"{0x\u00ff"u8)
        {
            for (int i = 0; i < whole.Length; i++)
            {
                byte[] changed = [.. whole];
                changed[i] = other;
                Receipt? receipt = ReceiptFile.Parse(changed);
                Assert.IsTrue(receipt is null || ReceiptFile.Serialize(receipt).Length > 0);
            }
        }
    }

    [TestMethod]
    public void A_receipt_that_lacks_a_property_or_has_one_of_another_type_is_none()
    {
        JsonObject whole = JsonNode.Parse(ReceiptFile.Serialize(ReceiptSample.Create()))!.AsObject();
        foreach (string name in whole.Select(static property => property.Key).Where(static name => name != "key"))
        {
            foreach (JsonNode? other in (JsonNode?[])[null, -1.5, "x", new JsonArray(1), new JsonArray(new JsonObject()), new JsonObject(), true])
            {
                JsonObject changed = whole.DeepClone().AsObject();
                changed[name] = other?.DeepClone();
                bool right = (name == "builder" && other?.GetValueKind() == System.Text.Json.JsonValueKind.String)
                    || (name == "seconds" && other?.GetValueKind() == System.Text.Json.JsonValueKind.Number);
                Assert.AreEqual(right, ReceiptFile.Parse(Encoding.UTF8.GetBytes(changed.ToJsonString())) is not null, $"{name}: {other?.ToJsonString()}");
            }

            JsonObject less = whole.DeepClone().AsObject();
            less.Remove(name);
            Assert.IsNull(ReceiptFile.Parse(Encoding.UTF8.GetBytes(less.ToJsonString())), name);
        }
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" ")]
    [DataRow("\0\0\0\0")]
    [DataRow("garbage")]
    [DataRow("null")]
    [DataRow("[]")]
    [DataRow("{}")]
    [DataRow("""{ "schema": 999 }""")]
    [DataRow("""{ "schema": "1" }""")]
    [DataRow("""{ "schema": 99999999999999999999 }""")]
    [DataRow("""{ "schema": 1 }""")]
    public void Garbage_is_no_receipt(string content)
    {
        using var folder = new TemporaryFolder();
        folder.Write(Receipt.FileName, content);
        Assert.IsNull(ReceiptFile.TryRead(folder.Path));
    }

    [TestMethod]
    public void A_receipt_of_a_future_version_is_none()
    {
        JsonObject future = JsonNode.Parse(ReceiptFile.Serialize(ReceiptSample.Create()))!.AsObject();
        future["schema"] = Receipt.CurrentSchema + 1;
        Assert.IsNull(ReceiptFile.Parse(Encoding.UTF8.GetBytes(future.ToJsonString())));
    }

    [TestMethod]
    public void Unknown_properties_and_another_layout_do_no_harm()
    {
        JsonObject receipt = JsonNode.Parse(ReceiptFile.Serialize(ReceiptSample.Create()))!.AsObject();
        receipt["more"] = new JsonObject { ["a"] = 1 };
        Assert.IsNotNull(ReceiptFile.Parse(Encoding.UTF8.GetBytes(receipt.ToJsonString())));
    }

    [TestMethod]
    public void A_folder_a_missing_file_and_a_missing_folder_are_no_receipt()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a/receipt.json"]);
        Assert.IsNull(ReceiptFile.TryRead(folder["a"]));
        Assert.IsNull(ReceiptFile.TryRead(folder.Path));
        Assert.IsNull(ReceiptFile.TryRead(folder["none"]));
    }

    [TestMethod]
    public void A_receipt_over_the_limit_is_not_read()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write(Receipt.FileName);
        using (FileStream file = File.OpenWrite(path))
        {
            // Sparse: it takes no room.
            file.SetLength(10L * 1024 * 1024 * 1024);
        }

        Assert.IsNull(ReceiptFile.TryRead(folder.Path));
    }

    [TestMethod]
    public void Deep_nesting_is_no_receipt() => Assert.IsNull(ReceiptFile.Parse(Encoding.UTF8.GetBytes("{\"schema\":" + new string('[', 1_000_000))));

    [TestMethod]
    public void A_receipt_behind_a_link_is_not_followed()
    {
        using var folder = new TemporaryFolder();
        ReceiptFile.Write(ReceiptSample.Create(), folder["elsewhere"]);
        folder.Write("output/receipt.json", "-> ../elsewhere/receipt.json");
        Assert.IsNull(ReceiptFile.TryRead(folder["output"]));
    }

    [TestMethod]
    public void Writing_over_a_link_replaces_the_link()
    {
        using var folder = new TemporaryFolder();
        folder.Write("precious", "old");
        folder.Write("output/receipt.json", "-> ../precious");
        ReceiptFile.Write(ReceiptSample.Create(), folder["output"]);
        Assert.AreEqual("old", File.ReadAllText(folder["precious"]));
        Assert.IsNotNull(ReceiptFile.TryRead(folder["output"]));
    }

    [TestMethod]
    public void Names_and_keys_are_put_together()
    {
        Receipt receipt = ReceiptSample.Create();
        Assert.AreEqual($"r.example/team/app@{SampleWorkspace.DigestOf('5')}", receipt.Image.Reference);
        Assert.AreEqual($"team/app@{SampleWorkspace.DigestOf('5')}", (receipt.Image with { Registry = "" }).Reference);
        Assert.AreEqual(new string('1', 64), receipt.Key(KeyTier.Environment, "linux/amd64"));
        Assert.AreEqual("", receipt.Key(KeyTier.Environment, "linux/arm64"));
        Assert.AreEqual(new string('4', 64), receipt.IndexKey);
    }
}
