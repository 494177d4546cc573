using Devcontainer.Diagnostics;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Spec.Tests.Dockerfiles;

[TestClass]
public sealed class DockerfileDocumentTests
{
    private static DockerfileInstruction Only(string text) => DockerfileDocument.Parse("FROM a\n" + text).Stages[0].Instructions.Single();

    private static DevcontainerException Fails(string text) =>
        Assert.ThrowsExactly<DevcontainerException>(() => DockerfileDocument.Parse(text, "Dockerfile"));

    [TestMethod]
    [DataRow("FROM a\nRUN b\n")]
    [DataRow("\uFEFFFROM a\nRUN b")]
    [DataRow("FROM a\r\nRUN b\r\n")]
    [DataRow("\n\n# comment\n  \t FROM a\n\tRUN b\n\n")]
    [DataRow("from a\nrun b")]
    [DataRow("FROM \\\n a\nRUN\\\n b")]
    [DataRow("FROM a\nRUN \\\n# between\n\n  # and\n b")]
    [DataRow("FROM a\nRUN \\   \n b")]
    [DataRow("\\\nFROM a\nRUN b\\\n")]
    [DataRow("# escape=`\nFROM `\na\nRUN b")]
    public void White_space_marks_and_comments_do_not_matter(string text)
    {
        DockerfileStage stage = DockerfileDocument.Parse(text).Stages.Single();
        Assert.AreEqual("a", stage.From.BaseName);
        var run = (RunInstruction)stage.Instructions.Single();
        Assert.AreEqual("b", run.Command.Single());
    }

    [TestMethod]
    public void Instructions_know_their_first_and_last_line_and_their_column()
    {
        DockerfileDocument document = DockerfileDocument.Parse("# c\nFROM a AS one\n  RUN x \\\n\n y\nRUN <<EOF\nbody\nEOF\nUSER u\n", "D");
        DockerfileStage stage = document.Stages[0];
        Assert.AreEqual(new SourceLocation("D", 2, 1), stage.Location);
        Assert.AreEqual(new SourceLocation("D", 3, 3), stage.Instructions[0].Location);
        Assert.AreEqual(5, stage.Instructions[0].EndLine);
        Assert.AreEqual(new SourceLocation("D", 6, 1), stage.Instructions[1].Location);
        Assert.AreEqual(8, stage.Instructions[1].EndLine);
        Assert.AreEqual(new SourceLocation("D", 9, 1), stage.Instructions[2].Location);
        Assert.AreEqual(9, document.LineCount);
    }

    [TestMethod]
    [DataRow("RUN a \\\\\nRUN b", 2)]
    [DataRow("RUN a \\\nRUN b", 1)]
    public void An_escaped_escape_character_continues_nothing(string text, int count) =>
        Assert.HasCount(count, DockerfileDocument.Parse("FROM a\n" + text).Stages[0].Instructions);

    [TestMethod]
    public void Stages_have_names_in_lower_case_platforms_and_numbers()
    {
        DockerfileDocument document = DockerfileDocument.Parse("ARG V=1\nFROM --platform=$BUILDPLATFORM a:$V AS Build\nFROM build as x.y-z_1\nFROM b");
        Assert.AreEqual(new ArgumentDeclaration("V", "1"), document.GlobalArguments.Single().Declarations.Single());
        Assert.AreEqual("build", document.Stages[0].Name);
        Assert.AreEqual("$BUILDPLATFORM", document.Stages[0].From.Platform);
        Assert.AreEqual("x.y-z_1", document.Stages[1].Name);
        Assert.IsNull(document.Stages[2].Name);
        Assert.AreEqual("2", document.Stages[2].DisplayName);
    }

    [TestMethod]
    public void Environment_takes_pairs_or_the_old_form()
    {
        var pairs = (EnvInstruction)Only("ENV a=1 b=\"x y\" c='z' d=p\\ q e=");
        CollectionAssert.AreEqual(
            new NameValue[] { new("a", "1"), new("b", "\"x y\""), new("c", "'z'"), new("d", "p\\ q"), new("e", "") },
            pairs.Variables.ToArray());
        var old = (EnvInstruction)Only("ENV name  the value = this");
        Assert.AreEqual(new NameValue("name", "the value = this"), old.Variables.Single());
    }

