using System.Text;
using System.Text.Json;
using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Tests.Build;

/// <summary>
/// What is read out of a build's progress. The recordings are of real builds (buildx 0.29, BuildKit of Docker 28.5), less the events that only
/// count bytes: <c>success</c> has two platforms with steps cached and run, <c>failure</c> a step that fails and a cache that is not there,
/// <c>caches</c> two platforms that read and write caches, <c>engine-killed</c> an engine that goes in the middle of a step.
/// </summary>
[TestClass]
public sealed class BuildProgressTests
{
    private static readonly Dictionary<string, string> Targets = new() { ["linux-amd64"] = "linux/amd64", ["linux-arm64"] = "linux/arm64" };
    private static readonly Dictionary<string, string> OneTarget = new() { ["linux-amd64"] = "linux/amd64" };

    [TestMethod]
    public void Each_instruction_is_told_with_platform_and_seconds_or_that_it_was_cached()
    {
        (BuildProgress progress, RecordingReporter reporter) = Replay("success");
        CollectionAssert.AreEquivalent(
            new[]
            {
                "linux/amd64 WORKDIR /work True 0",
                "linux/amd64 COPY file /work/ True 0",
                @"linux/amd64 RUN printf 'one\ntwo\nth\303'; sleep 0.3; printf '\244ree\n'; printf 'err\n' >&2 False 0.641",
                "linux/arm64 WORKDIR /work True 0",
                "linux/arm64 COPY file /work/ True 0",
                @"linux/arm64 RUN printf 'one\ntwo\nth\303'; sleep 0.3; printf '\244ree\n'; printf 'err\n' >&2 False 0.732",
            },
            progress.Steps.Select(static step => FormattableString.Invariant($"{step.Platform} {step.Name} {step.Cached} {step.Seconds}")).ToArray());
        Assert.HasCount(6, reporter.Statuses);
        Assert.Contains("  linux/arm64  COPY file /work/  cached", reporter.Statuses);
        Assert.Contains(@"  linux/amd64  RUN printf 'one\ntwo\nth\303'; sleep 0.3; printf '\244ree\n'; printf 'err\n' >&2  0.6 s", reporter.Statuses);
        Assert.IsNull(progress.Failure);
    }

    [TestMethod]
    public void Output_arrives_line_by_line_each_stream_on_its_own()
    {
        (_, RecordingReporter reporter) = Replay("success");
        foreach (string platform in Targets.Values)
        {
            CollectionAssert.AreEqual(
                new[] { "one", "two", "err", "thäree" },
                reporter.Details.Where(line => line.StartsWith($"    {platform}  ", StringComparison.Ordinal)).Select(static line => line.Split("  ")[^1]).ToArray());
        }
    }

    [TestMethod]
    public void A_failure_is_the_instruction_that_failed_first_with_its_last_words()
    {
        (BuildProgress progress, _) = Replay("failure");
        FailedStep failure = progress.Failure!;
        Assert.AreEqual("linux/amd64", failure.Platform);
        Assert.StartsWith(@"RUN printf 'bad \377 byte\n'; printf 'half of '", failure.Name);
        Assert.StartsWith("[linux-amd64 2/3] RUN ", failure.FullName);
        Assert.EndsWith("exit code: 7", failure.Error);
        CollectionAssert.AreEqual(new[] { "bad \ufffd byte", "one line", "half of another, and last words" }, failure.LogLines.ToArray());
        Assert.Contains("Dockerfile:3", progress.PlainLines);
        Assert.StartsWith("ERROR: target linux-amd64: failed to solve: ", progress.PlainLines[^1]);
    }

    [TestMethod]
    public void With_one_target_its_platform_is_that_of_every_step()
    {
        var progress = new BuildProgress(OneTarget, new RecordingReporter());
        progress.Accept(Event("[build 2/3] RUN make", started: "00", completed: "01.5"));
        progress.Accept(Event("[stage-1 1/1] COPY a b", started: "00", completed: "01"));
        CollectionAssert.AreEqual(
            new[] { new BuildStep("linux/amd64", "RUN make", false, 1.5), new BuildStep("linux/amd64", "COPY a b", false, 1) }, progress.Steps.ToArray());
    }

