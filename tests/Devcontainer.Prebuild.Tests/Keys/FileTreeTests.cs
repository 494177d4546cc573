using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Tests.Inputs;
using Devcontainer.Spec.Contexts;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Prebuild.Tests.Keys;

[TestClass]
public sealed class FileTreeTests
{
    private static readonly (string Path, string Text)[] Sample =
    [
        ("a", "1"), ("a.b/c", "2"), ("ä", "3"), ("b-a", "4"), ("b/c", "5"), ("i/I", "6"), ("empty", ""), ("z/link", "-> ../a.b/c"),
    ];

    // Names and contents that come to the same text when they are put side by side.
    private static readonly Gen<ContextEntry> Entries =
        from path in Gen.Elements("a", "b", "ab", "a/b", "file", "")
        from kind in Gen.Elements(Enum.GetValues<ContextEntryKind>())
        from executable in Gen.Elements(true, false)
        from target in Gen.Elements("a", "b", "", "file")
        select new ContextEntry(path, kind)
        {
            IsExecutable = kind == ContextEntryKind.File && executable,
            LinkTarget = kind == ContextEntryKind.SymbolicLink ? target : null,
        };

    private static readonly Gen<(ContextEntry Entry, byte Content)> Files =
        from entry in Entries
        from content in Gen.Elements<byte>(0, 1)
        select (entry, entry.Kind == ContextEntryKind.File ? content : (byte)0);

    private static readonly Gen<(ContextEntry Entry, byte Content)[]> Trees = Gen.Choose(0, 4).SelectMany(count => Files.ArrayOf(count));

