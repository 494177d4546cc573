using System.Diagnostics;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Tests.Processes;

[TestClass]
[TestCategory("Unix")]
public sealed class ProcessRunnerTests
{
    [TestMethod]
    public async Task Much_output_on_both_streams_does_not_stop_the_program()
    {
        long output = 0;
        long error = 0;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int megabytes = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") == "1" ? 500 : 50;
        ProcessResult result = await RunAsync(
            $"yes out-line-of-some-length 2>/dev/null | head -c {megabytes}000000 & yes error-line-of-some-length 2>/dev/null | head -c {megabytes}000000 >&2; wait",
            line => Interlocked.Add(ref output, line.Length + 1),
            line => Interlocked.Add(ref error, line.Length + 1));
        Assert.AreEqual(0, result.ExitCode);
        Assert.AreEqual(megabytes * 1_000_000L, output, 64);
        Assert.AreEqual(megabytes * 1_000_000L, error, 64);
        Assert.IsLessThan(64 * 1024 * 1024, GC.GetTotalMemory(forceFullCollection: true) - before);
    }

    [TestMethod]
    public async Task Bytes_that_are_no_text_arrive_as_replacement_characters()
    {
        var lines = new List<string>();
        await RunAsync("printf 'a\\377b\\r\\nlast'", lines.Add);
        CollectionAssert.AreEqual(new[] { "a\uFFFDb", "last" }, lines);
    }

    [TestMethod]
    public async Task A_line_without_end_is_cut()
    {
        var stream = new MemoryStream(new byte[BoundedLines.MaxLine + 1000]);
        var lines = new List<string>();
        await BoundedLines.ReadAsync(stream, lines.Add);
        Assert.HasCount(1, lines);
        Assert.AreEqual(BoundedLines.MaxLine, lines[0].Length);
    }

    [TestMethod]
    public async Task A_program_that_reads_nothing_of_its_input_ends_with_its_own_exit_code()
    {
        ProcessResult result = await new ProcessRunner().RunAsync(
            Request("exit 3") with { Input = async (stream, token) => await stream.WriteAsync(new byte[1 << 22], token) }, CancellationToken.None);
        Assert.AreEqual(3, result.ExitCode);
    }

    [TestMethod]
    public async Task The_environment_is_what_is_given_and_nothing_else()
    {
        var lines = new List<string>();
        await new ProcessRunner().RunAsync(
            Request("env") with { Environment = new Dictionary<string, string> { ["ONLY"] = "a b;\"$x" }, OnOutput = lines.Add }, CancellationToken.None);
        Assert.Contains("ONLY=a b;\"$x", lines);
        Assert.IsFalse(lines.Exists(static line => line.StartsWith("HOME=", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task A_timeout_ends_the_program()
    {
        ProcessResult result = await new ProcessRunner().RunAsync(Request("sleep 60") with { Timeout = TimeSpan.FromMilliseconds(200) }, CancellationToken.None);
        Assert.IsTrue(result.TimedOut);
    }

    [TestMethod]
    public async Task Cancelling_ends_children_too_even_where_nobody_listens()
    {
        using var folder = new TestFolder();
        using var cancellation = new CancellationTokenSource();
        long started = Stopwatch.GetTimestamp();
        Task<ProcessResult> running = new ProcessRunner().RunAsync(
            Request($"trap '' INT; sh -c 'trap \"\" INT; echo $$ > {folder["child"]}; while :; do sleep 1; done' & wait; while :; do sleep 1; done")
                with { OnOutput = null },
            cancellation.Token);
        while (!File.Exists(folder["child"]) || new FileInfo(folder["child"]).Length == 0)
        {
            await Task.Yield();
        }

        int child = int.Parse(File.ReadAllText(folder["child"]), System.Globalization.CultureInfo.InvariantCulture);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => running);
        Assert.IsFalse(Directory.Exists($"/proc/{child}") && !IsZombie(child), "the child is still there");
        Assert.IsLessThan(15, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    [TestMethod]
    public async Task A_program_that_an_interrupt_ends_before_it_cancels_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        Task<ProcessResult> running = new ProcessRunner().RunAsync(Request("kill -INT $$; sleep 600"), cancellation.Token);
        Assert.IsFalse(running.IsCompleted);
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAsync<OperationCanceledException>(() => running);
        Assert.AreEqual(130, (await RunAsync("kill -INT $$; sleep 600", static _ => { })).ExitCode);
    }

    [TestMethod]
    public async Task A_reader_that_fails_ends_the_program()
    {
        ProcessRequest request = Request("while :; do echo line; done") with { OnOutput = static _ => throw new InvalidDataException("not that line") };
        var error = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => new ProcessRunner().RunAsync(request, CancellationToken.None));
        Assert.AreEqual("not that line", error.Message);
    }

    [TestMethod]
    public async Task An_input_that_fails_ends_the_program()
    {
        ProcessRequest request = Request("trap '' INT; sleep 600 & wait; wait") with { Input = static (_, _) => throw new InvalidDataException("no input") };
        var error = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => new ProcessRunner().RunAsync(request, CancellationToken.None));
        Assert.AreEqual("no input", error.Message);
    }

    private static bool IsZombie(int process) => File.ReadAllText($"/proc/{process}/stat").Contains(") Z", StringComparison.Ordinal);

    private static Task<ProcessResult> RunAsync(string script, Action<string> onOutput, Action<string>? onError = null) =>
        new ProcessRunner().RunAsync(Request(script) with { OnOutput = onOutput, OnError = onError }, CancellationToken.None);

    private static ProcessRequest Request(string script) => new()
    {
        FileName = "/bin/sh",
        Arguments = ["-c", script],
        WorkingDirectory = "/",
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
    };
}
