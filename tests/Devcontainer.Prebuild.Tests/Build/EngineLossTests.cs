using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Tests.Build;

[TestClass]
public sealed class EngineLossTests
{
    [TestMethod]
    public void An_engine_that_was_killed_in_the_middle_of_a_step_is_lost()
    {
        (BuildProgress progress, _) = BuildProgressTests.Replay("engine-killed");
        Assert.IsNull(progress.Failure);
        Assert.AreEqual(
            "failed to build: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF",
            EngineLoss.Find(progress.Failure, progress.PlainLines));
    }

    [TestMethod]
    public void A_step_that_fails_is_no_loss()
    {
        (BuildProgress progress, _) = BuildProgressTests.Replay("failure");
        Assert.IsNotNull(progress.Failure);
        Assert.IsNull(EngineLoss.Find(progress.Failure, progress.PlainLines));
    }

    [TestMethod]
    [DataRow("ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")]
    [DataRow("ERROR: failed to receive status: rpc error: code = Unavailable desc = transport is closing")]
    [DataRow("ERROR: target linux-arm64: failed to receive status: rpc error: code = Unavailable desc = error reading from server: context canceled")]
    [DataRow("ERROR: failed to receive status: rpc error: code = Unavailable desc = closing transport due to: connection error: desc = \"error reading from server: EOF\", received prior goaway: code: NO_ERROR, debug data: \"graceful_stop\"")]
    [DataRow("ERROR: failed to solve: Canceled: grpc: the client connection is closing")]
    [DataRow("ERROR: read unix @->/run/buildkit/buildkitd.sock: read: connection reset by peer")]
    [DataRow("ERROR: error during connect: Get \"http://docker.example.com/v1.51/version\": EOF")]
    public void What_buildx_says_of_its_connection_is_a_loss(string line) => Assert.AreEqual(line["ERROR: ".Length..], EngineLoss.Find(null, ["first", line, "last"]));

    [TestMethod]
    [DataRow("ERROR: failed to solve: invalid argument")]
    [DataRow("ERROR: lease \"x\": not found")]
    [DataRow("warning: connection refused")]
    [DataRow("")]
    public void Other_words_are_none(string line) => Assert.IsNull(EngineLoss.Find(null, [line]));

    [TestMethod]
    [DataRow("rpc error: code = Unavailable desc = error reading from server: EOF", true)]
    [DataRow("failed to copy: transport is closing", true)]
    [DataRow("process \"/bin/sh -c grpcurl\" did not complete successfully: exit code: 1: code = Unavailable", false)]
    [DataRow("process \"/bin/sh -c make\" did not complete successfully: exit code: 137", false)]
    [DataRow("failed to do request: Head \"http://registry.example/v2/\": dial tcp: connect: connection refused", false)]
    [DataRow("failed to push: write: broken pipe", false)]
    public void A_steps_error_is_a_loss_only_where_it_is_of_BuildKits_own_connections(string error, bool lost)
    {
        var failure = new FailedStep("linux/amd64", "RUN make", "[1/1] RUN make", error, []);
        Assert.AreEqual(lost ? error : null, EngineLoss.Find(failure, ["ERROR: failed to receive status: rpc error: code = Unavailable"]));
    }
}
