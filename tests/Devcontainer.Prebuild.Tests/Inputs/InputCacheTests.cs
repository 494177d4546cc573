using System.Buffers.Binary;
using System.Security.Cryptography;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Prebuild.Tests.Inputs;

/// <summary>A cache may forget anything, and must never say anything that is not so.</summary>
[TestClass]
public sealed class InputCacheTests
{
    private const string Content = "0000000000000000000000000000000000000000000000000000000000000000";

    private static readonly FileStamp Stamp = new(Device: 1, Inode: 2, Size: 3, Modified: 4, Changed: 5);
    private static readonly byte[] Digest = SHA256.HashData("content"u8);

    [TestMethod]
    public void What_is_kept_is_found()
    {
        using var folder = new TemporaryFolder();
        var stamps = new List<FileStamp>();
        for (ulong i = 0; i < 1000; i++)
        {
            stamps.Add(new FileStamp(Device: i % 3, Inode: i * 0x1_0000_0001, Size: (long)i, Modified: 1, Changed: 1));
        }

        using (InputCache cache = InputCaches.Open(folder))
        {
            foreach (FileStamp stamp in stamps)
            {
                cache.Add(stamp, SHA256.HashData(BitConverter.GetBytes(stamp.Size)));
            }

            cache.AddProjection(Content, "json:/é", new string('1', 64));
        }

        using InputCache known = InputCaches.Open(folder);
        foreach (FileStamp stamp in stamps)
        {
            CollectionAssert.AreEqual(SHA256.HashData(BitConverter.GetBytes(stamp.Size)), Find(known, stamp));
        }

        Assert.AreEqual(new string('1', 64), known.FindProjection(Content, "json:/é"));
        Assert.IsNull(known.FindProjection(Content, "json"));
        Assert.IsFalse(known.HasChanged);
    }

    [TestMethod]
    public void A_stamp_that_differs_in_anything_is_another_file()
    {
        using var folder = new TemporaryFolder();
        Keep(folder, Stamp);
        using InputCache cache = InputCaches.Open(folder);
        FileStamp[] others =
        [
            Stamp with { Device = 9 }, Stamp with { Inode = 9 }, Stamp with { Size = 9 }, Stamp with { Modified = 9 }, Stamp with { Changed = 9 },
            new(Stamp.Inode, Stamp.Device, Stamp.Size, Stamp.Modified, Stamp.Changed), default,
        ];
        foreach (FileStamp other in others)
        {
            Assert.IsNull(Find(cache, other), other.ToString());
        }

        Assert.IsNotNull(Find(cache, Stamp));
    }

    [TestMethod]
    [DataRow(-1, -1, false)]
    [DataRow(-60, -1, false)]
    [DataRow(-1, -60, false)]
    [DataRow(60, -60, false)]
    [DataRow(-60, 60, false)]
    [DataRow(-60, -60, true)]
    public void A_file_that_has_just_changed_is_not_kept(int modified, int changed, bool isKept)
    {
        using var folder = new TemporaryFolder();
        DateTime now = DateTime.UtcNow;
        var stamp = Stamp with { Modified = Nanoseconds(now.AddSeconds(modified)), Changed = Nanoseconds(now.AddSeconds(changed)) };
        using InputCache cache = InputCache.Open(folder.Path, isTrusted: true, isKept: true, now);
        cache.Add(stamp, Digest);
        Assert.AreEqual(isKept, cache.HasChanged);
    }

    [TestMethod]
    public void A_cache_in_which_nothing_is_new_is_not_written()
    {
        using var folder = new TemporaryFolder();
        string file = Keep(folder, Stamp);
        var time = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, time);
        using (InputCache cache = InputCaches.Open(folder))
        {
            Assert.IsNotNull(Find(cache, Stamp));
            Assert.IsNull(Find(cache, Stamp with { Size = 9 }));
        }

