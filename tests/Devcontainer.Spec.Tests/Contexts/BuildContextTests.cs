using System.Diagnostics;
using System.Security.Cryptography;
using Devcontainer.Diagnostics;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Spec.Tests.Contexts;

[TestClass]
public sealed class BuildContextTests
{
    private static string List(IEnumerable<ContextEntry> entries) => string.Join(' ', entries.Select(entry => entry.Kind switch
    {
        ContextEntryKind.Directory => entry.Path + "/",
        ContextEntryKind.SymbolicLink => $"{entry.Path}>{entry.LinkTarget}",
        _ => entry.Path + (entry.IsExecutable ? "*" : ""),
    }));

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Entries_are_listed_in_ordinal_order_with_folders_first_and_links_unfollowed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("b/two", "22");
        folder.Write("b/One");
        folder.Write("B");
        folder.Write("a.sh", "x", executable: true);
        folder.Write("ä");
        File.CreateSymbolicLink(folder["link"], "b/two");
        File.CreateSymbolicLink(folder["out"], "/etc");
        File.CreateSymbolicLink(folder["gone"], "../nowhere");
        Directory.CreateDirectory(folder["empty"]);
        IReadOnlyList<ContextEntry> entries = BuildContext.Enumerate(folder.Path, IgnoreFile.None);
        Assert.AreEqual("B a.sh* b/ b/One b/two empty/ gone>../nowhere link>b/two out>/etc ä", List(entries));
        Assert.AreEqual(2, entries.Single(entry => entry.Path == "b/two").Size);
    }

    [TestMethod]
    public void Ignored_folders_are_kept_where_something_in_them_is_taken_back()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/b/c");
        folder.Write("a/d");
        folder.Write("e/f");
        folder.Write("Dockerfile");
        folder.Write(".dockerignore");
        Assert.AreEqual("a/ a/b/ a/b/c", List(BuildContext.Enumerate(folder.Path, IgnoreFile.Parse("*\n!a/b"))));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Pipes_and_sockets_are_left_out_and_never_opened()
    {
        using var folder = new TemporaryFolder();
        folder.Write("empty");
        Shell($"mkfifo '{folder["pipe"]}'");
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(folder["socket"]));
        Assert.AreEqual("empty", List(BuildContext.Enumerate(folder.Path, IgnoreFile.None)));
        Assert.IsFalse(FileStatus.Read(string.Empty, "/dev/null")!.Value.IsRegular);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_name_that_is_not_UTF8_is_an_error()
    {
        using var folder = new TemporaryFolder();
        Shell($"touch '{folder.Path}'/\"$(printf 'a\\351b')\"");
        var exception = Assert.ThrowsExactly<DevcontainerException>(() => BuildContext.Enumerate(folder.Path, IgnoreFile.None));
        Assert.AreEqual(Codes.ContextNameNotUnicode, exception.Diagnostic.Code);
        Assert.IsEmpty(BuildContext.Enumerate(folder.Path, IgnoreFile.Parse("a*b")));

        // The base class library cannot name it either.
        Shell($"rm '{folder.Path}'/*");
    }

    // Of many files the system is asked side by side.
    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_large_folder_is_listed_as_a_small_one()
    {
        using var folder = new TemporaryFolder();
        var expected = new List<string>();
        for (int i = 0; i < 300; i++)
        {
            string name = $"{i / 100}/file{i:000}";
            folder.Write(name, new string('x', i), executable: i % 3 == 0);
            expected.Add((i % 100 == 0 ? $"{i / 100}/ {name}" : name) + (i % 3 == 0 ? "*" : ""));
        }

        File.CreateSymbolicLink(folder["1/link"], "file100");
        expected.Insert(200, "1/link>file100");
        Shell($"mkfifo '{folder["2/pipe"]}'");
        IReadOnlyList<ContextEntry> entries = BuildContext.Enumerate(folder.Path, IgnoreFile.None);
        Assert.AreEqual(string.Join(' ', expected), List(entries));
        Assert.AreEqual(300 * 299 / 2, entries.Sum(static entry => entry.Size));
        Assert.ThrowsExactly<OperationCanceledException>(
            () => BuildContext.Enumerate(folder.Path, IgnoreFile.None, null, new CancellationToken(canceled: true)));
        Shell($"touch '{folder.Path}'/1/\"$(printf 'a\\351b')\"");
        var exception = Assert.ThrowsExactly<DevcontainerException>(() => BuildContext.Enumerate(folder.Path, IgnoreFile.None));
        Assert.AreEqual(Codes.ContextNameNotUnicode, exception.Diagnostic.Code);
        Shell($"rm '{folder.Path}'/1/a*");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task A_file_that_has_become_a_pipe_is_an_error_and_nothing_waits_for_it()
    {
        using var folder = new TemporaryFolder();
        using var destination = new TemporaryFolder();
        folder.Write("a", "text");
        IReadOnlyList<ContextEntry> entries = BuildContext.Enumerate(folder.Path, IgnoreFile.None);
        File.Delete(folder["a"]);
        Shell($"mkfifo '{folder["a"]}'");
        DevcontainerException exception = await Task
            .Run(() => Assert.ThrowsExactly<DevcontainerException>(() => BuildContext.Materialize(folder.Path, entries, destination["out"])))
            .WaitAsync(TimeSpan.FromSeconds(30));
        Assert.AreEqual(Codes.ContextChanged, exception.Diagnostic.Code);
    }

    private static void Shell(string command)
    {
        using var shell = Process.Start("sh", ["-c", command]);
        shell.WaitForExit();
        Assert.AreEqual(0, shell.ExitCode);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_file_has_its_times_and_its_inode()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a", "x");
        var time = new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        time = time.AddTicks(1234567);
        File.SetLastWriteTimeUtc(path, time);
        ContextEntry entry = BuildContext.Enumerate(folder.Path, IgnoreFile.None).Single();
        Assert.AreEqual((time - DateTime.UnixEpoch).Ticks * 100, entry.Stamp.Modified);
        Assert.IsGreaterThan(entry.Stamp.Modified, entry.Stamp.Changed);
        Assert.AreNotEqual(0UL, entry.Stamp.Inode);
        Assert.AreNotEqual(0UL, entry.Stamp.Device);
    }

    [TestMethod]
    public void A_context_that_is_not_there_is_an_error() =>
        Assert.AreEqual(
            Codes.FileNotReadable,
            Assert.ThrowsExactly<DevcontainerException>(() => BuildContext.Enumerate("/nowhere/at/all", IgnoreFile.None)).Diagnostic.Code);

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Materialized_files_have_fixed_modes_and_times()
    {
        using var folder = new TemporaryFolder();
        using var destination = new TemporaryFolder();
        folder.Write("d/run", "#!", executable: true);
        folder.Write("d/text", "text");
        folder.Write("empty");
        folder.SetMode("d/text", UnixFileMode.UserRead | UnixFileMode.GroupWrite | UnixFileMode.OtherExecute);
        folder.SetMode("d", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(folder["link"], "/etc/passwd");
        BuildContext.Materialize(folder.Path, BuildContext.Enumerate(folder.Path, IgnoreFile.None), destination["out"]);

        Assert.AreEqual("#!", File.ReadAllText(destination["out/d/run"]));
        Assert.AreEqual("text", File.ReadAllText(destination["out/d/text"]));
        Assert.AreEqual("/etc/passwd", new FileInfo(destination["out/link"]).LinkTarget);
        Assert.AreEqual(BuildContext.ExecutableMode, destination.Mode("out/d/run"));
        Assert.AreEqual(BuildContext.FileMode, destination.Mode("out/d/text"));
        Assert.AreEqual(BuildContext.ExecutableMode, destination.Mode("out/d"));
        foreach (string path in new[] { "out", "out/d", "out/d/run", "out/d/text", "out/empty", "out/link" })
        {
            Assert.AreEqual(BuildContext.Timestamp, new FileInfo(destination[path]).LastWriteTimeUtc, path);
        }

        Assert.AreNotEqual(BuildContext.Timestamp, File.GetLastWriteTimeUtc("/etc/passwd"));
        Assert.HasCount(6, Directory.GetFileSystemEntries(destination.Path, "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    public void A_destination_that_is_not_empty_is_not_touched()
    {
        using var folder = new TemporaryFolder();
        using var destination = new TemporaryFolder();
        destination.Write("stale");
        Assert.ThrowsExactly<InvalidOperationException>(() => BuildContext.Materialize(folder.Path, [], destination.Path));
    }

    [TestMethod]
    public void A_file_that_is_not_what_was_hashed_is_an_error()
    {
        using var folder = new TemporaryFolder();
        using var destination = new TemporaryFolder();
        folder.Write("a", "before");
        IReadOnlyList<ContextEntry> entries = BuildContext.Enumerate(folder.Path, IgnoreFile.None);
        byte[] hash = SHA256.HashData("before"u8);
        BuildContext.Materialize(folder.Path, entries, destination["one"], _ => hash);
        folder.Write("a", "after!");
        var exception = Assert.ThrowsExactly<DevcontainerException>(
            () => BuildContext.Materialize(folder.Path, entries, destination["two"], _ => hash));
        Assert.AreEqual(Codes.ContextChanged, exception.Diagnostic.Code);
        File.Delete(folder["a"]);
        exception = Assert.ThrowsExactly<DevcontainerException>(() => BuildContext.Materialize(folder.Path, entries, destination["three"]));
        Assert.AreEqual(Codes.ContextChanged, exception.Diagnostic.Code);
    }
}