    [TestMethod]
    public void Arguments_have_a_default_or_none()
    {
        var arg = (ArgInstruction)Only("ARG a b=1 c=\"x y\" d=");
        CollectionAssert.AreEqual(
            new ArgumentDeclaration[] { new("a", null), new("b", "1"), new("c", "\"x y\""), new("d", "") }, arg.Declarations.ToArray());
    }

    [TestMethod]
    [DataRow("COPY a b /c", "a|b", "/c")]
    [DataRow("COPY [\"a b\", \"c\", \"/d\"]", "a b|c", "/d")]
    [DataRow("COPY [a b", "[a", "b")]
    [DataRow("ADD a* ./", "a*", "./")]
    [DataRow("COPY -- --a b", "--a", "b")]
    public void Copies_have_sources_and_a_destination(string text, string sources, string destination)
    {
        var copy = (CopyInstruction)Only(text);
        CollectionAssert.AreEqual(sources.Split('|'), copy.Sources.ToArray());
        Assert.AreEqual(destination, copy.Destination);
    }

    [TestMethod]
    public void Flags_are_read_with_quotes_and_repeats()
    {
        var copy = (CopyInstruction)Only("COPY --from=x --link --exclude=a --exclude=\"b c\" --chown=u:g --parents=false --new=1 s /d");
        CollectionAssert.AreEqual(
            new InstructionFlag[]
            {
                new("from", "x"), new("link", null), new("exclude", "a"), new("exclude", "b c"), new("chown", "u:g"),
                new("parents", "false"), new("new", "1"),
            },
            copy.Flags.ToArray());
        Assert.AreEqual("x", copy.From);
        Assert.IsFalse(copy.Parents);
        Assert.IsTrue(((CopyInstruction)Only("COPY --parents s /d")).Parents);
    }

    [TestMethod]
    public void Mounts_are_read_field_by_field()
    {
        var run = (RunInstruction)Only("RUN --mount=type=bind,from=b,source=/s,target=/t,rw --mount=type=cache,\"target=/a,b\" --network=none make");
        Assert.HasCount(2, run.Mounts);
        Assert.AreEqual("b", run.Mounts[0].From);
        Assert.AreEqual(("rw", null), run.Mounts[0].Fields[^1]);
        Assert.AreEqual("make", run.Command.Single());
    }

    [TestMethod]
    public void A_quoted_mount_field_may_hold_a_comma()
    {
        MountFlag mount = MountFlag.Parse("type=cache,\"target=/a,b\",id=\"\"")!;
        Assert.AreEqual("/a,b", mount.Last("target"));
        Assert.AreEqual("\"\"", mount.Last("id"));
        Assert.IsNull(MountFlag.Parse("\"open"));
        Assert.IsNull(MountFlag.Parse("\"a\"b"));
    }

    [TestMethod]
    [DataRow("RUN [\"a\", \"b\"]", true, "a|b")]
    [DataRow("RUN [ -f x ] && y", false, "[ -f x ] && y")]
    [DataRow("RUN ['a']", false, "['a']")]
    public void The_JSON_form_is_known_from_a_shell_test(string text, bool json, string command)
    {
        var run = (RunInstruction)Only(text);
        Assert.AreEqual(json, run.IsJson);
        CollectionAssert.AreEqual(command.Split('|'), run.Command.ToArray());
    }

    [TestMethod]
    public void Heredocs_are_read_in_order_with_their_quoting_and_tabs()
    {
        DockerfileDocument document = DockerfileDocument.Parse(
            "FROM a\nRUN cat <<ONE >/x && cat <<-'TWO' 3<<\"THREE\"\n$v\nONE\n\tb\n\tTWO\nTHREE\nCOPY <<f.txt <<g.txt x /d/\n1\r\nf.txt\n2\ng.txt\nUSER u");
        var run = (RunInstruction)document.Stages[0].Instructions[0];
        CollectionAssert.AreEqual(
            new Heredoc[] { new("ONE", "$v\n", true, false), new("TWO", "\tb\n", false, true), new("THREE", "", false, false) },
            run.Heredocs.ToArray());
        var copy = (CopyInstruction)document.Stages[0].Instructions[1];
        CollectionAssert.AreEqual(new Heredoc[] { new("f.txt", "1\r\n", true, false), new("g.txt", "2\n", true, false) }, copy.Heredocs.ToArray());
        CollectionAssert.AreEqual(new[] { "x" }, copy.Sources.ToArray());
        Assert.IsInstanceOfType<UserInstruction>(document.Stages[0].Instructions[2]);
    }

