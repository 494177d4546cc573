using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Tests.Build;

[TestClass]
public sealed class BuildStepTests
{
    [TestMethod]
    public void A_cached_step_has_saved_what_it_took_when_it_last_ran()
    {
        BuildStep[] first = [new("linux/amd64", "FROM debian", false, 9), new("linux/amd64", "RUN a", false, 3), new("linux/amd64", "RUN b", false, 4)];
        IReadOnlyList<BuildStep> second = BuildStep.Remember(
            [new("linux/amd64", "FROM debian", true, 0), new("linux/amd64", "RUN a", true, 0), new("linux/amd64", "RUN b", false, 5)], first);
        Assert.AreEqual(3, BuildStep.Saved(second));

        // Through a build in which it was cached already, too.
        IReadOnlyList<BuildStep> third = BuildStep.Remember([new("linux/amd64", "RUN a", true, 0), new("linux/amd64", "RUN b", true, 0)], second);
        CollectionAssert.AreEqual(new double?[] { 3, 5 }, third.Select(static step => step.Ran).ToArray());
        Assert.AreEqual(8, BuildStep.Saved(third));
    }

    [TestMethod]
    public void What_nobody_tells_is_not_guessed()
    {
        BuildStep cached = new("linux/amd64", "RUN a", true, 0);
        Assert.IsNull(BuildStep.Saved(BuildStep.Remember([cached], [])));
        Assert.IsNull(BuildStep.Saved(BuildStep.Remember([cached], [new("linux/arm64", "RUN a", false, 3)])));
        Assert.IsNull(BuildStep.Saved(BuildStep.Remember([cached], [new("linux/amd64", "RUN a", false, 3), new("linux/amd64", "RUN a", false, 4)])));
        Assert.IsNull(BuildStep.Saved([new("linux/amd64", "RUN a", false, 3)]));
    }
}
