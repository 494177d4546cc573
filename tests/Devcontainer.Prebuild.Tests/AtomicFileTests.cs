namespace Devcontainer.Prebuild.Tests;

[TestClass]
public sealed class AtomicFileTests
{
    [TestMethod]
    public void A_file_is_written_with_the_folders_above_it_and_nothing_beside_it()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.Write(folder["a/b/file"], "new"u8);
        Assert.AreEqual("new", File.ReadAllText(folder["a/b/file"]));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder["a/b"]));
    }

    [TestMethod]
    public void An_old_file_is_replaced()
    {
        using var folder = new TemporaryFolder();
        folder.Write("file", "a long old text");
        AtomicFile.Write(folder["file"], "new"u8);
        Assert.AreEqual("new", File.ReadAllText(folder["file"]));
    }

    [TestMethod]
    public void Where_the_folder_is_a_file_that_file_stays()
    {
        using var folder = new TemporaryFolder();
        folder.Write("file", "old");
        Assert.Throws<IOException>(() => AtomicFile.Write(folder["file/below"], "new"u8));
        Assert.AreEqual("old", File.ReadAllText(folder["file"]));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Where_the_name_is_that_of_a_folder_nothing_is_left_behind()
    {
        using var folder = new TemporaryFolder();
        folder.Write("name/inside", "old");
        Exception? error = Record(() => AtomicFile.Write(folder["name"], "new"u8));
        Assert.IsTrue(error is IOException or UnauthorizedAccessException, error?.ToString());
        Assert.AreEqual("old", File.ReadAllText(folder["name/inside"]));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void An_unchanged_file_keeps_its_time()
    {
        using var folder = new TemporaryFolder();
        var time = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(folder.Write("file", "same"), time);
        AtomicFile.WriteIfChanged(folder["file"], "same"u8);
        Assert.AreEqual(time, File.GetLastWriteTimeUtc(folder["file"]));
        AtomicFile.WriteIfChanged(folder["file"], "diff"u8);
        Assert.AreNotEqual(time, File.GetLastWriteTimeUtc(folder["file"]));
        Assert.AreEqual("diff", File.ReadAllText(folder["file"]));
    }

    [TestMethod]
    public async Task A_reader_sees_one_of_the_texts_whole()
    {
        using var folder = new TemporaryFolder();
        byte[][] texts = [new byte[100_000], [.. Enumerable.Repeat((byte)1, 50_000)]];
        AtomicFile.Write(folder["file"], texts[0]);
        Task writing = Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                AtomicFile.Write(folder["file"], texts[i % 2]);
            }
        });
        do
        {
            byte[] read = await File.ReadAllBytesAsync(folder["file"]);
            Assert.IsTrue(read.AsSpan().SequenceEqual(texts[0]) || read.AsSpan().SequenceEqual(texts[1]));
        }
        while (!writing.IsCompleted);
        await writing;
    }

    [TestMethod]
    public void What_a_killed_writer_left_goes_and_what_a_living_one_writes_stays()
    {
        using var folder = new TemporaryFolder();
        folder.Write(".file.01230123012301230123012301230123.tmp", "unfinished");
        folder.Write(".file.txt.01230123012301230123012301230123.tmp", "of another file");
        folder.Write(".file.0123.old", "none of ours");
        folder.Write("precious", "old");
        folder.Write(".file.45674567456745674567456745674567.tmp", "-> precious");
        using (new FileStream(folder[".file.89ab89ab89ab89ab89ab89ab89ab89ab.tmp"], FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            AtomicFile.Write(folder["file"], "new"u8);
        }

        CollectionAssert.AreEquivalent(
            new[] { ".file.0123.old", ".file.89ab89ab89ab89ab89ab89ab89ab89ab.tmp", ".file.txt.01230123012301230123012301230123.tmp", "file", "precious" },
            Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).ToArray());
        Assert.AreEqual("old", File.ReadAllText(folder["precious"]));
    }

    [TestMethod]
    public async Task Many_writers_of_one_file_all_succeed()
    {
        using var folder = new TemporaryFolder();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                AtomicFile.Write(folder["file"], [(byte)writer]);
            }
        })));
        Assert.HasCount(1, await File.ReadAllBytesAsync(folder["file"]));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    private static Exception? Record(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e;
        }
    }
}
