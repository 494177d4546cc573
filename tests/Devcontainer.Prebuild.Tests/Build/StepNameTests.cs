using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Tests.Build;

[TestClass]
public sealed class StepNameTests
{
    [TestMethod]
    [DataRow("RUN make", "RUN make")]
    [DataRow("RUN --mount=type=cache,id=x,target=/y apt-get update", "RUN apt-get update")]
    [DataRow("RUN --mount=type=cache,target=/a --mount=type=secret,id=b --network=none make", "RUN --network=none make")]
    [DataRow("RUN --mount=type=tmpfs,target=/a", "RUN")]
    [DataRow("RUN echo a\necho b", "RUN echo a echo b")]
    [DataRow("RUN echo a\r\necho b", "RUN echo a echo b")]
    [DataRow("FROM localhost:5000/base@sha256:abc", "FROM localhost:5000/base")]
    [DataRow("FROM docker.io/library/debian:12@sha256:abc", "FROM docker.io/library/debian:12")]
    [DataRow("COPY a@sha256:b /c", "COPY a@sha256:b /c")]
    [DataRow("COPY --from=build /a /b", "COPY --from=build /a /b")]
    [DataRow("RUN --mount=type=bind,from=devcontainer-feature-hello-0,target=/tmp/dev-container-features,rw     [\"/bin/sh\", \"-c\", \"cd /tmp/dev-container-features/hello_0 && exec ./devcontainer-features-install.sh\"]", "Feature hello")]
    [DataRow("RUN cd /tmp/dev-container-features/my_long-name_12 && exec x", "Feature my_long-name")]
    [DataRow("RUN ls /tmp/dev-container-features/", "RUN ls /tmp/dev-container-features/")]
    [DataRow("RUN ls /tmp/dev-container-features/none", "RUN ls /tmp/dev-container-features/none")]
    [DataRow("COPY x /tmp/dev-container-features/hello_0", "COPY x /tmp/dev-container-features/hello_0")]
    [DataRow("", "")]
    public void An_instruction_is_named_for_reading(string instruction, string expected) => Assert.AreEqual(expected, StepName.Shorten(instruction));

    [TestMethod]
    public void A_long_instruction_is_cut()
    {
        string name = StepName.Shorten("RUN " + new string('x', 1000));
        Assert.AreEqual(100, name.Length);
        Assert.EndsWith("x…", name);
    }

    [TestMethod]
    public void An_instruction_is_never_cut_inside_a_character()
    {
        for (int length = 90; length < 100; length++)
        {
            string name = StepName.Shorten("RUN " + new string('x', length) + string.Concat(Enumerable.Repeat("😀", 10)));
            Assert.IsFalse(name.Where(char.IsSurrogate).Count() % 2 == 1, name);
        }
    }

    [TestMethod]
    [DataRow("RUN x", true)]
    [DataRow("COPY x y", true)]
    [DataRow("ADD x y", true)]
    [DataRow("WORKDIR /x", true)]
    [DataRow("FROM x", true)]
    [DataRow("RUNNER x", false)]
    [DataRow("exporting to oci image format", false)]
    [DataRow("load metadata for x", false)]
    [DataRow("", false)]
    public void Instructions_are_told_from_what_the_engine_does_for_itself(string text, bool expected) => Assert.AreEqual(expected, StepName.IsInstruction(text));
}
