using System.Text;
using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Tests.Build;

[TestClass]
public sealed class BuildProgressTests
{
    private static readonly Dictionary<string, string> Targets = new() { ["linux-amd64"] = "linux/amd64", ["linux-arm64"] = "linux/arm64" };

    [TestMethod]
    public void Each_instruction_is_said_once_with_platform_and_seconds()
    {
        var recorder = new Recorder();
        var progress = new BuildProgress(Targets, recorder);
        progress.Accept("""{"vertexes":[{"digest":"d1","name":"[linux-arm64 stage-0 2/3] RUN make","started":"2026-01-01T00:00:00Z"}]}""");
        progress.Accept("""{"vertexes":[{"digest":"d1","name":"[linux-arm64 stage-0 2/3] RUN make","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:02.5Z"}]}""");
        progress.Accept("""{"vertexes":[{"digest":"d1","name":"[linux-arm64 stage-0 2/3] RUN make","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:02.5Z"}]}""");
        progress.Accept("""{"vertexes":[{"digest":"d2","name":"[linux-amd64 1/1] COPY a /a","cached":true,"started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:00Z"}]}""");
        progress.Accept("""{"vertexes":[{"digest":"d3","name":"[linux-amd64 internal] load metadata","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:00Z"}]}""");
        CollectionAssert.AreEqual(new[] { "  linux/arm64  RUN make  2.5 s", "  linux/amd64  COPY a /a  cached" }, recorder.Lines.ToArray());
        Assert.HasCount(2, progress.Steps);
        Assert.IsTrue(progress.Steps[1].Cached);
    }

    [TestMethod]
    public void A_failure_keeps_the_last_lines_of_its_own_output()
    {
        var progress = new BuildProgress(Targets, new Recorder());
        progress.Accept("""{"vertexes":[{"digest":"d1","name":"[linux-amd64 2/2] RUN exit 7","started":"2026-01-01T00:00:00Z"}]}""");
        for (int i = 0; i < 100; i++)
        {
            string data = Convert.ToBase64String(Encoding.UTF8.GetBytes($"line {i}\n"));
            progress.Accept($$"""{"logs":[{"vertex":"d1","stream":1,"data":"{{data}}"}]}""");
        }

        progress.Accept("ERROR: (*service).Write failed: locked");
        progress.Accept("""{"vertexes":[{"digest":"d1","name":"[linux-amd64 2/2] RUN exit 7","completed":"2026-01-01T00:00:01Z","error":"exit code: 7"}]}""");
        Assert.AreEqual("RUN exit 7", progress.Failure!.Name);
        Assert.AreEqual("linux/amd64", progress.Failure.Platform);
        Assert.HasCount(40, progress.Failure.LogLines);
        Assert.AreEqual("line 99", progress.Failure.LogLines.Last());
        Assert.AreEqual("ERROR: (*service).Write failed: locked", progress.PlainLines[^1]);
    }

    [TestMethod]
    [DataRow("{")]
    [DataRow("{\"vertexes\":5}")]
    [DataRow("{\"logs\":[{\"vertex\":\"unknown\",\"data\":\"!!\"}]}")]
    [DataRow("\uFFFD\uFFFD")]
    [DataRow("")]
    public void Lines_that_are_no_events_do_no_harm(string line)
    {
        var progress = new BuildProgress(Targets, new Recorder());
        progress.Accept(line);
        Assert.IsEmpty(progress.Steps);
        Assert.IsNull(progress.Failure);
    }
}
