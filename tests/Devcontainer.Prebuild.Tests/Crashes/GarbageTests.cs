using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Tests.Crashes;

/// <summary>State that is not what a prebuild wrote: what is ours is made anew, what is the user's is an error and stays.</summary>
[TestClass]
public sealed class GarbageTests
{
    private static readonly string[] Texts =
    [
        "", "garbage", "\0\0\0\0", "null", "[]", "{}", "{\"schema\":999}", "{\"schema\":1}", "{\"schemaVersion\":999}", "{\"imageLayoutVersion\":\"9.0.0\"}",
        new('[', 100_000), "{\"manifests\":[null]}", "\uFEFF{}",
    ];

    [TestMethod]
    [DataRow("receipt.json")]
    [DataRow("image/index.json")]
    [DataRow("image/oci-layout")]
    [DataRow("image/blobs/sha256/*")]
    [DataRow("sbom/linux-amd64.spdx.json")]
    [DataRow("plan/plan.json")]
    [DataRow(".lock")]
    public async Task What_is_ours_is_made_anew(string name)
    {
        using var folder = new TemporaryFolder();
        SmallPrebuild.Prepare(folder);
        string digest = (await SmallPrebuild.RunAsync(folder.Path)).Receipt.Image.Digest;

        // A blob of another size is damaged, whatever it says.
        foreach (string text in name.EndsWith('*') ? Texts[..2] : Texts)
        {
            foreach (string file in Directory.GetFiles(folder["output/" + Path.GetDirectoryName(name)], Path.GetFileName(name)))
            {
                await File.WriteAllTextAsync(file, text);
                await AssertIsMadeAnewAsync(folder, digest, $"{name}: {text[..Math.Min(text.Length, 40)]}");
                File.Delete(file);
                await AssertIsMadeAnewAsync(folder, digest, $"{name}: deleted");
            }
        }
    }

    [TestMethod]
    [DataRow("receipt.json")]
    [DataRow("image")]
    [DataRow("image/index.json")]
    [DataRow("image/oci-layout")]
    [DataRow("image/blobs")]
    [DataRow("image/blobs/sha256")]
    [DataRow("sbom")]
    [DataRow("sbom/linux-amd64.spdx.json")]
    [DataRow("plan")]
    public async Task What_is_of_another_kind_is_made_anew(string name)
    {
        using var folder = new TemporaryFolder();
        SmallPrebuild.Prepare(folder);
        string digest = (await SmallPrebuild.RunAsync(folder.Path)).Receipt.Image.Digest;
        string path = folder["output/" + name];
        if (File.Exists(path))
        {
            File.Delete(path);
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.Delete(path, recursive: true);
            await File.WriteAllTextAsync(path, "garbage");
        }

        await AssertIsMadeAnewAsync(folder, digest, name);
    }

    [TestMethod]
    public async Task A_lock_file_that_is_garbage_is_an_error_and_stays()
    {
        using var folder = new TemporaryFolder();
        SmallPrebuild.Prepare(folder);
        string path = LockFile.PathFor(SmallPrebuild.Request(folder.Path).ConfigFile);
        foreach (string text in Texts)
        {
            await File.WriteAllTextAsync(path, text);
            await Errors.ExpectAsync(Codes.LockFileInvalid, () => SmallPrebuild.RunAsync(folder.Path));
            CollectionAssert.AreEqual(Encoding.UTF8.GetBytes(text), await File.ReadAllBytesAsync(path));
        }

        Assert.IsFalse(Directory.Exists(folder["output"]));
    }

    // Made anew where it is needed, and then it stays so: the prebuild after that has nothing to do.
    private static async Task AssertIsMadeAnewAsync(TemporaryFolder folder, string digest, string what)
    {
        PrebuildResult result = await SmallPrebuild.RunAsync(folder.Path);
        Assert.AreEqual(digest, result.Receipt.Image.Digest, what);
        byte[] receipt = await File.ReadAllBytesAsync(folder["output/receipt.json"]);
        Assert.AreEqual("local", (await SmallPrebuild.RunAsync(folder.Path)).Source, what);
        CollectionAssert.AreEqual(receipt, await File.ReadAllBytesAsync(folder["output/receipt.json"]), what);
        Assert.IsTrue(Probe.HasSbom(ReceiptFile.TryRead(folder["output"])!.Platforms.Single().Sbom, folder["output"]), what);
    }
}
