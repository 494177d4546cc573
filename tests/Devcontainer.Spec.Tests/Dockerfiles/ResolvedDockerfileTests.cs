using Devcontainer.Diagnostics;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Spec.Tests.Dockerfiles;

[TestClass]
public sealed class ResolvedDockerfileTests
{
    private static readonly DockerfileInputs Amd64 = new() { Platform = "linux/amd64" };

    private static ResolvedDockerfile Resolve(string text, DockerfileInputs? inputs = null) =>
        ResolvedDockerfile.Resolve(DockerfileDocument.Parse(text, "D"), inputs ?? Amd64);

    private static string Images(ResolvedDockerfile resolved) =>
        string.Join(' ', resolved.ExternalImages.Select(image => $"{image.Reference}@{image.Platform}"));

    private static string Sources(ResolvedDockerfile resolved) =>
        string.Join(' ', resolved.Sources.Select(source => $"{source.Kind}:{source.Path}"));

    private static BaseImage Image(string? user = null, string? onBuild = null, params (string, string)[] environment) =>
        new(environment.ToDictionary(pair => pair.Item1, pair => pair.Item2), user, onBuild is null ? [] : [onBuild]);

    [TestMethod]
    public void Only_stages_that_the_target_needs_count()
    {
        ResolvedDockerfile resolved = Resolve(
            """
            FROM one AS base
            FROM two AS unused
            COPY unused /
            FROM base AS tools
            COPY tools /
            FROM three AS final
            COPY --from=tools /t /t
            COPY --from=image:tag /i /i
            RUN --mount=type=bind,from=mounted,target=/m x
            FROM final
            """,
            Amd64 with { Target = "FINAL" });
        Assert.AreEqual("base tools final", string.Join(' ', resolved.Stages.Select(stage => stage.Stage.DisplayName)));
        Assert.AreEqual("three@linux/amd64 one@linux/amd64 image:tag@linux/amd64 mounted@linux/amd64", Images(resolved));
        Assert.AreEqual("Copy:tools", Sources(resolved));
        Assert.AreEqual("final", resolved.Target.Stage.Name);
    }

    [TestMethod]
    public void Without_a_target_the_last_stage_is_built() => Assert.AreEqual("b", Images(Resolve("FROM a AS x\nFROM b"))[..1]);

    [TestMethod]
    [DataRow("FROM debian AS debian", "debian@linux/amd64")]
    [DataRow("FROM scratch\nCOPY --from=scratch / /", "")]
    [DataRow("FROM a AS build\nFROM Build", "Build@linux/amd64")]
    [DataRow("FROM a\nFROM b\nCOPY --from=0 / /", "b@linux/amd64 a@linux/amd64")]
    [DataRow("FROM a\nCOPY --from=x / /\nCOPY --from=x / /", "a@linux/amd64 x@linux/amd64")]
    [DataRow("FROM a AS s\nFROM b AS s\nFROM s", "b@linux/amd64")]
    [DataRow("FROM --platform=$BUILDPLATFORM a AS b\nFROM b\nCOPY --from=c / /", "a@linux/arm64 c@linux/amd64")]
    [DataRow("ARG V\nFROM a:${V:-1}", "a:1@linux/amd64")]
    [DataRow("ARG V=2 W=$V-x\nFROM a:$W", "a:2-x@linux/amd64")]
    [DataRow("ARG GIVEN=2\nFROM a:$GIVEN", "a:given@linux/amd64")]
    [DataRow("FROM a:$GIVEN$TARGETARCH", "a:amd64@linux/amd64")]
    public void Images_are_what_no_stage_is(string text, string images) =>
        Assert.AreEqual(images, Images(Resolve(text, Amd64 with
        {
            BuildPlatform = "linux/aarch64",
            BuildArguments = new Dictionary<string, string> { ["GIVEN"] = "given" },
        })));

    [TestMethod]
    public void Named_contexts_stand_for_stages_and_images()
    {
        ResolvedDockerfile resolved = Resolve(
            "FROM real AS stage\nCOPY x /\nFROM stage\nCOPY --from=ctx / /\nCOPY --from=other / /",
            Amd64 with { NamedContexts = new HashSet<string> { "stage", "ctx" } });
        Assert.AreEqual("other@linux/amd64", Images(resolved));
        Assert.AreEqual("", Sources(resolved));
    }

