using System.Security.Cryptography;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class OciLayoutTests
{
    [TestMethod]
    public void A_created_layout_is_empty_and_opens()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder["image"]);
        Assert.IsEmpty(layout.ReadIndex().Manifests);
        Assert.AreEqual(layout.Root, OciLayout.Open(folder["image"]).Root);
        Assert.AreEqual("""{"imageLayoutVersion":"1.0.0"}""", File.ReadAllText(folder["image/oci-layout"]));
    }

    [TestMethod]
    public void Creating_over_a_layout_keeps_it()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder["image"]);
        Descriptor image = Samples.AddImage(layout, "one");
        layout.WriteIndex(new ImageIndex { Manifests = [image] });
        Assert.AreEqual(image, OciLayout.Create(folder["image"]).ReadIndex().Manifests[0]);
    }

    [TestMethod]
    public void A_missing_folder_is_not_found()
    {
        using var folder = new TemporaryFolder();
        Errors.Expect(Codes.LayoutNotFound, () => OciLayout.Open(folder["nothing"]));
    }

    [TestMethod]
    [DataRow(null, "{}", "oci-layout is missing")]
    [DataRow("", "{}", "does not say version")]
    [DataRow("\0\0", "{}", "does not say version")]
    [DataRow("[]", "{}", "does not say version")]
    [DataRow("""{"imageLayoutVersion":"2.0.0"}""", "{}", "does not say version")]
    [DataRow("""{"imageLayoutVersion":"1.0.0"}""", null, "index.json is missing")]
    public void Garbage_is_no_layout(string? marker, string? index, string reason)
    {
        using var folder = new TemporaryFolder();
        if (marker is not null)
        {
            File.WriteAllText(folder["oci-layout"], marker);
        }

        if (index is not null)
        {
            File.WriteAllText(folder["index.json"], index);
        }

        Assert.Contains(reason, Errors.Expect(Codes.LayoutInvalid, () => OciLayout.Open(folder.Path)));
    }

    [TestMethod]
    public void A_garbage_index_is_refused_and_one_deleted_meanwhile_too()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        File.WriteAllText(folder["index.json"], "");
        Assert.Contains("index.json", Errors.Expect(Codes.ContentInvalid, () => layout.ReadIndex()));
        using (FileStream huge = File.OpenWrite(folder["index.json"]))
        {
            huge.SetLength(ImageManifest.MaxSize + 1);
        }

        Errors.Expect(Codes.ContentTooLarge, () => layout.ReadIndex());
        File.Delete(folder["index.json"]);
        Errors.Expect(Codes.LayoutInvalid, () => layout.ReadIndex());
    }

    [TestMethod]
    public async Task A_blob_is_stored_under_its_digest_once()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        byte[] content = RandomNumberGenerator.GetBytes(300_000);
        Descriptor added = layout.AddBlob(content, "a/b");
        DateTime written = File.GetLastWriteTimeUtc(layout.BlobPath(added.Digest));
        Descriptor streamed = await layout.AddBlobAsync(new MemoryStream(content), "a/b");

        Assert.AreEqual(new Descriptor("a/b", Digest.Sha256(content), content.Length), added);
        Assert.AreEqual(added, streamed);
        Assert.AreEqual(written, File.GetLastWriteTimeUtc(layout.BlobPath(added.Digest)));
        Assert.IsTrue(layout.Contains(added));
        CollectionAssert.AreEqual(content, layout.ReadBlob(added));
        using var copy = new MemoryStream();
        await using Stream blob = layout.OpenBlob(added);
        await blob.CopyToAsync(copy);
        CollectionAssert.AreEqual(content, copy.ToArray());
        Assert.IsEmpty(Directory.GetFiles(folder["ingest"]));
    }

    [TestMethod]
    public async Task A_stream_that_fails_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => layout.AddBlobAsync(new MemoryStream(new byte[9]), "a/b", cancelled.Token));
        Assert.IsEmpty(Directory.GetFiles(folder["blobs/sha256"]));
        Assert.IsEmpty(Directory.GetFiles(folder["ingest"]));
    }

    [TestMethod]
    public void A_missing_blob_has_its_code()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        var missing = Descriptor.Of("x"u8, "a/b");
        Assert.IsFalse(layout.Contains(missing));
        Errors.Expect(Codes.BlobMissing, () => layout.ReadBlob(missing));
        Errors.Expect(Codes.BlobMissing, () => layout.OpenBlob(missing.Digest));
    }

    [TestMethod]
    [DataRow("hellp", "digest")]
    [DataRow("hell", "4 of 5")]
    [DataRow("hello!", "6 of 5|longer")]
    [DataRow("", "0 of 5")]
    public void A_damaged_blob_is_found_out(string damaged, string reasons)
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor blob = layout.AddBlob("hello"u8, "a/b");
        File.WriteAllText(layout.BlobPath(blob.Digest), damaged);

        Assert.AreEqual(damaged.Length == 5, layout.Contains(blob));
        foreach (Action read in new Action[] { () => layout.ReadBlob(blob), () => Drain(layout.OpenBlob(blob)) })
        {
            string message = Errors.Expect(Codes.BlobCorrupt, read);
            Assert.IsTrue(reasons.Split('|').Any(message.Contains), message);
        }

        Errors.Expect(Codes.BlobCorrupt, () => Drain(layout.OpenBlob(blob.Digest)));
    }

    [TestMethod]
    public void A_blob_too_large_for_memory_is_refused_unread()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        Errors.Expect(Codes.ContentTooLarge, () => layout.ReadBlob(new Descriptor("a/b", Digest.Sha256([]), OciLayout.MaxInMemory + 1)));
    }

    [TestMethod]
    public void The_index_is_replaced_whole_and_never_through_a_link()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder["image"]);
        File.WriteAllText(folder["victim"], "precious");
        File.Delete(folder["image/index.json"]);
        File.CreateSymbolicLink(folder["image/index.json"], folder["victim"]);

        layout.WriteIndex(new ImageIndex { Manifests = [Samples.AddImage(layout, "one")] });

        Assert.AreEqual("precious", File.ReadAllText(folder["victim"]));
        Assert.HasCount(1, layout.ReadIndex().Manifests);
        Assert.IsNull(new FileInfo(folder["image/index.json"]).LinkTarget);
        Assert.IsEmpty(Directory.GetFiles(folder["image"], ".*"));
    }

    [TestMethod]
    public async Task Readers_beside_a_writer_always_see_a_whole_index()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        ImageIndex one = new() { Manifests = [Samples.AddImage(layout, "one")] };
        ImageIndex two = new() { Manifests = [Samples.AddImage(layout, "two"), Samples.AddImage(layout, "three")] };
        layout.WriteIndex(one);
        using var done = new CancellationTokenSource();
        Task writer = Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                layout.WriteIndex(i % 2 == 0 ? two : one);
            }

            done.Cancel();
        });
        int seen = 0;
        do
        {
            Assert.IsInRange(1, 2, layout.ReadIndex().Manifests.Count);
            seen++;
        }
        while (!done.IsCancellationRequested);

        await writer;
        Assert.IsGreaterThan(0, seen);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Importing_takes_all_that_an_image_needs_and_no_more(bool move)
    {
        using var folder = new TemporaryFolder();
        OciLayout from = OciLayout.Create(folder["from"]);
        OciLayout to = OciLayout.Create(folder["to"]);
        Descriptor index = Samples.AddIndex(from, Samples.AddImage(from, "one"), Samples.AddImage(from, "two"));
        Descriptor stray = from.AddBlob("stray"u8, "a/b");
        Descriptor shared = to.AddBlob("layer one"u8, MediaTypes.Layer);
        DateTime written = File.GetLastWriteTimeUtc(to.BlobPath(shared.Digest));

        to.ImportFrom(from, index, move);

        Assert.HasCount(7, to.Reachable(index));
        Assert.IsTrue(to.Reachable(index).All(to.Contains));
        Assert.IsFalse(to.Contains(stray));
        Assert.AreEqual(written, File.GetLastWriteTimeUtc(to.BlobPath(shared.Digest)));
        Assert.AreEqual(!move, from.Contains(index));
        Assert.IsEmpty(Directory.GetFiles(folder["to/ingest"]));
    }

    [TestMethod]
    public void Whatever_names_something_stands_before_it()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor shared = Samples.AddImage(layout, "shared");
        Descriptor inner = Samples.AddIndex(layout, shared);
        Descriptor root = Samples.AddIndex(layout, shared, Samples.AddImage(layout, "one"), inner, Samples.AddIndex(layout, inner));

        List<Digest> order = [.. layout.Reachable(root).Select(d => d.Digest)];

        CollectionAssert.AllItemsAreUnique(order);
        foreach (Descriptor parent in layout.Reachable(root))
        {
            IEnumerable<Descriptor> children = MediaTypes.IsIndex(parent.MediaType) ? layout.ReadIndex(parent).Manifests
                : MediaTypes.IsManifest(parent.MediaType) ? layout.ReadManifest(parent).Layers : [];
            foreach (Descriptor child in children)
            {
                Assert.IsGreaterThan(order.IndexOf(parent.Digest), order.IndexOf(child.Digest));
            }
        }
    }

    [TestMethod]
    public void Importing_replaces_a_blob_that_is_cut_short()
    {
        using var folder = new TemporaryFolder();
        OciLayout from = OciLayout.Create(folder["from"]);
        OciLayout to = OciLayout.Create(folder["to"]);
        Descriptor image = Samples.AddImage(from, "one");
        to.ImportFrom(from, image);
        Descriptor layer = from.ReadManifest(image).Layers[0];
        File.WriteAllText(to.BlobPath(layer.Digest), "lay");
        to.ImportFrom(from, image);
        Assert.IsTrue(to.Contains(layer));
    }

    [TestMethod]
    [DataRow(0, false, Codes.BlobMissing)]
    [DataRow(1, false, Codes.BlobMissing)]
    [DataRow(2, false, Codes.BlobMissing)]
    [DataRow(3, false, Codes.BlobMissing)]
    [DataRow(0, true, Codes.BlobCorrupt)]
    [DataRow(1, true, Codes.BlobCorrupt)]
    [DataRow(2, true, Codes.BlobCorrupt)]
    [DataRow(3, true, Codes.BlobCorrupt)]
    public void Importing_an_unfinished_image_takes_nothing(int blob, bool cut, string code)
    {
        using var folder = new TemporaryFolder();
        OciLayout from = OciLayout.Create(folder["from"]);
        OciLayout to = OciLayout.Create(folder["to"]);
        Descriptor index = Samples.AddIndex(from, Samples.AddImage(from, "one"));
        string path = from.BlobPath(from.Reachable(index)[blob].Digest);
        if (cut)
        {
            File.WriteAllText(path, "x");
        }
        else
        {
            File.Delete(path);
        }

        Errors.Expect(code, () => to.ImportFrom(from, index));
        Assert.IsEmpty(Directory.GetFiles(folder["to/blobs/sha256"]));
    }

    [TestMethod]
    public void What_no_entry_reaches_is_deleted_with_leftovers()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor kept = Samples.AddIndex(layout, Samples.AddImage(layout, "one"));
        Descriptor dropped = Samples.AddImage(layout, "two");
        File.WriteAllText(folder["ingest/leftover"], "x");
        layout.WriteIndex(new ImageIndex { Manifests = [kept] });
        long size = layout.Reachable(dropped).Sum(d => d.Size);

        Assert.AreEqual(size, layout.DeleteUnreachable());

        Assert.IsTrue(layout.Reachable(kept).All(layout.Contains));
        Assert.HasCount(4, Directory.GetFiles(folder["blobs/sha256"]));
        Assert.IsFalse(Directory.Exists(folder["ingest"]));
        Assert.AreEqual(0, layout.DeleteUnreachable());
    }

    [TestMethod]
    public void A_damaged_layout_loses_nothing_when_cleaned()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor image = Samples.AddImage(layout, "one");
        layout.WriteIndex(new ImageIndex { Manifests = [image] });
        File.WriteAllText(layout.BlobPath(image.Digest), "x");
        Errors.Expect(Codes.BlobCorrupt, () => layout.DeleteUnreachable());
        Assert.HasCount(3, Directory.GetFiles(folder["blobs/sha256"]));
    }

    [TestMethod]
    public void Indexes_nested_without_end_are_refused()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor nested = Samples.AddImage(layout, "one");
        for (int i = 0; i < 20; i++)
        {
            nested = Samples.AddIndex(layout, nested);
        }

        Errors.Expect(Codes.LayoutInvalid, () => layout.Reachable(nested));
    }

    [TestMethod]
    public void A_single_layer_image_has_the_same_digest_everywhere_and_all_its_blobs()
    {
        using var folder = new TemporaryFolder();
        DateTimeOffset modified = DateTimeOffset.FromUnixTimeSeconds(315532800);
        TarEntry[] entries = [TarEntry.File("install.sh", TarEntry.ExecutableMode, "#!/bin/sh\n"u8.ToArray())];
        OciLayout layout = OciLayout.Create(folder["one"]);

        Descriptor plain = layout.WriteSingleLayerImage(entries, modified);
        Descriptor one = layout.WriteSingleLayerImage(entries, modified, Platform.Parse("arm64"));
        Descriptor two = layout.WriteSingleLayerImage(entries, modified, Platform.Parse("amd64"), Platform.Parse("linux/arm/v7"));

        Assert.AreEqual(plain, OciLayout.Create(folder["two"]).WriteSingleLayerImage(entries, modified));
        Assert.AreEqual(MediaTypes.ImageManifest, one.MediaType);
        Assert.AreEqual(Platform.Parse("arm64"), layout.ReadConfig(layout.ReadManifest(one)).Platform);
        ImageIndex index = layout.ReadIndex(two);
        ImageManifest arm = layout.ReadManifest(index.Find(Platform.Parse("linux/arm/v7"))!);
        Assert.AreEqual(layout.ReadManifest(plain).Layers[0], arm.Layers[0]);
        Assert.AreEqual(arm.Layers[0].Digest, layout.ReadConfig(arm).DiffIds[0]);
        Assert.IsTrue(layout.Reachable(two).All(layout.Contains));
    }

    private static void Drain(Stream stream)
    {
        using (stream)
        {
            stream.CopyTo(Stream.Null);
        }
    }
}
