using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Tests.Build;

/// <summary>EpochTests shows on a real engine what the argument does there.</summary>
[TestClass]
public sealed class EpochArgumentTests
{
    [TestMethod]
    public void The_first_epoch_is_a_build_as_ever() => Assert.IsEmpty(Of(0));

    [TestMethod]
    [DataRow(1, "buildkitsandbox-1")]
    [DataRow(int.MaxValue, "buildkitsandbox-2147483647")]
    public void Each_later_one_has_a_hostname_of_its_own(int epoch, string hostname) =>
        Assert.AreEqual(KeyValuePair.Create("BUILDKIT_SANDBOX_HOSTNAME", hostname), Of(epoch).Single());

    private static IReadOnlyList<KeyValuePair<string, string>> Of(int epoch) => EpochArgument.Of(new LockFile("/w/lock", epoch, new Dictionary<string, PinnedImage>()));
}
