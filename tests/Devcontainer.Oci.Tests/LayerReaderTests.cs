using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class LayerReaderTests
{
    [TestMethod]
    [DataRow(TarEntryFormat.V7)]
    [DataRow(TarEntryFormat.Ustar)]
    [DataRow(TarEntryFormat.Pax)]
    [DataRow(TarEntryFormat.Gnu)]
    public void Every_format_and_kind_is_read(TarEntryFormat format)
    {
        string longName = format == TarEntryFormat.V7 ? new string('d', 60) + "/f" : string.Join('/', Enumerable.Repeat(new string('d', 30), 6)) + "/f";
        var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, format, leaveOpen: true))
        {
            writer.WriteEntry(Entry(format, TarEntryType.Directory, "./"));
            writer.WriteEntry(Entry(format, TarEntryType.Directory, "./etc/"));
            writer.WriteEntry(Entry(format, format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, "etc/passwd", content: "root"));
            writer.WriteEntry(Entry(format, TarEntryType.SymbolicLink, "/abs", "../target"));
            writer.WriteEntry(Entry(format, TarEntryType.HardLink, "hard", "./etc/passwd"));
            writer.WriteEntry(Entry(format, format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, longName, content: "deep"));
            if (format != TarEntryFormat.V7)
            {
                writer.WriteEntry(Entry(format, TarEntryType.Fifo, "fifo"));
                writer.WriteEntry(Entry(format, TarEntryType.CharacterDevice, "null"));
                writer.WriteEntry(Entry(format, TarEntryType.BlockDevice, "disk"));
            }
        }

        List<(LayerEntry Entry, string Content)> read = ReadAll(archive.ToArray());

        CollectionAssert.AreEqual(
            new[] { "", "etc", "etc/passwd", "abs", "hard", longName }, read.Take(6).Select(e => e.Entry.Path).ToArray());
        CollectionAssert.AreEqual(
            new[] { EntryKind.Directory, EntryKind.Directory, EntryKind.File, EntryKind.SymbolicLink, EntryKind.HardLink, EntryKind.File },
            read.Take(6).Select(e => e.Entry.Kind).ToArray());
        Assert.AreEqual("root", read[2].Content);
        Assert.AreEqual("../target", read[3].Entry.LinkTarget);
        Assert.IsTrue(read[3].Entry.WasAbsolute);
        Assert.AreEqual("etc/passwd", read[4].Entry.LinkTarget);
        Assert.AreEqual("deep", read[5].Content);
        Assert.AreEqual((0x1ED, 1000L, 2000L, 4L, 1_000_000_000L), (read[2].Entry.Mode, read[2].Entry.Uid, read[2].Entry.Gid, read[2].Entry.Size, read[2].Entry.ModifiedSeconds));
        if (format != TarEntryFormat.V7)
        {
            CollectionAssert.AreEqual(
                new[] { EntryKind.Fifo, EntryKind.CharacterDevice, EntryKind.BlockDevice }, read.Skip(6).Select(e => e.Entry.Kind).ToArray());
        }
    }

    [TestMethod]
    public void What_the_canonical_writer_writes_reads_back()
    {
        string path = string.Join('/', Enumerable.Repeat("späti", 60));
        List<(LayerEntry Entry, string Content)> read = ReadAll(CanonicalTarTests.Write([
            TarEntry.File(path, 0x9ED, "x"u8.ToArray()), TarEntry.SymbolicLink("l", path)]));
        Assert.AreEqual(path, read[^1].Entry.Path);
        Assert.AreEqual(0x9ED, read[^1].Entry.Mode);
        Assert.AreEqual(path, read[0].Entry.LinkTarget);
    }

    [TestMethod]
    public void Whiteouts_are_recognised()
    {
        List<LayerEntry> read = [.. ReadAll(CanonicalTarTests.Write([
            TarEntry.File("a/.wh.gone", 0, default), TarEntry.File("b/.wh..wh..opq", 0, default), TarEntry.File("c/wh.kept", 0, default),
            TarEntry.File(".wh.top", 0, default)])).Select(e => e.Entry).Where(e => e.Kind == EntryKind.File)];
        CollectionAssert.AreEqual(new[] { "top", "a/gone", null, null }, read.Select(e => e.Removes).ToArray());
        CollectionAssert.AreEqual(new[] { false, false, true, false }, read.Select(e => e.IsOpaque).ToArray());
    }

    [TestMethod]
    public void Content_may_be_left_unread_and_is_closed_by_the_next_entry()
    {
        byte[] archive = CanonicalTarTests.Write([
            TarEntry.File("a", 0, new byte[100_000]), TarEntry.File("b", 0, "b"u8.ToArray()), TarEntry.File("c", 0, "c"u8.ToArray())]);
        using LayerReader reader = LayerReader.Open(new MemoryStream(archive), "test");
        LayerEntry a = reader.ReadNext()!;
        Assert.AreEqual(10, a.Content.ReadAtLeast(new byte[10], 10));
        LayerEntry b = reader.ReadNext()!;
        Assert.AreEqual("b", b.Path);
        Assert.ThrowsExactly<ObjectDisposedException>(() => a.Content.ReadByte());
        Assert.AreEqual("c", reader.ReadNext()!.Path);
        Assert.IsNull(reader.ReadNext());
        Assert.IsNull(reader.ReadNext());
    }

    [TestMethod]
    public void Gzip_of_several_members_is_one_archive()
    {
        byte[] archive = Sample();
        byte[] members = [.. Gzip(archive[..1000]), .. Gzip([]), .. Gzip(archive[1000..])];
        Assert.HasCount(3, ReadAll(members));
    }

    [TestMethod]
    [DataRow(CompressionLevel.NoCompression)]
    [DataRow(CompressionLevel.Fastest)]
    [DataRow(CompressionLevel.SmallestSize)]
    public void Gzip_cut_short_anywhere_is_an_error(CompressionLevel level)
    {
        byte[] whole = Gzip(Sample(), level);
        Assert.HasCount(3, ReadAll(whole));
        int step = Math.Max(1, whole.Length / 400);
        foreach (int length in Enumerable.Range(1, 20).Select(i => whole.Length - i).Concat(Enumerable.Range(0, whole.Length / step).Select(i => i * step)))
        {
            Errors.Expect(Codes.LayerInvalid, () => ReadAll(whole[..length]));
        }
    }

    [TestMethod]
    public void Gzip_with_a_flipped_bit_is_an_error()
    {
        byte[] whole = Gzip(Sample());
        // The header's time, flags for the compressor and operating system mean nothing, and are not covered by the checksum.
        for (int i = 10; i < whole.Length; i += Math.Max(1, whole.Length / 300))
        {
            byte[] flipped = [.. whole];
            flipped[i] ^= 0x10;
            Errors.Expect(Codes.LayerInvalid, () => ReadAll(flipped));
        }
    }

    [TestMethod]
    public void Tar_cut_short_anywhere_is_an_error()
    {
        byte[] whole = Sample();
        // The second of the two end blocks may be missing, as engines accept.
        foreach (int length in Enumerable.Range(0, (whole.Length - 1024) / 64).Select(i => i * 64).Append(whole.Length - 1023))
        {
            Errors.Expect(Codes.LayerInvalid, () => ReadAll(whole[..length]));
        }

        Assert.HasCount(3, ReadAll(whole[..^512]));
    }

    [TestMethod]
    [DataRow("x")]
    [DataRow("\0\0\0x")]
    [DataRow("\u001f\u008b garbage that begins like gzip")]
    public void Garbage_behind_the_end_is_an_error(string garbage)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(garbage);
        Errors.Expect(Codes.LayerInvalid, () => ReadAll([.. Sample(), .. bytes]));
        Errors.Expect(Codes.LayerInvalid, () => ReadAll([.. Gzip(Sample()), .. bytes]));
        Errors.Expect(Codes.LayerInvalid, () => ReadAll(Gzip([.. Sample(), .. bytes])));
    }

    [TestMethod]
    public void Zeros_behind_the_end_of_tar_are_padding()
    {
        Assert.HasCount(3, ReadAll([.. Sample(), .. new byte[10240]]));
        Assert.HasCount(3, ReadAll(Gzip([.. Sample(), .. new byte[10240]])));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("x")]
    [DataRow("<html>not found</html>")]
    public void What_is_no_archive_is_an_error(string text) => Errors.Expect(Codes.LayerInvalid, () => ReadAll(Encoding.ASCII.GetBytes(text)));

    [TestMethod]
    public void Random_bytes_are_an_error() => Errors.Expect(Codes.LayerInvalid, () => ReadAll(RandomNumberGenerator.GetBytes(10_000)));

    [TestMethod]
    public void Zstd_is_an_honest_error() =>
        Assert.Contains("zstd", Errors.Expect(Codes.LayerCompressionUnsupported, () => ReadAll([0x28, 0xB5, 0x2F, 0xFD, 0, 0])));

    [TestMethod]
    [DataRow("../x")]
    [DataRow("a/../../x")]
    [DataRow("a/..")]
    public void A_path_that_leads_out_is_an_error(string path) => Errors.Expect(Codes.LayerInvalid, () => ReadAll(Raw(path)));

    [TestMethod]
    public void A_hard_link_that_leads_out_is_an_error() => Errors.Expect(Codes.LayerInvalid, () => ReadAll(Raw("a", '1', link: "../../etc/shadow")));

    [TestMethod]
    [DataRow('S')]
    [DataRow('V')]
    [DataRow('Z')]
    public void An_unknown_or_sparse_entry_is_an_error(char type) => Errors.Expect(Codes.LayerInvalid, () => ReadAll(Raw("a", type)));

    [TestMethod]
    [DataRow("garbage")]
    [DataRow("6 x=\n")]
    [DataRow("99 path=a\n")]
    [DataRow("10 path=a\0\n")]
    [DataRow("9 size=x\n")]
    [DataRow("10 size=-1\n")]
    [DataRow("-1 a=b\n")]
    [DataRow("9999999999999 a=b\n")]
    [DataRow("23 GNU.sparse.major=1\n")]
    public void A_malformed_pax_header_is_an_error(string records) =>
        Errors.Expect(Codes.LayerInvalid, () => ReadAll([.. Raw("pax", 'x', Encoding.ASCII.GetBytes(records))[..^1024], .. Raw("a")]));

    [TestMethod]
    [DataRow('x', "11 path=abc\n")]
    [DataRow('L', "abc")]
    public void An_archive_that_ends_after_an_extension_is_an_error(char type, string content) =>
        Errors.Expect(Codes.LayerInvalid, () => ReadAll(Raw("ext", type, Encoding.ASCII.GetBytes(content))));

    [TestMethod]
    public void A_size_of_binary_form_is_read_and_a_negative_one_refused()
    {
        byte[] archive = Raw("a", '0', "hello"u8.ToArray());
        archive.AsSpan(124, 12).Clear();
        archive[124] = 0x80;
        archive[135] = 5;
        Assert.AreEqual("hello", ReadAll(Checksummed(archive))[0].Content);
        archive.AsSpan(124, 12).Fill(0xFF);
        Errors.Expect(Codes.LayerInvalid, () => ReadAll(Checksummed(archive)));
        archive.AsSpan(124, 12).Fill(0x7F);
        Errors.Expect(Codes.LayerInvalid, () => ReadAll(Checksummed(archive)));
    }

    [TestMethod]
    public void More_than_the_limits_is_refused()
    {
        byte[] archive = Gzip(CanonicalTarTests.Write([TarEntry.File("a/b/c", 0, new byte[1_000_000]), TarEntry.File("d", 0, default)]));
        foreach (LayerLimits limits in new[]
        {
            new LayerLimits { Entries = 3 }, new LayerLimits { Bytes = 500_000 }, new LayerLimits { PathLength = 4 }, new LayerLimits { PathDepth = 2 },
        })
        {
            Errors.Expect(Codes.LayerTooLarge, () => ReadAll(archive, limits));
        }

        Assert.HasCount(4, ReadAll(archive));
        Errors.Expect(Codes.LayerTooLarge, () => ReadAll(Raw("pax", 'x', new byte[2_000_000])));
    }

    [TestMethod]
    public void A_bomb_is_stopped_in_constant_memory()
    {
        // 1 GiB of zeros in about 1 MB.
        byte[] head = Raw("bomb", '0')[..512];
        Encoding.ASCII.GetBytes("17777777777").CopyTo(head, 124);
        var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Checksummed(head));
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 64; i++)
            {
                gzip.Write(zeros);
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Errors.Expect(Codes.LayerTooLarge, () =>
        {
            using LayerReader reader = LayerReader.Open(new MemoryStream(bomb.ToArray()), "bomb", new LayerLimits { Bytes = 50_000_000 });
            while (reader.ReadNext() is not null)
            {
            }
        });
        Assert.IsLessThan(2_000_000, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void A_layer_in_a_layout_is_verified_by_reading_it_to_its_end()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        byte[] bytes = Gzip(Sample());
        Descriptor layer = layout.AddBlob(bytes, MediaTypes.LayerGzip);
        byte[] other = Gzip(Sample(), CompressionLevel.NoCompression);
        File.WriteAllBytes(layout.BlobPath(layer.Digest), other);
        Errors.Expect(Codes.BlobCorrupt, () => ReadAll(layout.OpenBlob(layer.Digest)));
        File.WriteAllBytes(layout.BlobPath(layer.Digest), bytes);
        Assert.HasCount(3, ReadAll(layout.OpenBlob(layer)));
    }

    private static byte[] Sample()
    {
        var random = new Random(7);
        byte[] noise = new byte[20_000];
        random.NextBytes(noise);
        return CanonicalTarTests.Write([
            TarEntry.File("noise", TarEntry.PlainMode, noise), TarEntry.File("text", TarEntry.PlainMode, Encoding.ASCII.GetBytes(new string('t', 5_000))),
            TarEntry.SymbolicLink("link", "text")]);
    }

    private static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Optimal)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, level, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }

    // One entry and the end, with a name and type that no writer would give.
    private static byte[] Raw(string path, char type = '0', byte[]? content = null, string link = "")
    {
        content ??= [];
        byte[] archive = new byte[512 + ((content.Length + 511) & ~511) + 1024];
        Encoding.ASCII.GetBytes(path).CopyTo(archive, 0);
        Encoding.ASCII.GetBytes("0000644\00000000\00000000\0").CopyTo(archive, 100);
        Encoding.ASCII.GetBytes(Convert.ToString(content.Length, 8).PadLeft(11, '0')).CopyTo(archive, 124);
        Encoding.ASCII.GetBytes("00000000000").CopyTo(archive, 136);
        archive[156] = (byte)type;
        Encoding.ASCII.GetBytes(link).CopyTo(archive, 157);
        Encoding.ASCII.GetBytes("ustar\000").CopyTo(archive, 257);
        content.CopyTo(archive, 512);
        return Checksummed(archive);
    }

    private static byte[] Checksummed(byte[] archive)
    {
        archive.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        for (int i = 0; i < 512; i++)
        {
            sum += archive[i];
        }

        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(archive, 148);
        return archive;
    }

    private static List<(LayerEntry Entry, string Content)> ReadAll(byte[] bytes, LayerLimits? limits = null) => ReadAll(new MemoryStream(bytes), limits);

    private static List<(LayerEntry Entry, string Content)> ReadAll(Stream stream, LayerLimits? limits = null)
    {
        using LayerReader reader = LayerReader.Open(stream, "test", limits);
        var entries = new List<(LayerEntry, string)>();
        while (reader.ReadNext() is { } entry)
        {
            using var text = new StreamReader(entry.Content, Encoding.Latin1, false, -1, leaveOpen: true);
            entries.Add((entry, text.ReadToEnd()));
        }

        return entries;
    }

    private static System.Formats.Tar.TarEntry Entry(TarEntryFormat format, TarEntryType type, string name, string? link = null, string? content = null)
    {
        System.Formats.Tar.TarEntry entry = format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(type, name),
            TarEntryFormat.Ustar => new UstarTarEntry(type, name),
            TarEntryFormat.Pax => new PaxTarEntry(type, name),
            _ => new GnuTarEntry(type, name),
        };
        entry.Mode = (UnixFileMode)0x1ED;
        entry.Uid = 1000;
        entry.Gid = 2000;
        entry.ModificationTime = DateTimeOffset.FromUnixTimeSeconds(1_000_000_000);
        if (link is not null)
        {
            entry.LinkName = link;
        }

        if (content is not null)
        {
            entry.DataStream = new MemoryStream(Encoding.ASCII.GetBytes(content));
        }

        return entry;
    }
}
