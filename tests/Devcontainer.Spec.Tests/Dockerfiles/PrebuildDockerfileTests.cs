using Devcontainer.Diagnostics;
using Devcontainer.Spec.Dockerfiles;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Spec.Tests.Dockerfiles;

[TestClass]
public sealed class PrebuildDockerfileTests
{
    private static readonly FeatureStep Hello = new("ctx0", "hello_0", []);

    private static PrebuildDockerfile Generate(PrebuildDockerfileRequest request) => PrebuildDockerfile.Generate(request);

    private static DockerfileDocument Parse(string text) => DockerfileDocument.Parse(text);

    private static FeatureStep WithEnvironment(string name, string value) => Hello with { Environment = [new(name, value)] };

    [TestMethod]
    public void An_image_with_Features_is_this_text()
    {
        PrebuildDockerfile generated = Generate(new PrebuildDockerfileRequest
        {
            BaseImage = "debian:12",
            Features = [WithEnvironment("PATH", "/opt/hello/bin:${PATH}"), new("ctx1", "world_1", [])],
            CacheMounts = [new("/var/cache/apt", "apt"), new("/root/.npm/_cacache", "npm", "shared")],
            Secrets = [new("token")],
            ImageUser = "vscode",
            ContainerEnvironment = [new("PRICE", "$5")],
        });
        Assert.AreEqual("dev_containers_target_stage", generated.Target);
        Assert.IsEmpty(generated.BuildArguments);
        Assert.AreEqual(
            """
            FROM scratch AS dev_containers_internal_apt_keep
            COPY <<EOF /keep
            Binary::apt::APT::Keep-Downloaded-Packages "true";
            EOF

            FROM debian:12 AS dev_containers_target_stage
            USER root
            ARG TARGETPLATFORM

            ENV PATH="/opt/hello/bin:${PATH}"
            RUN --mount=type=bind,from=ctx0,target=/tmp/dev-container-features,rw \
                --mount=type=cache,id=apt-$TARGETPLATFORM,target=/var/cache/apt,sharing=locked \
                --mount=type=cache,id=npm-$TARGETPLATFORM,target=/root/.npm/_cacache,sharing=shared \
                --mount=type=bind,from=dev_containers_internal_apt_keep,source=/keep,target=/etc/apt/apt.conf.d/docker-clean \
                --mount=type=secret,id=token \
                ["/bin/sh", "-c", "cd /tmp/dev-container-features/hello_0 && exec ./devcontainer-features-install.sh"]

            RUN --mount=type=bind,from=ctx1,target=/tmp/dev-container-features,rw \
                --mount=type=cache,id=apt-$TARGETPLATFORM,target=/var/cache/apt,sharing=locked \
                --mount=type=cache,id=npm-$TARGETPLATFORM,target=/root/.npm/_cacache,sharing=shared \
                --mount=type=bind,from=dev_containers_internal_apt_keep,source=/keep,target=/etc/apt/apt.conf.d/docker-clean \
                --mount=type=secret,id=token \
                ["/bin/sh", "-c", "cd /tmp/dev-container-features/world_1 && exec ./devcontainer-features-install.sh"]

            USER vscode
            ENV PRICE="\$5"

            """.ReplaceLineEndings("\n"),
            generated.Text);
    }

