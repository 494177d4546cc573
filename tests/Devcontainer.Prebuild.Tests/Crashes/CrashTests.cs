using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Tests.Crashes;

/// <summary>
/// A prebuild that is killed, or finds the disk full, at a system call that changes a file: afterwards the receipt is the old one or the new one and
/// its image is whole, and the next prebuild ends with the same image as one that nothing befell. strace does it. A sample of the calls by default, with
/// DEVCONTAINER_TEST_ALL=1 each of them.
/// </summary>
[TestClass]
[TestCategory("Unix")]
public sealed partial class CrashTests
{
    private const int SampleSize = 8;
    private const int Killed = 128 + 9;
    private const string Calls = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,write,pwrite64,writev,pwritev,ftruncate,fsync,fdatasync";

    // What needs room on a disk. Not `write`: files of ours are written at positions; nor `ftruncate`: only the lock's text is cut, which a build does without.
    private const string GrowingCalls = "mkdir,pwrite64,fsync,rename,link";

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [DataRow(false, DisplayName = "over an image")]
    [DataRow(true, DisplayName = "the first time")]
    public async Task A_prebuild_that_is_killed_leaves_the_old_or_the_new_state(bool first)
    {
        using var folder = new TemporaryFolder();
        SmallPrebuild.Prepare(folder);
        string[] texts = ["one", "two"];
        Dictionary<string, (string Key, string Digest)> expected = await ExpectedAsync(folder, texts);
        Start(folder, first, texts[0]);
        (string Call, int Number)[] points = Sample(await CountAsync(folder, Calls));
        int killed = 0;
        string old = texts[0];
        foreach ((string call, int number) in points)
        {
            string @new = texts[1 - Array.IndexOf(texts, old)];
            Start(folder, first, @new);
            string at = $"killed at {call} {number}";
            (int exitCode, _) = await RunAsync(folder, $"--inject={call}:signal=KILL:when={number}", "--trace=" + call);
            Assert.IsTrue(exitCode is 0 or Killed, $"exit code {exitCode}, {at}");
            killed += exitCode == Killed ? 1 : 0;
            Receipt? receipt = ReceiptFile.TryRead(folder["output"]);
            if (receipt is null)
            {
                Assert.IsTrue(first, at);
                Assert.IsFalse(File.Exists(folder["output/receipt.json"]), at);
            }
            else
            {
                Assert.IsTrue(Identity(receipt) == expected[@new] || (!first && Identity(receipt) == expected[old]), at);
                AssertIsWhole(receipt, folder["output/image"], at);
            }

            Assert.AreEqual(expected[@new], Identity((await SmallPrebuild.RunAsync(folder.Path)).Receipt), at);
            AssertIsTidy(folder, at);
            old = @new;
        }

        // Not all: the runtime's own calls are not the same every time.
        Assert.IsGreaterThan(points.Length / 2, killed, $"Killed {killed} times at {points.Length} points.");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [DataRow(false, DisplayName = "over an image")]
    [DataRow(true, DisplayName = "the first time")]
    public async Task A_disk_that_is_full_from_some_point_on_is_one_error_and_leaves_the_old_state(bool first)
    {
        using var folder = new TemporaryFolder();
        SmallPrebuild.Prepare(folder);
        string[] texts = ["one", "two"];
        Dictionary<string, (string Key, string Digest)> expected = await ExpectedAsync(folder, texts);
        Start(folder, first, texts[0]);

        // The last calls of each kind are for metrics, two files, or the cache of inputs, which a build does without.
        (string Call, int Number)[] points = Sample((await CountAsync(folder, GrowingCalls)).ToDictionary(static call => call.Key, static call => call.Value - 2));
        string old = texts[0];
        foreach ((string call, int number) in points)
        {
            string @new = texts[1 - Array.IndexOf(texts, old)];
            Start(folder, first, @new);
            string at = $"no room at {call} {number}";
            (int exitCode, string output) = await RunAsync(folder, $"--inject={call}:error=ENOSPC:when={number}+", "--trace=" + call);
            Assert.AreEqual(SmallPrebuild.Refused, exitCode, at + output);
            Assert.IsTrue(output.Trim() is Codes.OutputNotWritable || (first && output.Trim() is Codes.LockFileNotWritable), at + output);
            Receipt? receipt = ReceiptFile.TryRead(folder["output"]);
            if (first && receipt is null)
            {
                Assert.IsFalse(File.Exists(folder["output/receipt.json"]), at);
            }
            else
            {
                // The new one where there was no room to tidy up after it.
                Assert.IsTrue(Identity(receipt!) == expected[@new] || (!first && Identity(receipt!) == expected[old]), at);
                AssertIsWhole(receipt!, folder["output/image"], at);
            }

            Assert.IsEmpty(Directory.Exists(folder["output"]) ? Directory.GetFiles(folder["output"], ".*.tmp", SearchOption.AllDirectories) : [], at);
            Assert.IsEmpty(Directory.GetFiles(folder["repo/.devcontainer"], ".*.tmp"), at);

            Assert.AreEqual(expected[@new], Identity((await SmallPrebuild.RunAsync(folder.Path)).Receipt), at);
            AssertIsTidy(folder, at);
            old = @new;
        }
    }

    private static async Task<Dictionary<string, (string Key, string Digest)>> ExpectedAsync(TemporaryFolder folder, string[] texts)
    {
        var expected = new Dictionary<string, (string Key, string Digest)>();
        foreach (string text in texts)
        {
            folder.Write("repo/.devcontainer/hello.txt", text);
            expected[text] = Identity((await SmallPrebuild.RunAsync(folder.Path)).Receipt);
        }

        return expected;
    }

    private (string Call, int Number)[] Sample(IReadOnlyDictionary<string, int> calls)
    {
        (string Call, int Number)[] points = [.. calls.SelectMany(static call => Enumerable.Range(1, call.Value).Select(number => (call.Key, number)))];
        Assert.IsGreaterThan(30, points.Length, "A prebuild changes more than that.");
        if (Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") == "1")
        {
            return points;
        }

        int seed = Environment.TickCount;
        TestContext.WriteLine($"Seed {seed}.");
        new Random(seed).Shuffle(points);
        return points[..SampleSize];
    }

    private static (string Key, string Digest) Identity(Receipt receipt) => (receipt.IndexKey, receipt.Image.Digest);

    private static void Start(TemporaryFolder folder, bool first, string text)
    {
        folder.Write("repo/.devcontainer/hello.txt", text);
        if (first)
        {
            Directory.Delete(folder["output"], recursive: true);
            File.Delete(LockFile.PathFor(SmallPrebuild.Request(folder.Path).ConfigFile));
        }
    }

    // The receipt's image with every blob below it, bytes and all.
    private static void AssertIsWhole(Receipt receipt, string path, string at)
    {
        OciLayout layout = OciLayout.Open(path);
        Descriptor root = layout.ReadIndex().Manifests.Single(entry => entry.Digest.Value == receipt.Image.Digest);
        foreach (Descriptor blob in layout.Reachable(root))
        {
            Assert.AreEqual(blob.Digest, Digest.Sha256(layout.ReadBlob(blob)), at);
        }
    }

    private static void AssertIsTidy(TemporaryFolder folder, string at)
    {
        CollectionAssert.AreEquivalent(
            new[] { ".lock", "image", "plan", "receipt.json", "sbom" },
            Directory.GetFileSystemEntries(folder["output"]).Where(file => !IsWrittenLast(file, folder["output"])).Select(Path.GetFileName).ToArray(),
            at);
        CollectionAssert.AreEquivalent(
            new[] { "Dockerfile", "devcontainer.json", "devcontainer-prebuild.lock.json", "hello.txt" },
            Directory.GetFileSystemEntries(folder["repo/.devcontainer"]).Select(Path.GetFileName).ToArray(),
            at);
        Assert.HasCount(1, Directory.GetFiles(folder["output/sbom"]), at);
        Assert.HasCount(1, OciLayout.Open(folder["output/image"]).ReadIndex().Manifests, at);
    }

    // Written after the image is found by its receipt, and a hit writes nothing: what a kill leaves undone here stays so until something is done.
    private static bool IsWrittenLast(string file, string output) =>
        new[] { "metrics.json", "metrics.prom", InputCache.FileName }.Select(name => Path.Combine(output, name)).Any(path => file == path || AtomicFile.IsUnfinished(file, path));

    /// <summary>How often a prebuild makes each of the calls, on the thread that makes the most of them.</summary>
    private static async Task<IReadOnlyDictionary<string, int>> CountAsync(TemporaryFolder folder, string calls)
    {
        string log = folder["calls.txt"];
        (int exitCode, string output) = await RunAsync(folder, "--trace=" + calls, "--output=" + log);
        Assert.AreEqual(0, exitCode, output);
        return (await File.ReadAllLinesAsync(log))
            .Select(static line => Call().Match(line))
            .Where(static match => match.Success)
            .GroupBy(static match => (Thread: match.Groups["thread"].Value, Call: match.Groups["call"].Value))
            .GroupBy(static calls => calls.Key.Call)
            .ToDictionary(static threads => threads.Key, static threads => threads.Max(static calls => calls.Count()));
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(TemporaryFolder folder, params string[] options)
    {
        var start = new ProcessStartInfo(
            "strace",
            [
                "--follow-forks", "--quiet=all", "--output=/dev/null", .. options,
                Path.Combine(AppContext.BaseDirectory, typeof(CrashTests).Assembly.GetName().Name!), SmallPrebuild.Command, folder.Path,
            ])
        {
            RedirectStandardOutput = true,
        };

        // One thread at work, and no files of the runtime's own in the temporary folder.
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        try
        {
            using Process process = Process.Start(start)!;
            string output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output);
        }
        catch (Win32Exception e)
        {
            Assert.Inconclusive($"strace cannot be run ({e.Message}): eng/engine.sh up.");
            throw;
        }
    }

    [GeneratedRegex(@"^(?<thread>\d+)\s+(?<call>\w+)\(")]
    private static partial Regex Call();
}
