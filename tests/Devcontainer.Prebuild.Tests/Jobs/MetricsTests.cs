using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.Build;
using Devcontainer.Prebuild.Tests.Receipts;

namespace Devcontainer.Prebuild.Tests.Jobs;

[TestClass]
public sealed class MetricsTests
{
    private static readonly PrebuildMetrics Sample = new()
    {
        Key = "k",
        Source = "built",
        Outcome = JobOutcome.Succeeded,
        Ended = new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero),
        Duration = TimeSpan.FromSeconds(12.3456),
        Jobs =
        [
            new JobRecord("inputs", null, TimeSpan.Zero, TimeSpan.FromMilliseconds(41), 1, JobOutcome.Succeeded, null),
            new JobRecord("build", null, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(11), 2, JobOutcome.Succeeded, null),
            new JobRecord("sbom", "linux/amd64", TimeSpan.FromSeconds(11.5), TimeSpan.FromSeconds(0.25), 1, JobOutcome.Failed, "DEVC6001"),
        ],
        Steps =
        [
            new BuildStep("linux/arm64", "RUN a", true, 0, Ran: 2.5),
            new BuildStep("linux/amd64", "FROM debian:12", false, 1),
            new BuildStep("linux/amd64", "RUN a", true, 0),
            new BuildStep("linux/amd64", "COPY b", false, 0.125),
            new BuildStep("linux/amd64", "RUN c", false, 4),
        ],
        Transfers =
        [
            new BuildTransfer("linux/amd64", TransferKind.ImageExport, "oci image format", 1.5, true),
            new BuildTransfer("linux/amd64", TransferKind.CacheImport, "r.example/cache:b", 0.01, false),
            new BuildTransfer("linux/amd64", TransferKind.CacheImport, "r.example/cache:a", 0.02, true),
        ],
        SavedSeconds = 2.5,
        Images = [new ReceiptPlatform("linux/amd64", "sha256:1", 500, 31_000_000, "built", new ReceiptSbom("sbom/linux-amd64.spdx.json", "sha256:2", 88))],
        Changes = ["Dockerfile: changed"],
    };

    [TestMethod]
    public void The_file_has_each_figure_in_a_fixed_order()
    {
        const string expected = """
            {
              "schema": 1,
              "key": "k",
              "source": "built",
              "outcome": "succeeded",
              "ended": "2026-11-25T10:00:00+00:00",
              "seconds": 12.346,
              "savedSeconds": 2.5,
              "jobs": [
                {
                  "name": "inputs",
                  "start": 0,
                  "seconds": 0.041,
                  "attempts": 1,
                  "outcome": "succeeded"
                },
                {
                  "name": "build",
                  "start": 0.5,
                  "seconds": 11,
                  "attempts": 2,
                  "outcome": "succeeded"
                },
                {
                  "name": "sbom",
                  "platform": "linux/amd64",
                  "start": 11.5,
                  "seconds": 0.25,
                  "attempts": 1,
                  "outcome": "failed",
                  "code": "DEVC6001"
                }
              ],
              "steps": {
                "total": 4,
                "cached": 2,
                "hitRate": 0.5,
                "seconds": 4.125,
                "savedSeconds": 2.5,
                "platforms": [
                  {
                    "platform": "linux/amd64",
                    "total": 3,
                    "cached": 1,
                    "hitRate": 0.333,
                    "seconds": 4.125
                  },
                  {
                    "platform": "linux/arm64",
                    "total": 1,
                    "cached": 1,
                    "hitRate": 1,
                    "seconds": 0,
                    "savedSeconds": 2.5
                  }
                ]
              },
              "transfers": [
                {
                  "kind": "cache import",
                  "platform": "linux/amd64",
                  "place": "r.example/cache:a",
                  "seconds": 0.02,
                  "outcome": "succeeded"
                },
                {
                  "kind": "cache import",
                  "platform": "linux/amd64",
                  "place": "r.example/cache:b",
                  "seconds": 0.01,
                  "outcome": "failed"
                },
                {
                  "kind": "image export",
                  "platform": "linux/amd64",
                  "place": "oci image format",
                  "seconds": 1.5,
                  "outcome": "succeeded"
                }
              ],
              "images": [
                {
                  "platform": "linux/amd64",
                  "digest": "sha256:1",
                  "size": 31000000,
                  "packages": 88
                }
              ],
              "changes": [
                "Dockerfile: changed"
              ]
            }

            """;
        Assert.AreEqual(expected.ReplaceLineEndings("\n"), Encoding.UTF8.GetString(Sample.ToBytes()));
    }

    [TestMethod]
    public void Prometheus_reads_the_same_figures()
    {
        const string expected = """
            # HELP devcontainer_prebuild_ended_timestamp_seconds When the last prebuild that did something ended.
            # TYPE devcontainer_prebuild_ended_timestamp_seconds gauge
            devcontainer_prebuild_ended_timestamp_seconds{project="a \"b\" \\c"} 1795600800
            # HELP devcontainer_prebuild_seconds How long it took.
            # TYPE devcontainer_prebuild_seconds gauge
            devcontainer_prebuild_seconds{project="a \"b\" \\c",source="built",outcome="succeeded"} 12.346
            # HELP devcontainer_prebuild_saved_seconds How long what was not done took when it was done.
            # TYPE devcontainer_prebuild_saved_seconds gauge
            devcontainer_prebuild_saved_seconds{project="a \"b\" \\c"} 2.5
            # HELP devcontainer_prebuild_job_seconds How long jobs took, all of one name and platform together.
            # TYPE devcontainer_prebuild_job_seconds gauge
            devcontainer_prebuild_job_seconds{project="a \"b\" \\c",job="inputs"} 0.041
            devcontainer_prebuild_job_seconds{project="a \"b\" \\c",job="build"} 11
            devcontainer_prebuild_job_seconds{project="a \"b\" \\c",job="sbom",platform="linux/amd64"} 0.25
            # HELP devcontainer_prebuild_steps Instructions of the build.
            # TYPE devcontainer_prebuild_steps gauge
            devcontainer_prebuild_steps{project="a \"b\" \\c",platform="linux/arm64"} 1
            devcontainer_prebuild_steps{project="a \"b\" \\c",platform="linux/amd64"} 3
            # HELP devcontainer_prebuild_steps_cached Instructions that the engine had.
            # TYPE devcontainer_prebuild_steps_cached gauge
            devcontainer_prebuild_steps_cached{project="a \"b\" \\c",platform="linux/arm64"} 1
            devcontainer_prebuild_steps_cached{project="a \"b\" \\c",platform="linux/amd64"} 1
            # HELP devcontainer_prebuild_image_bytes Layers and configuration as stored.
            # TYPE devcontainer_prebuild_image_bytes gauge
            devcontainer_prebuild_image_bytes{project="a \"b\" \\c",platform="linux/amd64"} 31000000
            # HELP devcontainer_prebuild_image_packages Packages that the SBOM lists.
            # TYPE devcontainer_prebuild_image_packages gauge
            devcontainer_prebuild_image_packages{project="a \"b\" \\c",platform="linux/amd64"} 88

            """;
        Assert.AreEqual(expected.ReplaceLineEndings("\n"), Encoding.UTF8.GetString(PrometheusText.Write(Sample, "a \"b\" \\c")));
    }

    [TestMethod]
    public void Where_nothing_was_built_there_is_no_hit_rate()
    {
        using JsonDocument document = JsonDocument.Parse((Sample with { Source = null, Outcome = JobOutcome.Failed, Code = "DEVC4001", Steps = [], Images = [] }).ToBytes());
        Assert.IsFalse(document.RootElement.GetProperty("steps").TryGetProperty("hitRate", out _));
        Assert.IsFalse(document.RootElement.TryGetProperty("source", out _));
        Assert.AreEqual("DEVC4001", document.RootElement.GetProperty("code").GetString());
        Assert.AreEqual("failed", document.RootElement.GetProperty("outcome").GetString());
    }

    [TestMethod]
    public async Task What_a_prebuild_came_to_is_written()
    {
        using var folder = new TemporaryFolder();
        var result = new PrebuildResult(ReceiptSample.Create(), "built", "/layout");
        PrebuildResult recorded = await RecordAsync(folder.Path, metrics =>
        {
            metrics.Follow(BuildProgressTests.Replay("success").Progress);
            return Task.FromResult(result);
        });
        Assert.AreSame(result, recorded);
        JsonElement root = Read(folder);
        Assert.AreEqual(("built", "succeeded"), (root.GetProperty("source").GetString(), root.GetProperty("outcome").GetString()));
        Assert.AreEqual(6, root.GetProperty("steps").GetProperty("total").GetInt32());
        Assert.AreEqual(result.Receipt.Platforms[0].Digest, root.GetProperty("images")[0].GetProperty("digest").GetString());
    }

    [TestMethod]
    public async Task What_a_prebuild_failed_with_is_written_and_thrown_on()
    {
        using var folder = new TemporaryFolder();
        await Errors.ExpectAsync(Codes.DockerNotFound, () => RecordAsync(folder.Path, static _ => throw new DevcontainerException(Codes.DockerNotFound)));
        Assert.AreEqual((Codes.DockerNotFound, "failed"), (Read(folder).GetProperty("code").GetString(), Read(folder).GetProperty("outcome").GetString()));
        await Assert.ThrowsExactlyAsync<OperationCanceledException>(() => RecordAsync(folder.Path, static _ => throw new OperationCanceledException()));
        Assert.AreEqual("cancelled", Read(folder).GetProperty("outcome").GetString());
        Assert.IsFalse(Read(folder).TryGetProperty("code", out _));
    }

    [TestMethod]
    public async Task A_file_that_cannot_be_written_hides_no_error_and_fails_no_prebuild()
    {
        using var folder = new TemporaryFolder();
        folder.Write("metrics.json/in-the-way", "");
        await Errors.ExpectAsync(Codes.DockerNotFound, () => RecordAsync(folder.Path, static _ => throw new DevcontainerException(Codes.DockerNotFound)));
        await RecordAsync(folder.Path, static _ => Task.FromResult(new PrebuildResult(ReceiptSample.Create(), "built", "/layout")));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    private static async Task<PrebuildResult> RecordAsync(string folder, Func<MetricsRecorder, Task<PrebuildResult>> work)
    {
        var reporter = new RecordingReporter();
        using var jobs = new JobRunner(Stopwatch.GetTimestamp(), 1, reporter);
        var metrics = new MetricsRecorder(folder, "dev", [new CacheKey(KeyTier.Index, null, "k")], jobs, reporter);
        return await metrics.RecordAsync(() => work(metrics));
    }

    private static JsonElement Read(TemporaryFolder folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(folder["metrics.json"]));
        return document.RootElement.Clone();
    }
}