    [TestMethod]
    [DataRow("RUN [\"sh\", \"-c\", \"<<EOF\"]")]
    [DataRow("RUN a <<<word")]
    [DataRow("RUN echo \"<<EOF\"")]
    [DataRow("RUN echo $((1<<2)); x=1 ")]
    [DataRow("LABEL a=<<EOF")]
    [DataRow("RUN echo 'open <<EOF")]
    public void What_only_looks_like_a_heredoc_is_none(string text) => Assert.IsEmpty(Only(text).Heredocs);

    [TestMethod]
    public void A_trigger_carries_its_heredoc()
    {
        var onBuild = (OnBuildInstruction)Only("ONBUILD COPY <<x /y\nz\nx");
        Assert.AreEqual("z\n", onBuild.Trigger.Heredocs.Single().Content);
    }

    [TestMethod]
    [DataRow("# syntax=docker/dockerfile:1\nFROM a", "docker/dockerfile:1", 1)]
    [DataRow("# escape=`\n#SYNTAX = docker/dockerfile:1 \nFROM a", "docker/dockerfile:1", 2)]
    [DataRow("\uFEFF# syntax=x\nFROM a", "x", 1)]
    [DataRow("#!/usr/bin/docker\n# syntax=x\nFROM a", "x", 2)]
    [DataRow("# syntax=x\r\nFROM a", "x", 1)]
    public void A_syntax_directive_is_found_as_the_engine_finds_it(string text, string image, int line)
    {
        DockerfileFrontend frontend = DockerfileDocument.Parse(text).Frontend!;
        Assert.AreEqual(image, frontend.Image);
        Assert.AreEqual(line, frontend.Location.Line);
    }

    [TestMethod]
    [DataRow("# comment\n# syntax=x\nFROM a")]
    [DataRow("\n# syntax=x\nFROM a")]
    [DataRow(" # syntax=x\nFROM a")]
    [DataRow("# other=1\n# syntax=x\nFROM a")]
    [DataRow("FROM a\n# syntax=x")]
    [DataRow("# syntax=\nFROM a")]
    public void A_syntax_comment_elsewhere_is_a_comment(string text) => Assert.IsNull(DockerfileDocument.Parse(text).Frontend);

