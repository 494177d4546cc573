using System.Diagnostics;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Spec.Tests.Contexts;

[TestClass]
public sealed class RegularFileTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(100_000)]
    public void A_file_is_read_whole(int length)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("ä", new string('x', length));
        CollectionAssert.AreEqual(File.ReadAllBytes(path), RegularFile.ReadAllBytes(path, out FileStamp stamp));
        Assert.AreEqual(length, stamp.Size);
        Assert.AreEqual(RegularFile.Stamp(path), stamp);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Links_are_followed()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("file", "text");
        File.CreateSymbolicLink(folder["link"], "file");
        CollectionAssert.AreEqual("text"u8.ToArray(), RegularFile.ReadAllBytes(folder["link"], out FileStamp stamp));
        Assert.AreEqual(RegularFile.Stamp(path), stamp);
        Assert.AreEqual(stamp, RegularFile.Stamp(folder["link"]));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [DataRow("/dev/zero")]
    [DataRow("/dev/null")]
    [DataRow("pipe")]
    [DataRow("link to the pipe")]
    [DataRow("folder")]
    [DataRow("nothing")]
    [DataRow("file/below")]
    public async Task What_is_no_file_is_not_read_and_nothing_waits_for_it(string what)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["folder"]);
        folder.Write("file");
        using (var program = Process.Start("mkfifo", [folder["pipe"]]))
        {
            await program.WaitForExitAsync();
        }

        File.CreateSymbolicLink(folder["link to the pipe"], "pipe");
        string path = folder[what];
        await Task.Run(() => Assert.ThrowsExactly<FileNotFoundException>(() => RegularFile.Open(path, out _))).WaitAsync(Soon);
        await Task.Run(() => Assert.ThrowsExactly<FileNotFoundException>(() => RegularFile.ReadAllBytes(path, out _))).WaitAsync(Soon);
        Assert.IsNull(RegularFile.Stamp(path));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Anything_done_to_a_file_is_another_stamp()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("file", "text");
        var time = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);
        FileStamp stamp = RegularFile.Stamp(path)!.Value;
        Assert.AreEqual(stamp, RegularFile.Stamp(path));
        File.Copy(path, folder["copy"]);
        File.SetLastWriteTimeUtc(folder["copy"], time);
        FileStamp copy = RegularFile.Stamp(folder["copy"])!.Value;
        Assert.AreEqual((stamp.Device, stamp.Size, stamp.Modified), (copy.Device, copy.Size, copy.Modified));
        Assert.AreNotEqual(stamp.Inode, copy.Inode);
        File.SetLastWriteTimeUtc(path, time.AddTicks(1));
        Assert.AreEqual(stamp.Modified + 100, RegularFile.Stamp(path)!.Value.Modified);
        File.AppendAllText(path, "more");
        Assert.AreEqual(8, RegularFile.Stamp(path)!.Value.Size);
    }

    // What is used where the kernel is not asked; this shows it on a system where both can be had.
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void The_base_class_library_says_what_the_kernel_says()
    {
        using var folder = new TemporaryFolder();
        folder.Write("file", "text", executable: true);
        folder.Write("plain");
        Directory.CreateDirectory(folder["folder"]);
        foreach ((string link, string target) in new[] { ("link", "file"), ("out", "folder"), ("gone", "nowhere") })
        {
            File.CreateSymbolicLink(folder[link], target);
        }

        foreach (string name in new[] { "file", "plain", "link", "out", "gone", "nothing", "file/below" })
        {
            foreach (bool follow in new[] { false, true })
            {
                FileStatus? kernel = FileStatus.Read(folder.Path, name, follow);
                FileStatus? library = FileStatus.ReadPortable(folder[name], follow);
                bool isFolder = name == "out" && follow;
                Assert.AreEqual(isFolder ? null : kernel?.IsRegular, library?.IsRegular, $"{name} {follow}");
                Assert.AreEqual(isFolder ? null : kernel?.IsLink, library?.IsLink, $"{name} {follow}");
                if (kernel is { IsRegular: true })
                {
                    Assert.AreEqual(
                        (kernel.Value.IsExecutable, kernel.Value.Stamp.Size, kernel.Value.Stamp.Modified / 100),
                        (library!.Value.IsExecutable, library.Value.Stamp.Size, library.Value.Stamp.Modified / 100),
                        $"{name} {follow}");
                }
            }
        }

        FileStamp file = FileStatus.ReadPortable(folder["file"], follow: false)!.Value.Stamp;
        Assert.AreEqual(file, FileStatus.ReadPortable(folder["link"], follow: true)!.Value.Stamp);
        Assert.AreNotEqual(file.Inode, FileStatus.ReadPortable(folder["plain"], follow: false)!.Value.Stamp.Inode);
    }
}