    [TestMethod]
    public void Two_trees_have_one_key_just_where_they_are_the_same() =>
        Prop.ForAll(Trees.Two().ToArbitrary(), static pair => (Key(pair.Item1) == Key(pair.Item2)) == pair.Item1.SequenceEqual(pair.Item2))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [TestMethod]
    public void Any_single_change_of_a_tree_is_another_key()
    {
        Gen<((ContextEntry Entry, byte Content)[] Tree, int Place, (ContextEntry Entry, byte Content) Other)> changes =
            from tree in Trees.Where(static tree => tree.Length > 0)
            from place in Gen.Choose(0, tree.Length - 1)
            from other in Files
            select (tree, place, other);
        Prop.ForAll(changes.ToArbitrary(), static change =>
        {
            (ContextEntry Entry, byte Content)[] changed = [.. change.Tree];
            changed[change.Place] = change.Other;
            (ContextEntry, byte)[] shorter = [.. change.Tree.Where((_, i) => i != change.Place)];
            return Key(shorter) != Key(change.Tree) && (change.Other == change.Tree[change.Place] || Key(changed) != Key(change.Tree));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    // What a checkout is made of, and what else there is to it.
    [TestMethod]
    [TestCategory("Unix")]
    [UnsupportedOSPlatform("windows")]
    public void Two_checkouts_have_one_key_just_where_paths_modes_and_contents_are_the_same()
    {
        string[] paths = ["a", "a.b/c", "ab", "b/a", "b/b", "B", "i/I", "ä/ö", "z"];
        Gen<Dictionary<string, (bool Executable, string Text)>> files =
            from present in Gen.Choose(0, 3).ArrayOf(paths.Length)
            from executable in Gen.Elements(true, false).ArrayOf(paths.Length)
            from text in Gen.Elements("", "1", "11").ArrayOf(paths.Length)
            select paths.Index().Where(one => present[one.Index] > 0).ToDictionary(one => one.Item, one => (executable[one.Index], text[one.Index]));
        Gen<(Dictionary<string, (bool, string)> One, Dictionary<string, (bool, string)> Two, int Seed)> pairs =
            from one in files
            from other in files
            from same in Gen.Elements(true, false)
            from seed in Gen.Choose(0, int.MaxValue)
            select (one, same ? one : other, seed);
        Prop.ForAll(pairs.ToArbitrary(), static pair =>
        {
            using var folder = new TemporaryFolder();
            Directory.CreateDirectory(folder["one"]);
            Directory.CreateDirectory(folder["below/two"]);
            var random = new Random(pair.Seed);
            CultureInfo culture = CultureInfo.CurrentCulture;
            try
            {
                CheckOut(folder, "one", [.. pair.One], random);
                string one = Key(folder["one"]);
                KeyValuePair<string, (bool, string)>[] shuffled = [.. pair.Two];
                random.Shuffle(shuffled);
                CultureInfo.CurrentCulture = Strange();
                CheckOut(folder, "below/two", shuffled, random);
                bool same = pair.One.Count == pair.Two.Count && pair.One.All(file => pair.Two.TryGetValue(file.Key, out (bool, string) other) && other == file.Value);
                return (one == Key(folder["below/two"])) == same;
            }
            finally
            {
                CultureInfo.CurrentCulture = culture;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

        static void CheckOut(TemporaryFolder folder, string root, KeyValuePair<string, (bool Executable, string Text)>[] files, Random random)
        {
            // Each bit but the owner's may be masked.
            var masked = (UnixFileMode)random.Next(0, 64);
            foreach ((string path, (bool executable, string text)) in files)
            {
                string file = folder.Write($"{root}/{path}", text);
                File.SetUnixFileMode(file, (executable ? (UnixFileMode)0x1FF : (UnixFileMode)0x1B6) & ~masked);
                File.SetLastWriteTimeUtc(file, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(random.Next()));
            }
        }
    }

    [TestMethod]
    public void The_order_of_making_files_the_checkout_and_their_times_do_not_count()
    {
        using var one = new TemporaryFolder();
        using var two = new TemporaryFolder();
        Fill(one, Sample);
        Fill(two, [.. Sample.Reverse()]);
        foreach (string file in Directory.EnumerateFiles(two.Path, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        }

        Assert.AreEqual(Key(one.Path), Key(two.Path));
    }

    [TestMethod]
    [TestCategory("Unix")]
    [UnsupportedOSPlatform("windows")]
    [DataRow("077")]
    [DataRow("007")]
    [DataRow("022")]
    public void The_umask_does_not_count(string umask)
    {
        using var one = new TemporaryFolder();
        using var two = new TemporaryFolder();
        Fill(one, Sample);
        Fill(two, Sample);
        var masked = (UnixFileMode)~Convert.ToInt32(umask, 8);
        foreach (string entry in Directory.EnumerateFileSystemEntries(two.Path, "*", SearchOption.AllDirectories))
        {
            if (new FileInfo(entry).LinkTarget is null)
            {
                const UnixFileMode file = (UnixFileMode)0x1B6;
                const UnixFileMode folder = (UnixFileMode)0x1FF;
                File.SetUnixFileMode(entry, (Directory.Exists(entry) ? folder : file) & masked);
            }
        }

        Assert.AreEqual(Key(one.Path), Key(two.Path));
    }

    [TestMethod]
    public void The_culture_does_not_count()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, Sample);
        string expected = Key(folder.Path);
        CultureInfo old = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = Strange();
            Assert.AreEqual(expected, Key(folder.Path));
        }
        finally
        {
            CultureInfo.CurrentCulture = old;
        }
    }

    [TestMethod]
    public void Many_files_hashed_side_by_side_have_the_key_of_one_after_the_other()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 200; i++)
        {
            folder.Write($"{i % 7}/{i}", i.ToString(CultureInfo.InvariantCulture));
        }

        IReadOnlyList<ContextEntry> entries = Enumerate(folder.Path);
        byte[] digests = [.. entries.SelectMany(entry => FileTree.Read(folder.Path, [entry], InputCaches.Empty(), CancellationToken.None).Digests)];
        Assert.AreEqual(Key(new FileTree(folder.Path, entries, digests)), Key(folder.Path));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(200)]
    public void A_file_that_is_gone_is_an_error_that_names_it(int count)
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < count; i++)
        {
            folder.Write($"file{i}", "text");
        }

        IReadOnlyList<ContextEntry> entries = Enumerate(folder.Path);
        File.Delete(folder["file0"]);
        Diagnostic error = Errors.Expect(Codes.FileNotReadable, () => FileTree.Read(folder.Path, entries, InputCaches.Empty(), CancellationToken.None));
        Assert.AreEqual(folder["file0"], error.Location!.File);
    }

