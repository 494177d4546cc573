using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>
/// The promise of the key, on images built for real: each input of a dev container is changed on its own and everything is built from nothing. A different
/// image has a different key; and where only the key differs, what changed is declared, not given to the build.
/// </summary>
[TestClass]
[TestCategory("Engine")]
public sealed class MutationTests : EngineTests
{
    private const string Configuration = ".devcontainer/devcontainer.json";
    private const string Dockerfile = ".devcontainer/Dockerfile";
    private const string Install = ".devcontainer/greeting/install.sh";
    private const string Metadata = ".devcontainer/greeting/devcontainer-feature.json";

    private enum Outcome
    {
        /// <summary>Another image, and so another key.</summary>
        Image,

        /// <summary>Another key of the same image: the input is declared.</summary>
        KeyOnly,

        /// <summary>Neither: it is no input, or not this part of it.</summary>
        Nothing,
    }

    [TestMethod]
    [Long]
    public async Task Another_image_has_another_key_and_the_same_image_has_another_one_only_for_declared_inputs()
    {
        Workspace workspace = NewWorkspace();
        WriteSample(workspace);
        (string key, string digest) = await BuildAsync(workspace);
        Assert.AreEqual((key, digest), await BuildAsync(workspace), "nothing has changed, and it was built from nothing again");
        var wrong = new List<string>();
        foreach ((string what, Outcome expected, Func<Workspace, Action> mutate) in Mutations())
        {
            Action restore = mutate(workspace);
            (string newKey, string newDigest) = await BuildAsync(workspace);
            Outcome outcome = newDigest != digest ? Outcome.Image : newKey != key ? Outcome.KeyOnly : Outcome.Nothing;
            TestContext.WriteLine($"{what}: {outcome}");
            if (newDigest != digest && newKey == key)
            {
                wrong.Add($"{what}: another image under the same key");
            }
            else if (outcome != expected)
            {
                wrong.Add($"{what}: {outcome}, not {expected}");
            }

            restore();
        }

        Assert.AreEqual((key, digest), await BuildAsync(workspace), "everything is as it was");
        Assert.IsEmpty(wrong, string.Join('\n', wrong));
    }