    [TestMethod]
    public void A_Dockerfile_with_the_reference_CLIs_layers_is_this_text() => Assert.AreEqual(
        """
        FROM debian:12 AS dev_container_auto_added_stage_label

        ARG _DEV_CONTAINERS_BASE_IMAGE=dev_container_auto_added_stage_label
        FROM dev_container_auto_added_stage_label AS dev_containers_feature_content_normalize
        USER root
        COPY --from=dev_containers_feature_content_source devcontainer-features.builtin.env /tmp/build-features/
        RUN chmod -R 0755 /tmp/build-features/

        FROM dev_container_auto_added_stage_label AS dev_containers_target_stage
        USER root
        RUN mkdir -p /tmp/dev-container-features
        COPY --from=dev_containers_feature_content_normalize /tmp/build-features/ /tmp/dev-container-features
        RUN \
        echo "_CONTAINER_USER_HOME=$( (command -v getent >/dev/null 2>&1 && getent passwd 'root' || grep -E '^root|^[^:]*:[^:]*:root:' /etc/passwd || true) | cut -d: -f6)" >> /tmp/dev-container-features/devcontainer-features.builtin.env && \
        echo "_REMOTE_USER_HOME=$( (command -v getent >/dev/null 2>&1 && getent passwd 'a.b' || grep -E '^a\.b|^[^:]*:[^:]*:a\.b:' /etc/passwd || true) | cut -d: -f6)" >> /tmp/dev-container-features/devcontainer-features.builtin.env

        ENV TOOL="1"
        RUN --mount=type=bind,from=dev_containers_feature_content_source,source=hello_0,target=/tmp/build-features-src/hello_0 \
            cp -ar /tmp/build-features-src/hello_0 /tmp/dev-container-features \
         && chmod -R 0755 /tmp/dev-container-features/hello_0 \
         && cd /tmp/dev-container-features/hello_0 \
         && chmod +x ./devcontainer-features-install.sh \
         && ./devcontainer-features-install.sh \
         && rm -rf /tmp/dev-container-features/hello_0

        USER vscode

        """.ReplaceLineEndings("\n"),
        Generate(new PrebuildDockerfileRequest
        {
            Dockerfile = Parse("FROM debian:12\n"),
            Features = [WithEnvironment("TOOL", "1")],
            ImageUser = "vscode",
            ReferenceUsers = new ContainerUsers("vscode", "root", "a.b"),
        }).Text);

    [TestMethod]
    public void A_service_of_an_image_has_a_stage_and_its_argument_in_the_reference_CLIs_layers()
    {
        PrebuildDockerfileRequest request = new()
        {
            BaseImage = "debian:12", IsService = true, Features = [Hello], ReferenceUsers = new ContainerUsers("root", "root", "root"),
        };
        Assert.StartsWith(
            """
            FROM debian:12 AS dev_container_auto_added_stage_label
            ARG _DEV_CONTAINERS_BASE_IMAGE=dev_container_auto_added_stage_label
            FROM dev_container_auto_added_stage_label AS dev_containers_feature_content_normalize

            """.ReplaceLineEndings("\n"),
            Generate(request).Text);
        Assert.IsFalse(Generate(request with { IsService = false }).Text.Contains("ARG", StringComparison.Ordinal));
    }

    [TestMethod]
    public void An_image_alone_is_only_named() =>
        Assert.AreEqual("FROM debian:12 AS dev_containers_target_stage\n", Generate(new() { BaseImage = "debian:12" }).Text);

    [TestMethod]
    public void Without_apts_cache_nothing_stands_in_for_its_configuration() =>
        Assert.IsFalse(Generate(new() { BaseImage = "a", Features = [Hello], CacheMounts = [] }).Text.Contains("apt", StringComparison.Ordinal));

