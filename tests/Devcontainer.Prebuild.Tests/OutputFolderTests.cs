using System.Diagnostics;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Tests;

[TestClass]
public sealed class OutputFolderTests
{
    [TestMethod]
    public async Task The_second_to_ask_waits_for_the_first_and_says_so()
    {
        using var folder = new TemporaryFolder();
        var reporter = new RecordingReporter();
        OutputFolder first = await AcquireAsync(folder);
        Task<OutputFolder> second = OutputFolder.AcquireAsync(folder["output"], OutputFolder.DefaultTimeout, reporter, CancellationToken.None);
        Assert.IsFalse(second.IsCompleted);
        Assert.Contains(folder["output"], reporter.Text);
        Assert.Contains($"process {Environment.ProcessId},", reporter.Text);
        first.Dispose();
        (await second).Dispose();
        Assert.HasCount(1, reporter.Statuses);
    }

    [TestMethod]
    public async Task Of_many_only_one_has_it_at_a_time()
    {
        using var folder = new TemporaryFolder();
        int inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using OutputFolder output = await AcquireAsync(folder);
            Assert.AreEqual(1, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }));
    }

    [TestMethod]
    public async Task Waiting_can_be_cancelled()
    {
        using var folder = new TemporaryFolder();
        using OutputFolder first = await AcquireAsync(folder);
        using var cancellation = new CancellationTokenSource();
        Task<OutputFolder> second = OutputFolder.AcquireAsync(folder["output"], OutputFolder.DefaultTimeout, new RecordingReporter(), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => second);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [TestCategory("Unix")]
    public async Task The_lock_of_a_killed_process_is_free()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["output"]);
        using Process holder = Process.Start(new ProcessStartInfo("flock", [folder["output/.lock"], "sh", "-c", "echo held; exec sleep 600"]) { RedirectStandardOutput = true })!;
        Assert.AreEqual("held", await holder.StandardOutput.ReadLineAsync());
        Task<OutputFolder> waiting = AcquireAsync(folder);
        Assert.IsFalse(waiting.IsCompleted);
        holder.Kill(entireProcessTree: true);
        (await waiting.WaitAsync(TimeSpan.FromSeconds(30))).Dispose();
    }

    [TestMethod]
    public async Task Who_waits_too_long_is_told_for_which_process_and_takes_nothing()
    {
        using var folder = new TemporaryFolder();
        using OutputFolder first = await AcquireAsync(folder);
        Diagnostic error = await Errors.ExpectAsync(
            Codes.OutputHeld, () => OutputFolder.AcquireAsync(folder["output"], TimeSpan.FromMilliseconds(1), new RecordingReporter(), CancellationToken.None));
        Assert.Contains($"process {Environment.ProcessId},", error.Message);
        Assert.Contains(folder["output"], error.Message);
        await Errors.ExpectAsync(
            Codes.OutputHeld, () => OutputFolder.AcquireAsync(folder["output"], TimeSpan.Zero, new RecordingReporter(), CancellationToken.None));
    }

    [TestMethod]
    public async Task A_clean_waits_for_a_build_and_takes_the_lock_with_it()
    {
        using var folder = new TemporaryFolder();
        var reporter = new RecordingReporter();
        FillOwned(folder);
        OutputFolder first = await AcquireAsync(folder);
        await Errors.ExpectAsync(Codes.OutputHeld, () => OutputFolder.CleanAsync(folder["output"], TimeSpan.Zero, reporter, CancellationToken.None));
        Assert.IsTrue(File.Exists(folder["output/receipt.json"]));
        Task cleaning = CleanAsync(folder);
        Assert.IsFalse(cleaning.IsCompleted);
        first.Dispose();
        await cleaning;
        Assert.IsFalse(Directory.Exists(folder["output"]));
    }

    [TestMethod]
    public async Task A_lock_file_that_was_left_behind_is_free()
    {
        using var folder = new TemporaryFolder();
        folder.Write("output/.lock", "12345 and more");
        using (await AcquireAsync(folder))
        {
        }

        Assert.AreEqual(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), await File.ReadAllTextAsync(folder["output/.lock"]));
    }

    [TestMethod]
    public async Task A_lock_file_that_is_a_link_is_not_followed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("precious", "old");
        folder.Write("output/.lock", "-> ../precious");
        using (await AcquireAsync(folder))
        {
        }

        Assert.AreEqual("old", await File.ReadAllTextAsync(folder["precious"]));
    }

    [TestMethod]
    public async Task An_output_folder_that_cannot_be_is_an_error()
    {
        using var folder = new TemporaryFolder();
        folder.Write("file");
        Diagnostic error = await Errors.ExpectAsync(
            Codes.OutputNotWritable, () => OutputFolder.AcquireAsync(folder["file/output"], OutputFolder.DefaultTimeout, new RecordingReporter(), CancellationToken.None));
        Assert.Contains(folder["file/output"], error.Message);
    }

    [TestMethod]
    public async Task A_new_staging_folder_is_empty_and_old_ones_are_gone()
    {
        using var folder = new TemporaryFolder();
        folder.Write("output/.build-old/blob");
        folder.Write("precious/file");
        folder.Write("output/.build-link", "-> ../precious");
        using OutputFolder output = await AcquireAsync(folder);
        string staging = output.CreateStaging();
        Assert.IsEmpty(Directory.GetFileSystemEntries(staging));
        CollectionAssert.AreEqual(new[] { staging }, Directory.GetDirectories(folder["output"]));
        Assert.IsTrue(File.Exists(folder["precious/file"]));
    }

    [TestMethod]
    public async Task A_damaged_layout_is_begun_anew_and_a_good_one_kept()
    {
        using var folder = new TemporaryFolder();
        folder.Write("output/image/oci-layout", "garbage");
        folder.Write("output/image/index.json", "garbage");
        using OutputFolder output = await AcquireAsync(folder);
        OciLayout layout = output.OpenLayout();
        Descriptor blob = layout.AddBlob("content"u8, MediaTypes.Layer);
        Assert.IsTrue(output.OpenLayout().Contains(blob));
    }

    [TestMethod]
    public async Task A_link_in_the_place_of_a_folder_or_file_of_ours_goes_and_is_not_followed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("precious/blobs/sha256/file", "old");
        foreach (string name in (string[])["image", "sbom", "plan", "receipt.json", ".build-1"])
        {
            folder.Write("output/" + name, "-> ../precious");
        }

        using OutputFolder output = await AcquireAsync(folder);
        output.OpenLayout().DeleteUnreachable();
        CollectionAssert.AreEquivalent(new[] { folder["output/.lock"], folder["output/image"] }, Directory.GetFileSystemEntries(folder["output"]));
        CollectionAssert.AreEqual(new[] { folder["precious/blobs"] }, Directory.GetFileSystemEntries(folder["precious"]));
        Assert.AreEqual("old", await File.ReadAllTextAsync(folder["precious/blobs/sha256/file"]));
    }

    [TestMethod]
    [DataRow("blobs", "../../precious/blobs")]
    [DataRow("blobs/sha256", "../../../precious/blobs/sha256")]
    [DataRow("ingest", "../../precious/blobs/sha256")]
    public async Task A_layout_that_leads_elsewhere_is_begun_anew(string name, string target)
    {
        using var folder = new TemporaryFolder();
        folder.Write("precious/blobs/sha256/file", "old");
        using OutputFolder output = await AcquireAsync(folder);
        output.OpenLayout();
        string path = Path.Combine(output.Image, name);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        folder.Write($"output/image/{name}", "-> " + target);
        output.OpenLayout().AddBlob("content"u8, MediaTypes.Layer);
        output.OpenLayout().DeleteUnreachable();
        CollectionAssert.AreEqual(new[] { folder["precious/blobs/sha256/file"] }, Directory.GetFileSystemEntries(folder["precious/blobs/sha256"]));
    }

    [TestMethod]
    public async Task A_file_in_the_place_of_a_folder_and_a_folder_in_that_of_a_file_go()
    {
        using var folder = new TemporaryFolder();
        folder.Write("output/image", "garbage");
        folder.Write("output/sbom", "garbage");
        folder.Write("output/plan", "garbage");
        folder.Write("output/receipt.json/file", "garbage");
        folder.Write("output/mine", "old");
        using OutputFolder output = await AcquireAsync(folder);
        CollectionAssert.AreEquivalent(new[] { folder["output/.lock"], folder["output/mine"] }, Directory.GetFileSystemEntries(folder["output"]));
    }

    [TestMethod]
    public async Task Clean_deletes_what_is_ours_and_then_the_folder()
    {
        using var folder = new TemporaryFolder();
        FillOwned(folder);
        await CleanAsync(folder);
        Assert.IsFalse(Directory.Exists(folder["output"]));
    }

    [TestMethod]
    public async Task Clean_leaves_what_is_not_ours()
    {
        using var folder = new TemporaryFolder();
        FillOwned(folder);
        folder.Write("output/mine.txt");
        folder.Write("output/image.txt");
        folder.Write("output/build/receipt.json");
        await CleanAsync(folder);
        CollectionAssert.AreEqual(
            new[] { folder["output/build"], folder["output/image.txt"], folder["output/mine.txt"] },
            Directory.GetFileSystemEntries(folder["output"]).Order(StringComparer.Ordinal).ToArray());
        Assert.IsTrue(File.Exists(folder["output/build/receipt.json"]));
    }

    [TestMethod]
    public async Task Clean_follows_no_link()
    {
        using var folder = new TemporaryFolder();
        folder.Write("precious/file", "old");
        folder.Write("output/image", "-> ../precious");
        folder.Write("output/receipt.json", "-> ../precious/file");
        folder.Write("output/plan/context/link", "-> ../../../precious");
        await CleanAsync(folder);
        Assert.AreEqual("old", File.ReadAllText(folder["precious/file"]));
        Assert.IsFalse(Directory.Exists(folder["output"]));
    }

    [TestMethod]
    public async Task Clean_of_nothing_does_nothing()
    {
        using var folder = new TemporaryFolder();
        await OutputFolder.CleanAsync(folder["none"], TimeSpan.Zero, new RecordingReporter(), CancellationToken.None);
        Assert.IsFalse(Directory.Exists(folder["none"]));
    }

    private static Task<OutputFolder> AcquireAsync(TemporaryFolder folder) =>
        OutputFolder.AcquireAsync(folder["output"], OutputFolder.DefaultTimeout, new RecordingReporter(), CancellationToken.None);

    private static Task CleanAsync(TemporaryFolder folder) =>
        OutputFolder.CleanAsync(folder["output"], OutputFolder.DefaultTimeout, new RecordingReporter(), CancellationToken.None);

    private static void FillOwned(TemporaryFolder folder)
    {
        foreach (string file in (string[])["image/index.json", "sbom/linux-amd64.spdx.json", "plan/context/a/b", "receipt.json", ".lock", ".build-1/blob", ".receipt.json.0123.tmp"])
        {
            folder.Write(Path.Combine("output", file));
        }
    }
}