    [TestMethod]
    public void A_step_that_is_told_of_several_times_counts_once()
    {
        var progress = new BuildProgress(OneTarget, new RecordingReporter());
        progress.Accept(Event("[1/1] RUN make"));
        progress.Accept(Event("[1/1] RUN make", started: "00"));
        Assert.IsEmpty(progress.Steps);
        progress.Accept(Event("[1/1] RUN make", started: "00", completed: "02"));
        progress.Accept(Event("[1/1] RUN make", started: "00", completed: "02"));
        Assert.AreEqual(new BuildStep("linux/amd64", "RUN make", false, 2), progress.Steps.Single());
    }

    [TestMethod]
    [DataRow("[internal] load build definition from Dockerfile")]
    [DataRow("[linux-amd64 internal] load .dockerignore")]
    [DataRow("[linux-amd64 context base:1] localhost:5000/base:1")]
    [DataRow("[linux-amd64] exporting to oci image format")]
    [DataRow("[linux-amd64 dev_containers_internal_apt_keep 1/1] COPY <<EOF /keep")]
    [DataRow("[linux-amd64] importing cache manifest from r.example/cache")]
    [DataRow("no brackets")]
    [DataRow("")]
    [DataRow("[")]
    [DataRow("[]")]
    public void What_is_no_instruction_of_the_user_is_no_step(string name)
    {
        var progress = new BuildProgress(Targets, new RecordingReporter());
        progress.Accept(Event(name, started: "00", completed: "01"));
        Assert.IsEmpty(progress.Steps);
    }

    [TestMethod]
    public void An_instruction_that_another_failure_cancelled_did_not_fail()
    {
        var progress = new BuildProgress(Targets, new RecordingReporter());
        progress.Accept(Event("[linux-arm64 1/1] RUN a", started: "00", completed: "01", error: "process \"a\" did not complete successfully: context canceled: context canceled"));
        Assert.IsNull(progress.Failure);
        progress.Accept(Event("[linux-amd64 1/1] RUN b", started: "00", completed: "01", error: "exit code: 1"));
        Assert.AreEqual("RUN b", progress.Failure!.Name);
        Assert.IsEmpty(progress.Steps);
    }

    [TestMethod]
    public void A_cache_that_cannot_be_written_is_a_failure()
    {
        var progress = new BuildProgress(Targets, new RecordingReporter());
        progress.Accept(Event("[linux-amd64] exporting cache to registry", started: "00", completed: "01", error: "denied"));
        Assert.AreEqual("exporting cache to registry", progress.Failure!.Name);
    }

    [TestMethod]
    public void Caches_and_images_that_are_read_and_written_are_kept_with_their_seconds()
    {
        (BuildProgress progress, _) = Replay("caches");
        CollectionAssert.AreEqual(
            new[]
            {
                "linux/amd64 CacheImport registry.example/cache:none 0.008 False",
                "linux/amd64 CacheImport registry.example/cache:a-amd64 0.009 False",
                "linux/amd64 ImageExport oci image format 2.144 True",
                "linux/arm64 ImageExport oci image format 1.996 True",
                "linux/arm64 CacheExport client directory 1.314 True",
                "linux/amd64 CacheExport registry 1.406 True",
            },
            progress.Transfers.Select(static t => FormattableString.Invariant($"{t.Platform} {t.Kind} {t.Place} {t.Seconds} {t.Succeeded}")).ToArray());
        Assert.IsNull(progress.Failure);
    }

    [TestMethod]
    public void A_cache_in_a_folder_is_called_local_without_the_number_of_its_session()
    {
        var progress = new BuildProgress(OneTarget, new RecordingReporter());
        progress.Accept(Event("importing cache manifest from local:8885744871941686239", started: "00", completed: "01"));
        Assert.AreEqual(new BuildTransfer("linux/amd64", TransferKind.CacheImport, "local", 1, true), progress.Transfers.Single());
    }