    [TestMethod]
    [DataRow("FROM a\nUSER me", "me")]
    [DataRow("FROM a", null)]
    [DataRow("FROM a AS x\nUSER me\nFROM x", "me")]
    [DataRow("FROM a AS x\nUSER me\nFROM b\nCOPY --from=x / /", null)]
    [DataRow("FROM a\nUSER one\nRUN x\nUSER two:staff", "two:staff")]
    [DataRow("FROM a\nARG NAME=dev\nUSER ${NAME}", "dev")]
    [DataRow("FROM a\nARG GIVEN=dev\nUSER $GIVEN", "given")]
    [DataRow("ARG NAME=dev\nFROM a\nARG NAME\nUSER $NAME", "dev")]
    [DataRow("ARG NAME=dev\nFROM a\nUSER x$NAME", "x")]
    [DataRow("FROM a\nENV NAME=env\nARG NAME=arg\nUSER $NAME", "arg")]
    [DataRow("FROM a AS x\nARG NAME=arg\nENV NAME=env\nFROM x\nUSER $NAME", "env")]
    [DataRow("FROM a AS x\nENV NAME=env\nARG NAME=arg\nFROM x\nUSER $NAME", "env")]
    [DataRow("FROM a AS x\nARG NAME=arg\nFROM x\nUSER $NAME", "arg")]
    [DataRow("FROM a\nENV A=1 B=$A\nUSER u$B$A", "u1")]
    [DataRow("FROM a\nARG TARGETARCH\nUSER u-$TARGETARCH", "u-amd64")]
    [DataRow("FROM a AS x\nONBUILD USER hook\nFROM x", "hook")]
    [DataRow("FROM a AS x\nONBUILD USER hook\nFROM x AS y\nUSER own\nFROM y", "own")]
    public void The_user_is_the_last_one_that_is_set(string text, string? user) =>
        Assert.AreEqual(user, Resolve(text, Amd64 with { BuildArguments = new Dictionary<string, string> { ["GIVEN"] = "given" } }).Target.User);

    [TestMethod]
    public void A_user_by_a_variable_of_the_base_image_is_told_to_be_undecided()
    {
        const string text = "FROM a\nUSER ${USERNAME:-none}";
        ResolvedStage unknown = Resolve(text).Target;
        CollectionAssert.AreEqual(new[] { "USERNAME" }, unknown.UserUndecidedBy.ToArray());
        ResolvedStage known = Resolve(text, Amd64 with { BaseImages = _ => Image(environment: ("USERNAME", "vscode")) }).Target;
        Assert.AreEqual("vscode", known.User);
        Assert.IsEmpty(known.UserUndecidedBy);
        Assert.AreEqual("own", Resolve("FROM a", Amd64 with { BaseImages = _ => Image(user: "own") }).Target.User);
    }

    [TestMethod]
    public void The_environment_holds_what_is_known()
    {
        ResolvedStage stage = Resolve("FROM scratch AS a\nENV A=1\nARG B=2\nFROM a\nENV C=$A$B PATH=/x:$PATH").Target;
        Assert.IsTrue(stage.EnvironmentIsComplete);
        Assert.AreEqual("1", stage.Environment["A"]);
        Assert.AreEqual("12", stage.Environment["C"]);
        Assert.AreEqual("/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", stage.Environment["PATH"]);
        Assert.IsFalse(stage.Environment.ContainsKey("B"));
        Assert.IsFalse(Resolve("FROM a").Target.EnvironmentIsComplete);
    }

    [TestMethod]
    [DataRow("FROM a\nCOPY x y /", "Copy:x Copy:y")]
    [DataRow("FROM a\nADD x https://h/f git@h:r git://h/r ssh://h/r http://h/r.git /", "Add:x")]
    [DataRow("FROM a\nCOPY <<x y /\nx\n", "Copy:y")]
    [DataRow("FROM a\nRUN --mount=source=s,target=/t --mount=type=cache,target=/c --mount=type=secret,id=x --mount=type=tmpfs,target=/u x", "Mount:s")]
    [DataRow("FROM a\nRUN --mount=target=/t x", "Mount:")]
    [DataRow("FROM a\nARG D=dir\nCOPY $D/f /", "Copy:dir/f")]
    [DataRow("FROM a\nARG D=dir\nRUN --mount=type=$GONE,src=$D,target=/t x", "Mount:dir")]
    [DataRow("FROM a AS x\nONBUILD COPY o /\nFROM x", "Copy:o")]
    [DataRow("FROM a AS x\nONBUILD COPY o /\nFROM b", "")]
    [DataRow("FROM a AS f\nCOPY f /\nFROM a AS x\nONBUILD COPY --from=f o /\nFROM x", "Copy:f")]
    [DataRow("FROM a AS x\nCOPY o /\nFROM a\nCOPY --from=x o /", "Copy:o")]
    public void Sources_are_what_reachable_instructions_read(string text, string sources) => Assert.AreEqual(sources, Sources(Resolve(text)));