    [TestMethod]
    public void The_default_caches_are_locked_and_hold_no_lists_of_apt()
    {
        Assert.IsTrue(CacheMount.Defaults.All(mount => mount.Sharing == "locked"));
        Assert.IsFalse(CacheMount.Defaults.Any(mount => mount.Target.StartsWith("/var/lib", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow("FROM a AS x\nRUN y", null, null)]
    [DataRow("FROM a AS x\nFROM b", "x", "x")]
    [DataRow("\uFEFFFROM a\r\n# end", null, null)]
    public void A_Dockerfile_without_Features_is_unchanged(string text, string? target, string? built)
    {
        PrebuildDockerfile generated = Generate(new() { Dockerfile = Parse(text), Target = target });
        Assert.AreEqual(text, generated.Text);
        Assert.AreEqual(built, generated.Target);
    }

    [TestMethod]
    [DataRow("FROM a AS x\nRUN y\n", null, "FROM a AS x\nRUN y\n\n…FROM x AS dev_containers_target_stage\n…")]
    [DataRow("FROM a AS X\nFROM b", "X", "FROM a AS X\nFROM b\n\n…FROM x AS dev_containers_target_stage\n…")]
    [DataRow("FROM a\nRUN y", null, "FROM a AS dev_container_auto_added_stage_label\nRUN y\n\n…FROM dev_container_auto_added_stage_label AS dev_containers_target_stage\n…")]
    [DataRow("FROM a \r\nRUN y\r\n", null, "FROM a AS dev_container_auto_added_stage_label\r\nRUN y\r\n\n…FROM dev_container_auto_added_stage_label AS …")]
    [DataRow("FROM --platform=$BUILDPLATFORM \\\n# c\n a\nRUN y", null, "FROM --platform=$BUILDPLATFORM a AS dev_container_auto_added_stage_label\n#\n#\nRUN y\n\n…")]
    [DataRow("FROM a AS x\nRUN y \\\n", null, "FROM a AS x\nRUN y \n\n…")]
    [DataRow("FROM a \\", null, "FROM a AS dev_container_auto_added_stage_label\n\n…")]
    [DataRow("FROM a AS x\nRUN <<E\ny\nE", null, "FROM a AS x\nRUN <<E\ny\nE\n\n…")]
    public void A_Dockerfile_with_Features_keeps_its_lines_and_is_built_on(string text, string? target, string expected)
    {
        string generated = Generate(new() { Dockerfile = Parse(text), Target = target, Features = [Hello] }).Text;
        int from = 0;
        foreach (string part in expected.Split('…'))
        {
            int at = generated.IndexOf(part, from, StringComparison.Ordinal);
            Assert.IsTrue(from == 0 ? at == 0 : at >= 0, $"'{part}' in:\n{generated}");
            from = at + part.Length;
        }
    }

    [TestMethod]
    [DataRow("# syntax=docker/dockerfile:1\nFROM a AS x\n", "#…\nFROM a AS x\n")]
    [DataRow("\uFEFF# syntax=docker/dockerfile:1\r\nFROM a AS x\n", "\uFEFF#…\r\nFROM a AS x\n")]
    [DataRow("# syntax=docker/dockerfile:1\n# escape=`\n\nFROM a AS x\n", "# escape=`\n#…\n\nFROM a AS x\n")]
    [DataRow("# check=skip=all\n# syntax=docker/dockerfile:1\n# escape=`\n# other\nFROM a AS x\n", "# check=skip=all\n# escape=`\n#…\n# other\nFROM a AS x\n")]
    [DataRow("#!/x\n# syntax=docker/dockerfile:1\nFROM a AS x\n", "#!/x\n#…\nFROM a AS x\n")]
    [DataRow("# syntax=example.org/own\nFROM a AS x\n", "# syntax=example.org/own\nFROM a AS x\n")]
    public void The_official_frontend_is_left_to_the_engine_and_lines_stay(string text, string expected)
    {
        PrebuildDockerfile generated = Generate(new() { Dockerfile = Parse(text) });
        Assert.AreEqual(expected.Replace("…", " (the engine's own frontend reads this file)", StringComparison.Ordinal), generated.Text);
        DockerfileDocument again = Parse(generated.Text);
        Assert.AreEqual(Parse(text).Escape, again.Escape);
        Assert.AreEqual(Parse(text).Stages[0].Location.Line, again.Stages[0].Location.Line);
        Assert.AreEqual(text.Contains("own", StringComparison.Ordinal), again.Frontend is not null);
    }

    [TestMethod]
    public void A_file_with_another_escape_character_is_continued_with_it()
    {
        string text = Generate(new()
        {
            Dockerfile = Parse("# escape=`\nFROM a AS x"),
            Features = [WithEnvironment("V", "C:\\x`y\"")],
        }).Text;
        StringAssert.Contains(text, "ENV V=\"C:\\x``y`\"\"\n");
        StringAssert.Contains(text, ",rw `\n");
        Assert.HasCount(3, Parse(text).Stages);
    }

    /// <summary>What the text says of a value, read back as the engine reads it, is the value.</summary>
    [TestMethod]
    [DataRow("plain")]
    [DataRow("")]
    [DataRow(" spaced  out ")]
    [DataRow("\"quoted\" 'single'")]
    [DataRow("back\\slash\\\\ \\n")]
    [DataRow("$HOME ${HOME} $$ \\$")]
    [DataRow("ends\\")]
    [DataRow("line\nbreak\n")]
    [DataRow("\r\ttabs\v")]
    [DataRow("# <<EOF")]
    [DataRow("grün 日本 🎉")]
    [DataRow("`back`tick`")]
    public void A_container_variable_reads_back_to_the_letter(string value) => AssertReadsBack(value);

    [TestMethod]
    public void Any_container_variable_reads_back_to_the_letter() =>
        Prop.ForAll(
            Gen.Elements("a", "\"", "'", "\\", "$", "{", "}", "`", "\n", "\r", " ", "\t", "#", "<<E", "é", "$x", "${x}", "=").ListOf()
                .Select(string.Concat).ToArbitrary(),
            AssertReadsBack).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static void AssertReadsBack(string value)
    {
        foreach (string head in new[] { "FROM scratch AS x", "# escape=`\nFROM scratch AS x" })
        {
            PrebuildDockerfile generated = Generate(new()
            {
                Dockerfile = Parse(head),
                Features = [WithEnvironment("A", "1")],
                ContainerEnvironment = [new("V", value)],
            });
            ResolvedStage stage = ResolvedDockerfile.Resolve(
                Parse(generated.Text), new() { Platform = "linux/amd64", Target = generated.Target, BuildArguments = generated.BuildArguments }).Target;
            Assert.AreEqual(value, stage.Environment["V"]);
            Assert.AreEqual("1", stage.Environment["A"]);
            Assert.AreEqual("root", stage.User);
        }
    }

    [TestMethod]
    public void A_Features_variables_are_expanded()
    {
        PrebuildDockerfile generated = Generate(new()
        {
            Dockerfile = Parse("FROM scratch AS x\nENV A=1"),
            Features = [WithEnvironment("V", "/x:${PATH}:$A:${B:-d\"q}:$(no)"), WithEnvironment("W", "$V\n")],
        });
        ResolvedStage stage = ResolvedDockerfile.Resolve(
            Parse(generated.Text), new() { Platform = "linux/amd64", BuildArguments = generated.BuildArguments }).Target;
        Assert.AreEqual("/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:1:d\"q:$(no)", stage.Environment["V"]);
        Assert.AreEqual(stage.Environment["V"] + "\n", stage.Environment["W"]);
    }

    [TestMethod]
    public void The_user_is_restored_to_the_letter()
    {
        PrebuildDockerfile generated = Generate(new() { BaseImage = "a", Features = [Hello], ImageUser = "o'$x\\y:staff" });
        Assert.AreEqual("o'$x\\y:staff", ResolvedDockerfile.Resolve(Parse(generated.Text), new() { Platform = "linux/amd64" }).Target.User);
    }

    [TestMethod]
    [DataRow("", "x")]
    [DataRow("A B", "x")]
    [DataRow("A=B", "x")]
    [DataRow("$A", "x")]
    [DataRow("A", "nul\0")]
    [DataRow("A", "${open")]
    [DataRow("A", "${A^^}")]
    public void A_variable_that_cannot_be_written_is_an_error(string name, string value) =>
        Assert.AreEqual(
            Codes.EnvironmentNotWritable,
            Assert.ThrowsExactly<DevcontainerException>(
                () => Generate(new() { BaseImage = "a", Features = [WithEnvironment(name, value)] })).Diagnostic.Code);

    [TestMethod]
    public void A_value_longer_than_a_line_is_an_error() =>
        Assert.AreEqual(
            Codes.EnvironmentNotWritable,
            Assert.ThrowsExactly<DevcontainerException>(
                () => Generate(new() { BaseImage = "a", ContainerEnvironment = [new("A", new string('x', 70_000))] })).Diagnostic.Code);

    [TestMethod]
    [DataRow("relative", "id", "locked")]
    [DataRow("/", "id", "locked")]
    [DataRow("/a,b", "id", "locked")]
    [DataRow("/a", "i d", "locked")]
    [DataRow("/a", "", "locked")]
    [DataRow("/a$x", "id", "locked")]
    [DataRow("/a", "id", "exclusive")]
    public void A_cache_mount_that_cannot_be_written_is_an_error(string target, string id, string sharing) =>
        Assert.AreEqual(
            Codes.MountNotWritable,
            Assert.ThrowsExactly<DevcontainerException>(
                () => Generate(new() { BaseImage = "a", Features = [Hello], CacheMounts = [new(target, id, sharing)] })).Diagnostic.Code);
}
