using System.Formats.Tar;
using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class CanonicalTarTests
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.FromUnixTimeSeconds(315532800);

    [TestMethod]
    public void The_same_entries_in_any_order_are_the_same_bytes()
    {
        TarEntry[] entries =
        [
            TarEntry.File("b/z", TarEntry.PlainMode, "z"u8.ToArray()),
            TarEntry.File("b-a", TarEntry.PlainMode, "a"u8.ToArray()),
            TarEntry.Directory("b", TarEntry.ExecutableMode),
            TarEntry.SymbolicLink("b/link", "../b-a"),
        ];
        byte[] archive = Write(entries);
        CollectionAssert.AreEqual(archive, Write(entries.Reverse()));
        CollectionAssert.AreEqual(new[] { "b/", "b-a", "b/link", "b/z" }, Read(archive).Select(e => e.Name).ToArray());
    }

    [TestMethod]
    public void Directories_above_an_entry_are_made_and_a_given_one_keeps_its_mode()
    {
        List<System.Formats.Tar.TarEntry> read = Read(Write([
            TarEntry.File("a/b/c/d", 0x124, "x"u8.ToArray()), TarEntry.Directory("a/b", 0x1C0)]));
        CollectionAssert.AreEqual(new[] { "a/", "a/b/", "a/b/c/", "a/b/c/d" }, read.Select(e => e.Name).ToArray());
        CollectionAssert.AreEqual(new[] { 0x1ED, 0x1C0, 0x1ED, 0x124 }, read.Select(e => (int)e.Mode).ToArray());
    }

    [TestMethod]
    public void Owner_time_mode_and_content_are_what_was_asked_for()
    {
        List<System.Formats.Tar.TarEntry> read = Read(Write([
            TarEntry.File("suid", 0x9ED, "content"u8.ToArray()), TarEntry.SymbolicLink("link", "a b"), TarEntry.File("empty", 0x1A4, default)]));
        foreach (System.Formats.Tar.TarEntry entry in read)
        {
            Assert.AreEqual((0, 0), (entry.Uid, entry.Gid));
            Assert.AreEqual(Epoch, entry.ModificationTime);
            Assert.AreEqual(TarEntryFormat.Ustar, entry.Format);
        }

        Assert.AreEqual(0, read[0].Length);
        Assert.AreEqual((TarEntryType.SymbolicLink, "a b"), (read[1].EntryType, read[1].LinkName));
        Assert.AreEqual(0x9ED, (int)read[2].Mode);
        using var reader = new StreamReader(read[2].DataStream!);
        Assert.AreEqual("content", reader.ReadToEnd());
    }

    [TestMethod]
    [DataRow(99, true)]
    [DataRow(100, true)]
    [DataRow(101, false)]
    public void A_name_without_a_slash_fits_ustar_up_to_100_bytes(int length, bool fits) => CheckPath(new string('n', length), fits);

    [TestMethod]
    [DataRow(155, 100, true)]
    [DataRow(156, 100, false)]
    [DataRow(155, 101, false)]
    [DataRow(1, 100, true)]
    public void A_path_fits_ustar_where_a_slash_divides_it_well(int prefix, int name, bool fits) =>
        CheckPath(new string('p', prefix) + "/" + new string('n', name), fits);

    [TestMethod]
    [DataRow("späti")]
    [DataRow("日本/語")]
    [DataRow("a\nb")]
    [DataRow("back\\slash")]
    public void Names_of_any_letters_read_back(string path) => CheckPath(path, path.All(char.IsAscii));

    [TestMethod]
    public void A_path_of_any_length_reads_back()
    {
        // Past 999 bytes the length of a pax record counts one digit more of itself.
        for (int length = 80; length < 1100; length += 1)
        {
            string path = new('x', length);
            Assert.AreEqual(path, Read(Write([TarEntry.SymbolicLink(path, path)]))[0].Name);
            Assert.AreEqual(path, Read(Write([TarEntry.SymbolicLink(path, path)]))[0].LinkName);
        }
    }

    [TestMethod]
    public void A_file_of_more_than_8_GiB_has_its_size_in_a_pax_header()
    {
        using var headers = new FirstBytes(2048);
        DevcontainerException stopped = Assert.ThrowsExactly<DevcontainerException>(() =>
            CanonicalTar.Write(headers, [TarEntry.File("big", TarEntry.PlainMode, 1L << 33, () => new MemoryStream([1]))], Epoch));
        Assert.AreEqual(Codes.ArchiveEntryInvalid, stopped.Diagnostic.Code);
        using LayerReader reader = LayerReader.Open(new MemoryStream(headers.Bytes), "headers");
        Assert.AreEqual(1L << 33, reader.ReadNext()!.Size);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("/etc/passwd")]
    [DataRow("a/../b")]
    [DataRow("..")]
    [DataRow("./a")]
    [DataRow("a//b")]
    [DataRow("a/")]
    [DataRow("a\0b")]
    public void A_path_that_is_no_place_in_an_archive_is_refused(string path) =>
        Errors.Expect(Codes.ArchiveEntryInvalid, () => Write([TarEntry.File(path, TarEntry.PlainMode, default)]));

    [TestMethod]
    public void A_path_with_half_of_a_surrogate_pair_is_refused() =>
        Errors.Expect(Codes.ArchiveEntryInvalid, () => Write([TarEntry.File("a" + (char)0xD800, TarEntry.PlainMode, default)]));

    [TestMethod]
    public void A_path_given_twice_or_under_a_file_is_refused()
    {
        TarEntry file = TarEntry.File("a", TarEntry.PlainMode, default);
        Errors.Expect(Codes.ArchiveEntryInvalid, () => Write([file, TarEntry.Directory("a", TarEntry.ExecutableMode)]));
        Errors.Expect(Codes.ArchiveEntryInvalid, () => Write([file, TarEntry.File("a/b", TarEntry.PlainMode, default)]));
    }

    [TestMethod]
    [DataRow(3)]
    [DataRow(5)]
    public void A_file_that_changes_size_while_it_is_read_is_refused(int promised) =>
        Errors.Expect(Codes.ArchiveEntryInvalid, () => Write([TarEntry.File("a", TarEntry.PlainMode, promised, () => new MemoryStream(new byte[4]))]));

    [TestMethod]
    public void Content_streams_are_opened_one_at_a_time_and_closed()
    {
        int open = 0;
        int most = 0;
        Write(Enumerable.Range(0, 20).Select(i => TarEntry.File($"f{i}", TarEntry.PlainMode, 1, () =>
        {
            most = Math.Max(most, ++open);
            return new Closing(() => open--);
        })));
        Assert.AreEqual((0, 1), (open, most));
    }

    internal static byte[] Write(IEnumerable<TarEntry> entries)
    {
        var archive = new MemoryStream();
        CanonicalTar.Write(archive, entries, Epoch);
        return archive.ToArray();
    }

    private static void CheckPath(string path, bool fits)
    {
        System.Formats.Tar.TarEntry read = Read(Write([TarEntry.File(path, TarEntry.PlainMode, "x"u8.ToArray())]))[^1];
        Assert.AreEqual(path, read.Name);
        Assert.AreEqual(fits ? TarEntryFormat.Ustar : TarEntryFormat.Pax, read.Format);
    }

    private static List<System.Formats.Tar.TarEntry> Read(byte[] archive)
    {
        Assert.AreEqual(0, archive.Length % 512);
        using var reader = new TarReader(new MemoryStream(archive));
        var entries = new List<System.Formats.Tar.TarEntry>();
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            entries.Add(entry);
        }

        return entries;
    }

    private sealed class Closing(Action closed) : MemoryStream(Encoding.ASCII.GetBytes("x"))
    {
        protected override void Dispose(bool disposing)
        {
            closed();
            base.Dispose(disposing);
        }
    }

    private sealed class FirstBytes(int count) : MemoryStream
    {
        internal byte[] Bytes => ToArray();

        public override void Write(ReadOnlySpan<byte> buffer) => base.Write(buffer[..(int)Math.Min(buffer.Length, count - Length)]);
    }
}