        Assert.AreEqual(time, File.GetLastWriteTimeUtc(file));
    }

    [TestMethod]
    public void What_a_build_does_not_ask_for_goes_when_the_cache_is_written()
    {
        using var folder = new TemporaryFolder();
        Keep(folder, Stamp, Stamp with { Inode = 3 });
        using (InputCache cache = InputCaches.Open(folder))
        {
            Assert.IsNotNull(Find(cache, Stamp));
            cache.Add(Stamp with { Inode = 4 }, Digest);
        }

        using InputCache known = InputCaches.Open(folder);
        Assert.IsNotNull(Find(known, Stamp));
        Assert.IsNull(Find(known, Stamp with { Inode = 3 }));
        Assert.IsNotNull(Find(known, Stamp with { Inode = 4 }));
    }

    [TestMethod]
    public void A_cache_that_is_not_trusted_knows_nothing_and_is_written_anew()
    {
        using var folder = new TemporaryFolder();
        Keep(folder, Stamp);
        byte[] right = SHA256.HashData("right"u8);
        using (InputCache cache = InputCaches.Open(folder, isTrusted: false))
        {
            Assert.IsNull(Find(cache, Stamp));
            Assert.IsNull(cache.FindProjection(Content, "json"));
            cache.Add(Stamp, right);
        }

        using InputCache known = InputCaches.Open(folder);
        CollectionAssert.AreEqual(right, Find(known, Stamp));
    }

    [TestMethod]
    public void A_dry_run_writes_nothing()
    {
        using var folder = new TemporaryFolder();
        using (InputCache cache = InputCache.Open(folder.Path, isTrusted: true, isKept: false, DateTime.UtcNow))
        {
            cache.Add(Stamp, Digest);
        }

        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void A_cache_that_was_wrong_is_forgotten()
    {
        using var folder = new TemporaryFolder();
        string file = Keep(folder, Stamp);
        using (InputCache cache = InputCaches.Open(folder))
        {
            cache.Add(Stamp with { Inode = 3 }, Digest);
            cache.Forget();
        }

        Assert.IsFalse(File.Exists(file));
    }

    [TestMethod]
    public void A_folder_that_is_not_there_or_cannot_be_is_no_error_and_is_not_made()
    {
        using var folder = new TemporaryFolder();
        folder.Write("file", "text");
        foreach (string output in (string[])["none", "file", "file/output"])
        {
            using (InputCache cache = InputCache.Open(folder[output], isTrusted: true, isKept: true, DateTime.UtcNow))
            {
                Assert.IsNull(Find(cache, Stamp));
                cache.Add(Stamp, Digest);
            }
        }

        Assert.AreEqual("text", File.ReadAllText(folder["file"]));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" ")]
    [DataRow("garbage")]
    [DataRow("{}")]
    [DataRow("dcinput\u0001")]
    public void Garbage_is_no_cache_and_is_written_over(string content)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("output/" + InputCache.FileName, content);
        Knows(folder, false);
        File.WriteAllBytes(file, new byte[1000]);
        Knows(folder, false);
        Keep(folder, Stamp);
        Knows(folder, true);
    }

    [TestMethod]
    public void Every_beginning_of_a_cache_is_none()
    {
        using var folder = new TemporaryFolder();
        string file = Keep(folder, Stamp);
        byte[] whole = File.ReadAllBytes(file);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(file, whole[..length]);
            Knows(folder, false);
        }

        File.WriteAllBytes(file, [.. whole, 0]);
        Knows(folder, false);
    }

    [TestMethod]
    public void A_cache_of_which_any_bit_is_another_is_none()
    {
        using var folder = new TemporaryFolder();
        string file = Keep(folder, Stamp);
        byte[] whole = File.ReadAllBytes(file);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(file, changed);
            Knows(folder, false);
        }

        File.WriteAllBytes(file, whole);
        Knows(folder, true);
    }

    // What is under the checksum all the same: of a later format, of another build of the library, or made by hand.
    [TestMethod]
    [DataRow(7, 2)]
    [DataRow(8, -1)]
    [DataRow(24, -1)]
    [DataRow(24, int.MaxValue)]
    [DataRow(24, 0x38E3_8E39)]
    [DataRow(28, -1)]
    [DataRow(28, int.MaxValue)]
    public void A_cache_of_another_version_is_none(int place, int value)
    {
        using var folder = new TemporaryFolder();
        string file = Keep(folder, Stamp);
        byte[] content = File.ReadAllBytes(file)[..^32];
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(place), value);
        File.WriteAllBytes(file, [.. content, .. SHA256.HashData(content)]);
        Knows(folder, false);
    }

    [TestMethod]
    [DataRow((byte)0xff)]
    [DataRow((byte)0x7f)]
    public void Projections_that_cannot_be_read_are_no_cache(byte length)
    {
        using var folder = new TemporaryFolder();
        string file = Keep(folder, Stamp);
        byte[] content = File.ReadAllBytes(file)[..^32];
        content[32 + 72] = length;
        File.WriteAllBytes(file, [.. content, .. SHA256.HashData(content)]);
        Knows(folder, false);
    }

    [TestMethod]
    public void A_cache_behind_a_link_is_not_followed_and_writing_replaces_the_link()
    {
        using var folder = new TemporaryFolder();
        File.Move(Keep(folder, Stamp), folder["precious"]);
        byte[] precious = File.ReadAllBytes(folder["precious"]);
        folder.Write("output/" + InputCache.FileName, "-> ../precious");
        Knows(folder, false);
        Keep(folder, Stamp with { Inode = 3 });
        CollectionAssert.AreEqual(precious, File.ReadAllBytes(folder["precious"]));
        Assert.IsNull(new FileInfo(folder["output/" + InputCache.FileName]).LinkTarget);
    }

    [TestMethod]
    public void A_folder_in_its_place_is_no_cache_and_stays()
    {
        using var folder = new TemporaryFolder();
        folder.Write($"output/{InputCache.FileName}/mine", "text");
        Knows(folder, false);
        using (InputCache cache = InputCaches.Open(folder))
        {
            cache.Add(Stamp, Digest);
        }

        Assert.AreEqual("text", File.ReadAllText(folder[$"output/{InputCache.FileName}/mine"]));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder["output"]));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task A_pipe_in_its_place_is_no_cache_and_nothing_waits_for_it()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["output"]);
        folder.WritePipe("output/" + InputCache.FileName);
        await Task.Run(() => Knows(folder, false)).WaitAsync(TimeSpan.FromSeconds(30));
        Keep(folder, Stamp);
        Knows(folder, true);
    }

    [TestMethod]
    public void A_cache_over_the_limit_is_not_read()
    {
        using var folder = new TemporaryFolder();
        using (FileStream file = File.OpenWrite(folder.Write("output/" + InputCache.FileName)))
        {
            // Sparse: it takes no room.
            file.SetLength(10L * 1024 * 1024 * 1024);
        }

        Knows(folder, false);
    }

    private static string Keep(TemporaryFolder folder, params FileStamp[] stamps)
    {
        using (InputCache cache = InputCaches.Open(folder))
        {
            foreach (FileStamp stamp in stamps)
            {
                cache.Add(stamp, Digest);
            }

            cache.AddProjection(Content, "json", new string('1', 64));
        }

        return folder["output/" + InputCache.FileName];
    }

    private static void Knows(TemporaryFolder folder, bool expected)
    {
        using InputCache cache = InputCaches.Open(folder);
        Assert.AreEqual(expected, Find(cache, Stamp) is not null);
        Assert.AreEqual(expected, cache.FindProjection(Content, "json") is not null);
    }

    private static byte[]? Find(InputCache cache, FileStamp stamp)
    {
        byte[] digest = new byte[32];
        return cache.TryFind(stamp, digest) ? digest : null;
    }

    private static long Nanoseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks * 100;
}
