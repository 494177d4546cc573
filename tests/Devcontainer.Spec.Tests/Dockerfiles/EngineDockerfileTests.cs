using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using Devcontainer.Spec.Dockerfiles;
using Json = System.Text.Json.Nodes;

namespace Devcontainer.Spec.Tests.Dockerfiles;

/// <summary>What we say of Dockerfiles, held against the engine.</summary>
[TestClass]
public sealed class EngineDockerfileTests
{
    private static readonly string[] Values =
    [
        "plain", "", " spaced  out ", "\"quoted\" 'single'", "back\\slash\\\\ \\n", "$HOME ${HOME} ${HOME:-x} $$ \\$", "ends\\", "line\nbreak\n\n", "\ttab",
        "carriage\rreturn", "# <<EOF", "grün 日本 🎉", "`back`tick`", "a=b,c;d|e&f>g", "%{bake} ${bake}", "{{.Go}}", new string('x', 30_000),
    ];

    [TestMethod]
    public async Task Words_expand_as_the_engine_expands_them()
    {
        Engine engine = Engine.Require();
        using var work = new TemporaryFolder();
        string[] words =
        [
            .. typeof(WordExpanderTests).GetMethod(nameof(WordExpanderTests.A_word_expands_as_in_BuildKit))!
                .GetCustomAttributes<DataRowAttribute>().Select(row => (string)row.Data[0]!).Where(word => !word.EndsWith('\\')),
        ];
        string text = "FROM scratch\nENV X=value EMPTY= SPACED=\"a b\" PATHLIKE=/usr/local/lib/libx.so.1 VERSION=v1.2.3-rc1 STAR=a*b*c DE=Grüße\n"
            + string.Concat(words.Select((word, i) => string.Create(CultureInfo.InvariantCulture, $"ENV R{i}={word}\n")));
        await Engine.BakeAsync(work, new() { ["words"] = engine.Target(work.Path, work.Write("Dockerfile", text), work["image"]) });

        IReadOnlyDictionary<string, string> ours =
            ResolvedDockerfile.Resolve(DockerfileDocument.Parse(text), new() { Platform = "linux/amd64" }).Target.Environment;
        Dictionary<string, string> engines = EnvironmentOf(work["image"]);
        CollectionAssert.AreEquivalent(engines.ToArray(), ours.ToArray());
    }

    [TestMethod]
    public async Task Values_are_in_the_image_to_the_letter()
    {
        Engine engine = Engine.Require();
        using var work = new TemporaryFolder();
        var targets = new Json.JsonObject();
        foreach ((string name, string head) in new[] { ("backslash", ""), ("backtick", "# escape=`\n") })
        {
            PrebuildDockerfile generated = PrebuildDockerfile.Generate(new()
            {
                Dockerfile = DockerfileDocument.Parse(head + "FROM scratch AS own\nUSER own"),
                ContainerEnvironment = [.. Values.Select((value, i) => KeyValuePair.Create($"V{i}", value))],
            });
            targets[name] = engine.Target(
                work.Path, work.Write(name + "/Dockerfile", generated.Text), work[name + "/image"], generated.Target, generated.BuildArguments);
        }

        await Engine.BakeAsync(work, targets);
        foreach ((string name, _) in targets)
        {
            Dictionary<string, string> environment = EnvironmentOf(work[name + "/image"]);
            for (int i = 0; i < Values.Length; i++)
            {
                Assert.AreEqual(Values[i], environment[$"V{i}"], name);
            }

            Assert.AreEqual("own", Engine.Configuration(work[name + "/image"])["config"]!["User"]!.GetValue<string>());
        }
    }

    /// <summary>Mounts need folders to be mounted on: none may be left, neither where apt is nor where it is not.</summary>
    [TestMethod]
    [DataRow("RUN true")]
    [DataRow("RUN rm -rf /etc/apt /var/cache/apt /root /run/secrets")]
    [DataRow("RUN mkdir -p /etc/apt/apt.conf.d && echo 'APT::Get::Assume-Yes \"true\";' > /etc/apt/apt.conf.d/docker-clean\nSHELL [\"/no/shell\"]\nUSER 1000")]
    public async Task The_layer_of_a_Feature_has_what_it_installs_and_nothing_else(string prepare)
    {
        Engine engine = Engine.Require();
        using var work = new TemporaryFolder();
        work.Write("feature/hello_0/devcontainer-features-install.sh", """
            #!/bin/sh
            set -e
            test "$(id -u)" = 0
            test -e ../devcontainer-features.builtin.env
            grep -q Keep-Downloaded-Packages /etc/apt/apt.conf.d/docker-clean
            for folder in /var/cache/apt /root/.nuget/packages /root/.local/share/NuGet/http-cache /root/.npm/_cacache /root/.cache/pip; do
                echo downloaded > "$folder/hello"
            done
            echo scratch > ./written
            mkdir -p /root/.nuget/NuGet /opt/hello
            echo installed > /opt/hello/installed
            echo configured > /root/.nuget/NuGet/NuGet.Config
            """.ReplaceLineEndings("\n"));
        work.SetMode("feature/hello_0/devcontainer-features-install.sh", Devcontainer.Spec.Contexts.BuildContext.ExecutableMode);
        work.Write("feature/devcontainer-features.builtin.env");
        PrebuildDockerfile generated = PrebuildDockerfile.Generate(new()
        {
            Dockerfile = DockerfileDocument.Parse("FROM base\n" + prepare),
            Features = [new("feature-hello", "hello_0", [new("PATH", "/opt/hello:${PATH}")])],
            CacheMounts = [.. CacheMount.Defaults.Select(mount => mount with { Id = "devcontainer-spec-tests-" + Path.GetFileName(work.Path) + mount.Id })],
            Secrets = [new("none")],
            ImageUser = "1000",
        });
        Directory.CreateDirectory(work["empty"]);
        Json.JsonObject target = engine.Target(
            work["empty"], work.Write("Dockerfile", generated.Text), work["image"], generated.Target, generated.BuildArguments);
        target["contexts"]!["feature-hello"] = work["feature"];
        await Engine.BakeAsync(work, new() { ["feature"] = target });

        // Folders that were there are in a layer for what has changed in them.
        string[] entries = [.. LastLayer(work["image"]).Where(entry => entry is not ("root/" or "opt/"))];
        CollectionAssert.AreEqual(
            new[] { "opt/hello/", "opt/hello/installed", "root/.nuget/", "root/.nuget/NuGet/", "root/.nuget/NuGet/NuGet.Config" }, entries);
        StringAssert.StartsWith(EnvironmentOf(work["image"])["PATH"], "/opt/hello:/");
        Assert.AreEqual("1000", Engine.Configuration(work["image"])["config"]!["User"]!.GetValue<string>());
    }

    private static Dictionary<string, string> EnvironmentOf(string layout) => Engine.Configuration(layout)["config"]!["Env"]!.AsArray()
        .Select(variable => variable!.GetValue<string>().Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);

    private static IEnumerable<string> LastLayer(string layout)
    {
        using var layer = new GZipStream(File.OpenRead(Engine.LastLayer(layout)), CompressionMode.Decompress);
        using var reader = new TarReader(layer);
        while (reader.GetNextEntry() is { } entry)
        {
            yield return entry.EntryType == TarEntryType.Directory ? entry.Name.TrimEnd('/') + "/" : entry.Name;
        }
    }
}