    private static IEnumerable<(string What, Outcome Expected, Func<Workspace, Action> Mutate)> Mutations()
    {
        // What the build is given.
        yield return ("an instruction", Outcome.Image, Edit(Dockerfile, "echo one", "echo two"));
        yield return ("an argument's default", Outcome.Image, Edit(Dockerfile, "ARG LEVEL=1", "ARG LEVEL=2"));
        yield return ("the stage", Outcome.Image, Edit(Configuration, "\"target\": \"dev\"", "\"target\": \"full\""));
        yield return ("a build argument", Outcome.Image, Edit("dev.proj", "Include=\"COLOR\" Value=\"red\"", "Include=\"COLOR\" Value=\"blue\""));
        yield return ("a build argument of the configuration", Outcome.Image, Edit(Configuration, "\"SHAPE\": \"round\"", "\"SHAPE\": \"flat\""));
        yield return ("a label", Outcome.Image, Edit("dev.proj", "Include=\"team\" Value=\"a\"", "Include=\"team\" Value=\"b\""));
        yield return ("a file's content", Outcome.Image, Edit(".devcontainer/files/a.txt", "a", "b"));
        yield return ("a byte at a file's end", Outcome.Image, Edit(".devcontainer/files/a.txt", "a\n", "a\r\n"));
        yield return ("a file's mode", Outcome.Image, Mode(".devcontainer/files/a.txt", executable: true));
        yield return ("a file's name", Outcome.Image, Rename(".devcontainer/files/a.txt", ".devcontainer/files/c.txt"));
        yield return ("a file more", Outcome.Image, Add(".devcontainer/files/d.txt", "d"));
        yield return ("an empty folder more", Outcome.Image, AddFolder(".devcontainer/files/empty"));
        yield return ("a link's target", Outcome.Image, Link(".devcontainer/files/link", "b.txt"));
        yield return (".dockerignore", Outcome.Image, Add(".devcontainer/.dockerignore", "files/b.txt\n"));
        yield return ("a Feature's script", Outcome.Image, Edit(Install, "Hello", "Good morning"));
        yield return ("a default of a Feature's option", Outcome.Image, Edit(Metadata, "\"default\": \"!\"", "\"default\": \"?\""));
        yield return ("a value of a Feature's option", Outcome.Image, Edit(Configuration, "\"name\": \"world\"", "\"name\": \"team\""));
        yield return ("a variable of a Feature", Outcome.Image, Edit(Metadata, "\"GREETING\": \"yes\"", "\"GREETING\": \"no\""));
        yield return ("a variable of the container", Outcome.Image, Edit(Configuration, "\"EDITOR\": \"vi\"", "\"EDITOR\": \"nano\""));
        yield return ("the user", Outcome.Image, Edit(Configuration, "\"remoteUser\": \"root\"", "\"remoteUser\": \"nobody\""));
        yield return ("an extension of the editor", Outcome.Image, Edit(Configuration, "team.one", "team.two"));
        yield return ("a lifecycle command", Outcome.Image, Edit(Configuration, "\"postCreateCommand\": \"true\"", "\"postCreateCommand\": \"false\""));

        // What is declared.
        yield return ("the SDK that global.json asks for", Outcome.KeyOnly, Edit("global.json", "\"rollForward\": \"latestFeature\"", "\"rollForward\": \"latestMinor\""));
        yield return ("a property for all projects", Outcome.KeyOnly, Edit("Directory.Build.props", "<A>1</A>", "<A>2</A>"));
        yield return ("an input of the project's own", Outcome.KeyOnly, Edit("version.txt", "1.0", "1.1"));
        yield return ("white space in a file that counts raw", Outcome.KeyOnly, Edit("version.txt", "1.0", "1.0 "));

        // What is no input.
        yield return ("a comment in a declared file", Outcome.Nothing, Edit("Directory.Build.props", "<A>", "<!-- a --><A>"));
        yield return ("line ends of a declared file", Outcome.Nothing, Edit("Directory.Build.props", "\n", "\r\n"));
        yield return ("another part of global.json", Outcome.Nothing, Edit("global.json", "{ \"sdk\"", "{ \"tools\": { \"x\": \"1\" }, \"sdk\""));
        yield return ("a comment in devcontainer.json", Outcome.Nothing, Edit(Configuration, "{", "{ // A comment.\n"));
        yield return ("the configuration's name", Outcome.Nothing, Edit(Configuration, "\"name\": \"mutations\"", "\"name\": \"other\""));
        yield return ("a file that no instruction names", Outcome.Nothing, Edit(".devcontainer/notes.txt", "notes", "other notes"));
        yield return ("a file's time", Outcome.Nothing, Touch(".devcontainer/files/a.txt"));
        yield return ("a mask of the user's", Outcome.Nothing, Mode(".devcontainer/files/b.txt", executable: false));
    }