    [TestMethod]
    public void Of_much_output_the_last_lines_are_kept()
    {
        var progress = new BuildProgress(OneTarget, new RecordingReporter());
        progress.Accept(Event("[1/1] RUN make", started: "00"));
        for (int i = 0; i < 1000; i++)
        {
            progress.Accept(Log("[1/1] RUN make", $"line {i}\r\n"));
        }

        progress.Accept(Log("[1/1] RUN make", new string('x', 100_000)));
        progress.Accept(Event("[1/1] RUN make", started: "00", completed: "02", error: "exit code: 1"));
        Assert.HasCount(41, progress.Failure!.LogLines);
        Assert.AreEqual("line 960", progress.Failure.LogLines.First());
        Assert.AreEqual("line 999", progress.Failure.LogLines.SkipLast(1).Last());
        Assert.AreEqual(4096, progress.Failure.LogLines.Last().Length);
    }

    [TestMethod]
    public void Output_that_comes_after_the_failure_is_still_part_of_it()
    {
        var progress = new BuildProgress(OneTarget, new RecordingReporter());
        progress.Accept(Event("[1/1] RUN make", started: "00", completed: "02", error: "exit code: 1"));
        progress.Accept(Log("[1/1] RUN make", "late\n"));
        CollectionAssert.AreEqual(new[] { "late" }, progress.Failure!.LogLines.ToArray());
    }

    [TestMethod]
    [DataRow("{")]
    [DataRow("{}")]
    [DataRow("{\"vertexes\":5}")]
    [DataRow("{\"vertexes\":[5,null,[],\"x\",{}]}")]
    [DataRow("{\"vertexes\":[{\"digest\":5,\"name\":[],\"started\":\"never\",\"completed\":\"1\",\"cached\":\"x\",\"error\":1}]}")]
    [DataRow("{\"logs\":[5,null,{}]}")]
    [DataRow("{\"logs\":[{\"vertex\":\"unknown\",\"data\":\"!!\"}]}")]
    [DataRow("{\"vertexes\":[{\"digest\":\"d\",\"name\":\"n\"}],\"logs\":[{\"vertex\":\"d\",\"data\":\"!!\"},{\"vertex\":\"d\",\"data\":5},{\"vertex\":\"d\",\"stream\":\"x\",\"data\":\"eA==\"}]}")]
    [DataRow("\uFFFD\uFFFD")]
    [DataRow("")]
    [DataRow("   ")]
    [DataRow("#1 [internal] load")]
    public void Lines_that_are_no_events_do_no_harm(string line)
    {
        var progress = new BuildProgress(Targets, new RecordingReporter());
        progress.Accept(line);
        Assert.IsEmpty(progress.Steps);
        Assert.IsNull(progress.Failure);
    }

    [TestMethod]
    public void Of_what_is_no_event_the_last_lines_are_kept_and_told_to_those_who_ask()
    {
        var reporter = new RecordingReporter();
        var progress = new BuildProgress(Targets, reporter);
        for (int i = 0; i < 100; i++)
        {
            progress.Accept($"ERROR: {i}");
            progress.Accept(" ");
        }

        Assert.HasCount(40, progress.PlainLines);
        Assert.AreEqual("ERROR: 99", progress.PlainLines[^1]);
        Assert.HasCount(100, reporter.Details);
    }

    [TestMethod]
    [DataRow("RUN make", true)]
    [DataRow("FROM debian", false)]
    public void Base_images_do_not_count_for_hit_rates(string name, bool counts) => Assert.AreEqual(counts, new BuildStep("linux/amd64", name, false, 1).CountsForCache);

    internal static (BuildProgress Progress, RecordingReporter Reporter) Replay(string recording)
    {
        var reporter = new RecordingReporter();
        var progress = new BuildProgress(Targets, reporter);
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Build", "Recordings", recording + ".jsonl")))
        {
            progress.Accept(line);
        }

        return (progress, reporter);
    }

    // The name does for the digest.
    private static string Event(string name, string? started = null, string? completed = null, string? error = null)
    {
        var vertex = new Dictionary<string, string> { ["digest"] = name, ["name"] = name };
        Add("started", started is null ? null : $"2026-01-01T00:00:{started}Z");
        Add("completed", completed is null ? null : $"2026-01-01T00:00:{completed}Z");
        Add("error", error);
        return JsonSerializer.Serialize(new { vertexes = new[] { vertex } });

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                vertex[key] = value;
            }
        }
    }

    private static string Log(string vertex, string text) =>
        JsonSerializer.Serialize(new { logs = new[] { new { vertex, stream = 1, data = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) } } });
}