    [TestMethod]
    public void A_source_by_a_variable_of_the_base_image_is_undecided_until_that_is_known()
    {
        const string text = "FROM a\nCOPY $WHERE/x /";
        StringAssert.Contains(Resolve(text).Sources.Single().Undecided, "WHERE");
        ContextSource known = Resolve(text, Amd64 with { BaseImages = _ => Image(environment: ("WHERE", "here")) }).Sources.Single();
        Assert.AreEqual("here/x", known.Path);
        Assert.IsNull(known.Undecided);
    }

    [TestMethod]
    public void Triggers_of_a_known_base_image_run_first()
    {
        ResolvedDockerfile resolved = Resolve(
            "FROM a\nUSER me", Amd64 with { BaseImages = _ => Image(user: "own", onBuild: "COPY --from=b x /\nCOPY y /\n"[18..].Trim()) });
        Assert.AreEqual("Copy:y", Sources(resolved));
        Assert.AreEqual("me", resolved.Target.User);
        resolved = Resolve("FROM a", Amd64 with { BaseImages = image => image.Reference == "a" ? Image(onBuild: "COPY --from=b x /") : null });
        Assert.AreEqual("a@linux/amd64 b@linux/amd64", Images(resolved));
    }

    [TestMethod]
    public void A_flag_that_is_not_known_makes_the_source_undecided() =>
        StringAssert.Contains(Resolve("FROM a\nCOPY --new=1 x /").Sources.Single().Undecided, "--new");

    [TestMethod]
    [DataRow("FROM a AS one\nFROM b AS two", "three", Codes.DockerfileTargetUnknown, 1, "one, two")]
    [DataRow("FROM a\nFROM b", "0", Codes.DockerfileTargetUnknown, 1, "0, 1")]
    [DataRow("FROM a\nCOPY --from=3 / /", null, Codes.DockerfileStageUnknown, 2, "number 3")]
    [DataRow("FROM a\nCOPY --from=-1 / /", null, Codes.DockerfileStageUnknown, 2, "number -1")]
    [DataRow("FROM a AS x\nCOPY --from=y / /\nFROM b AS y\nFROM x", null, Codes.DockerfileStageOrder, 2, "later")]
    [DataRow("FROM a AS x\nCOPY --from=y / /\nFROM x AS y", null, Codes.DockerfileStageOrder, 2, "needs this one")]
    [DataRow("FROM a AS x\nCOPY --from=x / /", null, Codes.DockerfileStageOrder, 2, "'x'")]
    [DataRow("FROM a AS x\nRUN --mount=from=y,target=/t z\nFROM b AS y\nFROM x", null, Codes.DockerfileStageOrder, 2, "'y'")]
    [DataRow("FROM a\nCOPY --from=$X / /", null, Codes.DockerfileInvalidInstruction, 2, "--from")]
    [DataRow("FROM $GONE", null, Codes.DockerfileBaseBlank, 1, "GONE")]
    [DataRow("FROM a AS x\nFROM --platform=$GONE b", null, Codes.DockerfileBaseBlank, 2, "GONE")]
    [DataRow("FROM ${X", null, Codes.DockerfileExpansionFailed, 1, "${X")]
    [DataRow("FROM a\nARG X=\"${Y:?set Y}\"", null, Codes.DockerfileExpansionFailed, 2, "Y: set Y")]
    [DataRow("FROM a\nUSER ${X^}", null, Codes.DockerfileExpansionFailed, 2, "modifier")]
    public void What_cannot_be_resolved_is_one_error_with_its_line(string text, string? target, string code, int line, string says)
    {
        var exception = Assert.ThrowsExactly<DevcontainerException>(() => Resolve(text, Amd64 with { Target = target }));
        Assert.AreEqual(code, exception.Diagnostic.Code, exception.Message);
        Assert.AreEqual(line, exception.Diagnostic.Location!.Line, exception.Message);
        StringAssert.Contains(exception.Message, says);
    }

    [TestMethod]
    [DataRow("linux/amd64", "linux/amd64|linux|amd64|")]
    [DataRow("linux/arm64/v8", "linux/arm64|linux|arm64|")]
    [DataRow("linux/arm/v6", "linux/arm/v6|linux|arm|v6")]
    [DataRow("linux/arm", "linux/arm/v7|linux|arm|v7")]
    [DataRow("aarch64", "linux/arm64|linux|arm64|")]
    public void Platform_arguments_are_predefined(string platform, string expected)
    {
        ResolvedStage stage = Resolve(
            "FROM scratch\nARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT\nENV V=$TARGETPLATFORM|$TARGETOS|$TARGETARCH|$TARGETVARIANT",
            Amd64 with { Platform = platform }).Target;
        Assert.AreEqual(expected, stage.Environment["V"]);
    }
}