    private static void WriteSample(Workspace workspace)
    {
        workspace.Write(
            "dev.proj",
            """
            <Project Sdk="Devcontainer.Sdk">
              <ItemGroup>
                <DevcontainerBuildArg Include="COLOR" Value="red" />
                <DevcontainerLabel Include="team" Value="a" />
                <DevcontainerInput Include="version.txt" Tier="environment" Projection="raw" />
              </ItemGroup>
            </Project>
            """);
        workspace.Write("Directory.Build.props", "<Project>\n  <PropertyGroup><A>1</A></PropertyGroup>\n</Project>\n");
        workspace.Write("version.txt", "1.0\n");
        workspace.Write(
            Configuration,
            """
            {
              "name": "mutations",
              "build": { "dockerfile": "Dockerfile", "target": "dev", "args": { "SHAPE": "round" } },
              "features": { "./greeting": { "name": "world" } },
              "containerEnv": { "EDITOR": "vi" },
              "remoteUser": "root",
              "postCreateCommand": "true",
              "customizations": { "vscode": { "extensions": ["team.one"] } }
            }
            """);
        workspace.Write(
            Dockerfile,
            """
            FROM debian:bookworm AS dev
            ARG LEVEL=1
            ARG COLOR
            ARG SHAPE
            RUN echo one $LEVEL $COLOR $SHAPE >/made
            COPY files /files
            FROM dev AS full
            RUN echo full >/full

            """);
        workspace.Write(".devcontainer/files/a.txt", "a\n");
        workspace.Write(".devcontainer/files/b.txt", "b\n");
        workspace.Write(".devcontainer/notes.txt", "notes\n");
        File.CreateSymbolicLink(workspace[".devcontainer/files/link"], "a.txt");
        workspace.Write(
            Metadata,
            """
            {
              "id": "greeting", "version": "1.0.0",
              "options": { "name": { "type": "string", "default": "you" }, "mark": { "type": "string", "default": "!" } },
              "containerEnv": { "GREETING": "yes" }
            }
            """);
        workspace.Write(Install, "#!/bin/sh\nset -e\necho \"Hello $NAME$MARK\" >/greeting\n");
    }

    // The key of the image and its manifest's digest, whatever is here or in a cache.
    private static async Task<(string Key, string Digest)> BuildAsync(Workspace workspace)
    {
        CommandResult built = (await Quickstart.PrebuildAsync(workspace, "-p:DevcontainerForce=true", "-p:GenerateDevcontainerSbom=false")).Succeeded();
        return (
            built.Items("DevcontainerCacheKey").Single(static key => key["Tier"] == "image")["Identity"],
            built.Items("DevcontainerDigest").Single()["Identity"]);
    }

    private static Func<Workspace, Action> Edit(string path, string from, string to) => workspace =>
    {
        string text = File.ReadAllText(workspace[path]);
        Assert.Contains(from, text, path);
        workspace.Write(path, text.Replace(from, to, StringComparison.Ordinal));
        return () => workspace.Write(path, text);
    };

    private static Func<Workspace, Action> Add(string path, string text) => workspace =>
    {
        workspace.Write(path, text);
        return () => File.Delete(workspace[path]);
    };

    private static Func<Workspace, Action> AddFolder(string path) => workspace =>
    {
        Directory.CreateDirectory(workspace[path]);
        return () => Directory.Delete(workspace[path]);
    };

    private static Func<Workspace, Action> Rename(string path, string name) => workspace =>
    {
        File.Move(workspace[path], workspace[name]);
        return () => File.Move(workspace[name], workspace[path]);
    };

    private static Func<Workspace, Action> Link(string path, string target) => workspace =>
    {
        string before = new FileInfo(workspace[path]).LinkTarget!;
        Replace(target);
        return () => Replace(before);

        void Replace(string to)
        {
            File.Delete(workspace[path]);
            File.CreateSymbolicLink(workspace[path], to);
        }
    };

    private static Func<Workspace, Action> Mode(string path, bool executable) => workspace =>
    {
        if (OperatingSystem.IsWindows())
        {
            return static () => { };
        }

        UnixFileMode before = File.GetUnixFileMode(workspace[path]);
        File.SetUnixFileMode(workspace[path], executable ? before | UnixFileMode.UserExecute : UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return () =>
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(workspace[path], before);
            }
        };
    };

    private static Func<Workspace, Action> Touch(string path) => workspace =>
    {
        DateTime before = File.GetLastWriteTimeUtc(workspace[path]);
        File.SetLastWriteTimeUtc(workspace[path], before.AddDays(-400));
        return () => File.SetLastWriteTimeUtc(workspace[path], before);
    };
}