    [TestMethod]
    public void Reading_many_files_can_be_cancelled()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 100; i++)
        {
            folder.Write($"file{i}", "text");
        }

        IReadOnlyList<ContextEntry> entries = Enumerate(folder.Path);
        Assert.Throws<OperationCanceledException>(() => FileTree.Read(folder.Path, entries, InputCaches.Empty(), new CancellationToken(canceled: true)));
    }

    [TestMethod]
    public void What_is_hashed_once_is_not_opened_again()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tree/a", "text");
        folder.Write("tree/link", "-> a");
        Plant(folder, "a");
        using InputCache cache = InputCaches.Open(folder);
        FileTree tree = FileTree.Read(folder["tree"], Enumerate(folder["tree"]), cache, CancellationToken.None);
        CollectionAssert.AreEqual(Planted, tree.Digest(0).ToArray(), "It is what the cache says, though the file says otherwise.");
        Assert.IsFalse(cache.HasChanged);
    }

    [TestMethod]
    public void A_cache_that_is_not_trusted_does_not_count()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tree/a", "text");
        Plant(folder, "a");
        using InputCache cache = InputCaches.Open(folder, isTrusted: false);
        AssertIsHashed(folder, "text", cache);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(200)]
    public void The_digests_of_one_build_are_those_of_the_next(int count)
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < count; i++)
        {
            folder.Write($"tree/{i % 7}/{i}", i.ToString(CultureInfo.InvariantCulture));
        }

        folder.Write("tree/empty");
        for (int build = 0; build < 4; build++)
        {
            if (build == 2)
            {
                // Now all but one are known.
                folder.Write("tree/0/0", "changed");
            }

            using InputCache cache = InputCaches.Open(folder);
            Assert.AreEqual(Key(folder["tree"]), Key(FileTree.Read(folder["tree"], Enumerate(folder["tree"]), cache, CancellationToken.None)));
            Assert.AreEqual(build % 2 == 0, cache.HasChanged);
        }
    }

    // None of these keeps everything that the file system says of a file: on Linux that cannot be done.
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [DataRow("another size", "another text")]
    [DataRow("another time", "text")]
    [DataRow("the same size and time", "TEXT")]
    [DataRow("another file of the same size and time", "TEXT")]
    [DataRow("written through another name", "TEXT")]
    public void A_file_that_has_changed_is_hashed_again(string how, string text)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("tree/a", "text");
        var time = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);
        Plant(folder, "a");
        switch (how)
        {
            case "another time":
                File.SetLastWriteTimeUtc(path, time.AddTicks(1));
                break;
            case "another file of the same size and time":
                File.SetLastWriteTimeUtc(folder.Write("other", text), time);
                File.Move(folder["other"], path, overwrite: true);
                break;
            case "written through another name":
                Directory.CreateSymbolicLink(folder["name"], "tree");
                File.WriteAllText(folder["name/a"], text);
                File.SetLastWriteTimeUtc(path, time);
                break;
            default:
                File.WriteAllText(path, text);
                File.SetLastWriteTimeUtc(path, time);
                break;
        }

        using InputCache cache = InputCaches.Open(folder);
        AssertIsHashed(folder, text, cache);
    }

    [TestMethod]
    public void A_file_that_has_just_changed_is_hashed_again()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tree/a", "text");
        string output = Directory.CreateDirectory(folder["output"]).FullName;
        for (int build = 0; build < 2; build++)
        {
            // Who writes it now may do so within the same tick of the clock.
            using InputCache cache = InputCache.Open(output, isTrusted: true, isKept: true, DateTime.UtcNow);
            AssertIsHashed(folder, "text", cache);
            Assert.IsFalse(cache.HasChanged);
        }
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_file_that_is_replaced_after_it_was_listed_is_kept_under_what_it_is()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tree/a", "old");
        folder.Write("tree/b", "new");
        IReadOnlyList<ContextEntry> entries = Enumerate(folder["tree"]);
        File.Move(folder["tree/a"], folder["old"]);
        File.Move(folder["tree/b"], folder["tree/a"]);
        using (InputCache cache = InputCaches.Open(folder))
        {
            FileTree.Read(folder["tree"], [entries[0]], cache, CancellationToken.None);
        }

        // The listed file is unchanged but for its name, and nobody has read it.
        using InputCache known = InputCaches.Open(folder);
        byte[] digest = new byte[32];
        Assert.IsFalse(known.TryFind(entries[0].Stamp, digest));
        Assert.IsTrue(known.TryFind(RegularFile.Stamp(folder["tree/a"])!.Value, digest));
        CollectionAssert.AreEqual(SHA256.HashData("new"u8), digest);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [DataRow("pipe", 1)]
    [DataRow("pipe", 200)]
    [DataRow("device", 1)]
    [DataRow("folder", 1)]
    public async Task What_is_no_file_any_more_is_an_error_and_nothing_waits_for_it(string what, int count)
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < count; i++)
        {
            folder.Write($"file{i}", "text");
        }

        IReadOnlyList<ContextEntry> entries = Enumerate(folder.Path);
        File.Delete(folder["file0"]);
        switch (what)
        {
            case "pipe":
                folder.WritePipe("file0");
                break;
            case "device":
                folder.Write("file0", "-> /dev/zero");
                break;
            default:
                Directory.CreateDirectory(folder["file0"]);
                break;
        }

        Diagnostic error = await Task
            .Run(() => Errors.Expect(Codes.FileNotReadable, () => FileTree.Read(folder.Path, entries, InputCaches.Empty(), CancellationToken.None)))
            .WaitAsync(TimeSpan.FromSeconds(30));
        Assert.AreEqual(folder["file0"], error.Location!.File);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(300_000)]
    public void What_is_built_is_what_was_hashed(int length)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a", new string('x', length));
        FileTree tree = FileTree.Read(folder.Path, Enumerate(folder.Path), InputCaches.Empty(), CancellationToken.None);
        CollectionAssert.AreEqual(Encoding.ASCII.GetBytes(new string('x', length)), tree.Content(0));
        folder.Write("a", new string('y', length));
        Diagnostic error = Errors.Expect(Codes.ContextChanged, () => tree.Content(0));
        Assert.AreEqual(folder["a"], error.Location!.File);
    }

    private static CultureInfo Strange()
    {
        var strange = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        strange.NumberFormat.NegativeSign = "minus";
        strange.NumberFormat.NumberDecimalSeparator = "|";
        return strange;
    }

    private static readonly byte[] Planted = SHA256.HashData("planted"u8);

    /// <summary>Makes the cache say something else of a file than what is in it.</summary>
    private static void Plant(TemporaryFolder folder, string name)
    {
        using InputCache cache = InputCaches.Open(folder);
        cache.Add(RegularFile.Stamp(folder["tree/" + name])!.Value, Planted);
    }

    private static void AssertIsHashed(TemporaryFolder folder, string text, InputCache cache)
    {
        FileTree tree = FileTree.Read(folder["tree"], Enumerate(folder["tree"]), cache, CancellationToken.None);
        CollectionAssert.AreEqual(SHA256.HashData(Encoding.UTF8.GetBytes(text)), tree.Digest(0).ToArray());
    }

    private static IReadOnlyList<ContextEntry> Enumerate(string folder) => BuildContext.Enumerate(folder, IgnoreFile.None, null);

    private static void Fill(TemporaryFolder folder, IReadOnlyList<(string Path, string Text)> files)
    {
        foreach ((string path, string text) in files)
        {
            folder.Write(path, text);
        }
    }

    private static string Key(string folder) => Key(FileTree.Read(folder, Enumerate(folder), InputCaches.Empty(), CancellationToken.None));

    private static string Key((ContextEntry Entry, byte Content)[] tree) => Key(new FileTree(
        "/",
        [.. tree.Select(static one => one.Entry)],
        [.. tree.SelectMany(static one => Enumerable.Repeat(one.Content, 32))]));

    private static string Key(FileTree tree)
    {
        using var key = new KeyHasher("test");
        tree.AddTo(key);
        return key.ToKey();
    }
}
