using System.Globalization;
using System.Runtime.Versioning;
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
            var strange = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            strange.NumberFormat.NegativeSign = "minus";
            strange.NumberFormat.NumberDecimalSeparator = "|";
            CultureInfo.CurrentCulture = strange;
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