    [TestMethod]
    [DataRow("docker/dockerfile", true)]
    [DataRow("docker/dockerfile:latest", true)]
    [DataRow("docker/dockerfile:1", true)]
    [DataRow("docker/dockerfile:1.7", true)]
    [DataRow("docker.io/docker/dockerfile:1.7.0", true)]
    [DataRow("docker/dockerfile:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    [DataRow("docker/dockerfile:1-labs", false)]
    [DataRow("docker/dockerfile:labs", false)]
    [DataRow("docker/dockerfile:1.7.0.1", false)]
    [DataRow("docker/dockerfile:1.", false)]
    [DataRow("docker/dockerfile:2", false)]
    [DataRow("docker/dockerfile:1.5.0-rc1", false)]
    [DataRow("docker/dockerfile:1 --x", false)]
    [DataRow("docker/dockerfile-upstream:master", false)]
    [DataRow("evil.example/docker/dockerfile:1", false)]
    [DataRow("docker.io.evil.example/docker/dockerfile:1", false)]
    [DataRow("dockerfile:1", false)]
    public void Only_the_official_stable_frontend_is_taken_without_asking(string image, bool official)
    {
        DockerfileDocument document = DockerfileDocument.Parse($"# syntax={image}\nFROM a", "D");
        Assert.AreEqual(official, document.Frontend!.IsOfficial);
        if (official)
        {
            DockerfileFrontend.Require(document, new Dictionary<string, string>(), []);
            return;
        }

        var exception = Assert.ThrowsExactly<DevcontainerException>(
            () => DockerfileFrontend.Require(document, new Dictionary<string, string>(), []));
        Assert.AreEqual(Codes.DockerfileFrontendRefused, exception.Diagnostic.Code);
        Assert.AreEqual(new SourceLocation("D", 1, 1), exception.Diagnostic.Location);
        DockerfileFrontend.Require(document, new Dictionary<string, string>(), [image]);
    }

    [TestMethod]
    public void A_frontend_by_build_argument_is_refused_unless_allowed()
    {
        DockerfileDocument document = DockerfileDocument.Parse("FROM a");
        var arguments = new Dictionary<string, string> { ["BUILDKIT_SYNTAX"] = "docker/dockerfile:1" };
        var exception = Assert.ThrowsExactly<DevcontainerException>(() => DockerfileFrontend.Require(document, arguments, []));
        Assert.AreEqual(Codes.DockerfileFrontendArgumentRefused, exception.Diagnostic.Code);
        DockerfileFrontend.Require(document, arguments, ["docker/dockerfile:1"]);
    }

    [TestMethod]
    [DataRow("", Codes.DockerfileNoStages, 1)]
    [DataRow("# only\n\nARG x\n", Codes.DockerfileNoStages, 3)]
    [DataRow("FROM a\nRUNN b", Codes.DockerfileUnknownInstruction, 2)]
    [DataRow("FROM a\nRUN x\n && y", Codes.DockerfileUnknownInstruction, 3)]
    [DataRow("FROM a\nONBUILD NOPE", Codes.DockerfileUnknownInstruction, 2)]
    [DataRow("//syntax=x\nFROM a", Codes.DockerfileUnknownInstruction, 1)]
    [DataRow("FROM a\nRUN <<EOF\nbody\n", Codes.DockerfileHeredocUnterminated, 2)]
    [DataRow("FROM a\nRUN <<EOF\nbody\n EOF\n", Codes.DockerfileHeredocUnterminated, 2)]
    [DataRow("ENV a=b\nFROM a", Codes.DockerfileInstructionBeforeFrom, 1)]
    [DataRow("FROM", Codes.DockerfileInvalidInstruction, 1)]
    [DataRow("FROM a b", Codes.DockerfileInvalidInstruction, 1)]
    [DataRow("FROM a AS 1x", Codes.DockerfileInvalidInstruction, 1)]
    [DataRow("FROM a\nCOPY x", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nCOPY x <<E\nE", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nENV x", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nENV x=1 y", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nENV =1", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nARG =1", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nARG", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nUSER", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nSHELL sh", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nRUN [1]", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nONBUILD ONBUILD RUN x", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nONBUILD FROM x", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nONBUILD", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nRUN --mount=from=$x,target=/y z", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("FROM a\nRUN --mount='\"open' z", Codes.DockerfileInvalidInstruction, 2)]
    [DataRow("# escape=x\nFROM a", Codes.DockerfileDirectiveInvalid, 1)]
    [DataRow("# escape=`\n# escape=`\nFROM a", Codes.DockerfileDirectiveInvalid, 2)]
    [DataRow("# syntax=a\n# syntax=b\nFROM a", Codes.DockerfileDirectiveInvalid, 2)]
    public void A_broken_file_is_one_error_with_its_line(string text, string code, int line)
    {
        DevcontainerException exception = Fails(text);
        Assert.AreEqual(code, exception.Diagnostic.Code, exception.Message);
        Assert.AreEqual("Dockerfile", exception.Diagnostic.Location!.File);
        Assert.AreEqual(line, exception.Diagnostic.Location.Line);
    }

    [TestMethod]
    public void A_file_that_is_not_UTF8_is_refused_with_its_line()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [.. "FROM a\nRUN echo "u8, 0xE9, .. "\n"u8]);
            var exception = Assert.ThrowsExactly<DevcontainerException>(() => DockerfileDocument.Load(path, "D"));
            Assert.AreEqual(Codes.TextNotUnicode, exception.Diagnostic.Code);
            Assert.AreEqual(2, exception.Diagnostic.Location!.Line);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void A_file_that_cannot_be_read_is_an_error() =>
        Assert.AreEqual(
            Codes.FileNotReadable,
            Assert.ThrowsExactly<DevcontainerException>(() => DockerfileDocument.Load("/nowhere/Dockerfile")).Diagnostic.Code);
}
