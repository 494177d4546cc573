using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Tests.Inputs;

namespace Devcontainer.Prebuild.Tests;

/// <summary>A repository with a dev container whose base image is pinned, in a folder of its own, and what a prebuild of it is asked for.</summary>
internal sealed class SampleWorkspace : IDisposable
{
    internal const string BaseName = "docker.io/library/debian:12";

    internal static readonly Platform Amd64 = new("linux", "amd64");
    internal static readonly Platform Arm64 = new("linux", "arm64");

    private readonly TemporaryFolder _temporary = new();

    /// <param name="configuration">The text of devcontainer.json.</param>
    internal SampleWorkspace(string configuration)
    {
        Directory.CreateDirectory(this[".git"]);
        Write(".devcontainer/devcontainer.json", configuration);
        Request = new PrebuildRequest
        {
            ProjectName = "sample",
            ConfigFile = this[".devcontainer/devcontainer.json"],
            WorkspaceFolder = Folder,
            OutputPath = _temporary["output"],
            Repository = "sample",
            ImageTags = ["latest"],
            Platforms = [Amd64, Arm64],
            GenerateSbom = false,
            Registries = new RegistrySettings { WorkspaceFolder = Folder, Environment = new Dictionary<string, string>() },
            Environment = new Dictionary<string, string>(),
        };
        Pin();
    }

    internal string Folder => _temporary["repo"];

    /// <summary>A request for all of it; tests change it with <c>with</c>.</summary>
    internal PrebuildRequest Request { get; set; }

    internal string this[string relative] => Path.Combine(Folder, relative);

    /// <summary>An image, two local Features, and a declared input of each tier.</summary>
    internal static SampleWorkspace WithFeatures()
    {
        var workspace = new SampleWorkspace(
            """
            {
              // a comment
              "name": "sample",
              "image": "debian:12",
              "features": {
                "./features/one": { "greeting": "hello" },
                "./features/two": {}
              },
              "containerEnv": { "EDITOR": "vi" },
              "remoteUser": "dev",
              "runArgs": ["--init"],
              "postCreateCommand": "true",
            }
            """);
        workspace.Write(
            ".devcontainer/features/one/devcontainer-feature.json",
            """{ "id": "one", "version": "1.0.0", "options": { "greeting": { "type": "string", "default": "hi" } } }""");
        workspace.Write(".devcontainer/features/one/install.sh", "#!/bin/sh\necho \"$GREETING\"\n", executable: true);
        workspace.Write(".devcontainer/features/one/files/tool", "tool\n");
        workspace.Write(".devcontainer/features/one/files/link", "-> tool");
        workspace.Write(".devcontainer/features/two/devcontainer-feature.json", """{ "id": "two", "version": "2.0.0" }""");
        workspace.Write(".devcontainer/features/two/install.sh", "#!/bin/sh\n", executable: true);
        workspace.Declare();
        return workspace;
    }

    /// <summary>A Dockerfile of two stages with a context, and a declared input of each tier.</summary>
    internal static SampleWorkspace WithDockerfile()
    {
        var workspace = new SampleWorkspace(
            """
            {
              "name": "sample",
              "build": { "dockerfile": "Dockerfile", "context": "..", "target": "dev", "args": { "LEVEL": "1" } },
              "remoteUser": "dev",
              "runArgs": ["--init"]
            }
            """);
        workspace.Write(
            ".devcontainer/Dockerfile",
            """
            FROM debian:12 AS dev
            ARG LEVEL
            COPY scripts /opt/scripts
            RUN echo "$LEVEL"
            FROM dev AS other

            """);
        workspace.Write("scripts/run.sh", "#!/bin/sh\n", executable: true);
        workspace.Write("scripts/data/values", "1\n");
        workspace.Write("scripts/link", "-> run.sh");
        workspace.Write("src/program.cs", "class Program;\n");
        workspace.Write(".dockerignore", "*.log\n");
        workspace.Declare();
        return workspace;
    }

    /// <summary>Writes a file of the repository; a text that starts with <c>-> </c> makes a symbolic link.</summary>
    internal string Write(string relative, string text, bool executable = false) => _temporary.Write(Path.Combine("repo", relative), text, executable);

    /// <summary>Replaces a text in a file, which must be there.</summary>
    internal void Edit(string relative, string old, string @new)
    {
        string text = File.ReadAllText(this[relative]);
        Assert.Contains(old, text);
        File.WriteAllText(this[relative], text.Replace(old, @new, StringComparison.Ordinal));
    }

    /// <summary>Writes the lock file: the base image pinned to a digest of one repeated digit.</summary>
    internal void Pin(char digit = '0', int epoch = 0, string name = BaseName)
    {
        var pin = new PinnedImage(
            DigestOf(digit),
            new Dictionary<string, string> { ["linux/amd64"] = DigestOf('a').Value, ["linux/arm64"] = DigestOf('b').Value });
        var file = new LockFile(LockFile.PathFor(Request.ConfigFile), epoch, new Dictionary<string, PinnedImage> { [name] = pin });
        File.WriteAllBytes(file.Path, file.ToBytes());
    }

    internal static Digest DigestOf(char digit) => Digest.Parse("sha256:" + new string(digit, 64));

    internal async Task<PrebuildInputs> ReadAsync(PrebuildRequest? request = null, InputCache? cache = null, IBuildReporter? reporter = null)
    {
        using var registries = new RegistryAccess((request ?? Request).Registries, new ProcessRunner());
        return await PrebuildInputs.ReadAsync(request ?? Request, cache ?? InputCaches.Empty(), registries, reporter ?? new RecordingReporter(), CancellationToken.None);
    }

    internal async Task<IReadOnlyList<CacheKey>> KeysAsync(PrebuildRequest? request = null) => KeyComposer.Compose(await ReadAsync(request));

    public void Dispose() => _temporary.Dispose();

    private void Declare()
    {
        Write("global.json", """{ "sdk": { "version": "10.0.100" } }""");
        Write("Directory.Packages.props", "<Project>\n  <ItemGroup />\n</Project>\n");
        Write("notes.txt", "one\ntwo\n");
        Request = Request with
        {
            Inputs =
            [
                new DeclaredInput(this["global.json"], "environment", "json:/sdk"),
                new DeclaredInput(this["Directory.Packages.props"], "packages", "xml"),
                new DeclaredInput(this["notes.txt"], "environment", "text"),
            ],
            BuildArguments = [new("EXTRA", "1")],
            Labels = [new("org.example.team", "tools")],
            CacheMounts = [new CacheMountRequest("/var/cache/apt", "apt", "locked")],
            Secrets = [new BuildSecret("token", "TOKEN", null)],
        };
    }
}
