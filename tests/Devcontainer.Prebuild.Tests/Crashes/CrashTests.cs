using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Tests.Crashes;

/// <summary>
/// A prebuild that is killed as it enters a system call that changes a file: afterwards the receipt is the old one or the new one and its image is
/// whole, and the next prebuild ends with the same image as one that was never killed. strace does the killing. A sample of the calls by default,
/// with DEVCONTAINER_TEST_ALL=1 each of them.
/// </summary>
[TestClass]
[TestCategory("Unix")]
public sealed partial class CrashTests
{
    private const int SampleSize = 8;
    private const int Killed = 128 + 9;
    private const string Calls = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,write,pwrite64,writev,pwritev,ftruncate,fsync,fdatasync";

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
        var expected = new Dictionary<string, (string Key, string Digest)>();
        foreach (string text in texts)
        {
            folder.Write("repo/.devcontainer/hello.txt", text);
            expected[text] = Identity((await SmallPrebuild.RunAsync(folder.Path)).Receipt);
        }

        Start(folder, first, texts[0]);
        (string Call, int Number)[] points = [.. (await CountAsync(folder)).SelectMany(static call => Enumerable.Range(1, call.Value).Select(number => (call.Key, number)))];
        Assert.IsGreaterThan(30, points.Length, "A prebuild changes more than that.");
        if (Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") != "1")
        {
            int seed = Environment.TickCount;
            TestContext.WriteLine($"Seed {seed}.");
            new Random(seed).Shuffle(points);
            points = points[..SampleSize];
        }

        int killed = 0;
        string old = texts[0];
        foreach ((string call, int number) in points)
        {
            string @new = texts[1 - Array.IndexOf(texts, old)];
            Start(folder, first, @new);
            string at = $"killed at {call} {number}";
            int exitCode = await RunAsync(folder, $"--inject={call}:signal=KILL:when={number}", "--trace=" + call);
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

        // The runtime's own calls are not the same every time.
        Assert.IsGreaterThan(points.Length / 2, killed, $"Killed {killed} times at {points.Length} points.");
        TestContext.WriteLine($"Killed {killed} times at {points.Length} points: {string.Join(", ", points.GroupBy(p => p.Call).Select(g => g.Key + " " + g.Count()))}");
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
            Directory.GetFileSystemEntries(folder["output"]).Where(file => !IsMetrics(file, folder["output/metrics.json"])).Select(Path.GetFileName).ToArray(),
            at);
        CollectionAssert.AreEquivalent(
            new[] { "Dockerfile", "devcontainer.json", "devcontainer-prebuild.lock.json", "hello.txt" },
            Directory.GetFileSystemEntries(folder["repo/.devcontainer"]).Select(Path.GetFileName).ToArray(),
            at);
        Assert.HasCount(1, Directory.GetFiles(folder["output/sbom"]), at);
        Assert.HasCount(1, OciLayout.Open(folder["output/image"]).ReadIndex().Manifests, at);
    }

    // Written after the image is found by its receipt, and a hit writes nothing: what a kill leaves undone here stays so until something is done.
    private static bool IsMetrics(string file, string metrics) => file == metrics || AtomicFile.IsUnfinished(file, metrics);

    /// <summary>How often a prebuild makes each of the calls, on the thread that makes the most of them.</summary>
    private static async Task<IReadOnlyDictionary<string, int>> CountAsync(TemporaryFolder folder)
    {
        string log = folder["calls.txt"];
        Assert.AreEqual(0, await RunAsync(folder, "--trace=" + Calls, "--output=" + log));
        return (await File.ReadAllLinesAsync(log))
            .Select(static line => Call().Match(line))
            .Where(static match => match.Success)
            .GroupBy(static match => (Thread: match.Groups["thread"].Value, Call: match.Groups["call"].Value))
            .GroupBy(static calls => calls.Key.Call)
            .ToDictionary(static threads => threads.Key, static threads => threads.Max(static calls => calls.Count()));
    }

    private static async Task<int> RunAsync(TemporaryFolder folder, params string[] options)
    {
        var start = new ProcessStartInfo(
            "strace",
            [
                "--follow-forks", "--quiet=all", "--output=/dev/null", .. options,
                Path.Combine(AppContext.BaseDirectory, typeof(CrashTests).Assembly.GetName().Name!), SmallPrebuild.Command, folder.Path,
            ]);

        // One thread at work, and no files of the runtime's own in the temporary folder.
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        try
        {
            using Process process = Process.Start(start)!;
            await process.WaitForExitAsync();
            return process.ExitCode;
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
