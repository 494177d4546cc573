using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Tests.Crashes;

/// <summary>
/// A prebuild of a Dockerfile and one file, with an engine that needs no process: in the process of the test, or in one of its own that a test can
/// kill at any system call.
/// </summary>
internal static class SmallPrebuild
{
    internal const string Command = "prebuild";
    internal const int Refused = 3;

    /// <summary>Writes the workspace.</summary>
    internal static void Prepare(TemporaryFolder folder)
    {
        Directory.CreateDirectory(folder["repo/.git"]);

        // Looked for, and never run.
        folder.Write(OperatingSystem.IsWindows() ? "bin/docker.exe" : "bin/docker", executable: true);
        folder.Write("repo/.devcontainer/devcontainer.json", """{ "build": { "dockerfile": "Dockerfile" } }""");
        folder.Write("repo/.devcontainer/Dockerfile", "FROM debian:12\nCOPY . /all\n");
    }

    internal static PrebuildRequest Request(string folder) => new()
    {
        ProjectName = "small",
        ConfigFile = Path.Combine(folder, "repo/.devcontainer/devcontainer.json"),
        OutputPath = Path.Combine(folder, "output"),
        Repository = "small",
        ImageTags = ["latest"],
        Platforms = [SampleWorkspace.Amd64],
        Registries = new RegistrySettings { WorkspaceFolder = Path.Combine(folder, "repo"), Environment = Environment(folder) },
        Environment = Environment(folder),
    };

    private static Dictionary<string, string> Environment(string folder) => new() { ["PATH"] = Path.Combine(folder, "bin") };

    internal static Task<PrebuildResult> RunAsync(string folder) => RunAsync(Request(folder));

    internal static async Task<PrebuildResult> RunAsync(PrebuildRequest request) =>
        (await new PrebuildPipeline(new Engine(), new Catalog(), new RecordingReporter()).RunAsync(request, CancellationToken.None))!;

    /// <summary>Runs it on one thread, whose system calls can be counted. An error is said by its code and <see cref="Refused"/>.</summary>
    internal static async Task<int> RunAloneAsync(string folder)
    {
        if (!ThreadPool.SetMinThreads(1, 1) || !ThreadPool.SetMaxThreads(1, 1))
        {
            return 1;
        }

        try
        {
            await Task.Run(() => RunAsync(folder));
            return 0;
        }
        catch (DevcontainerException e)
        {
            await Console.Out.WriteLineAsync(e.Diagnostic.Code);
            return Refused;
        }
    }

    /// <summary>Builds what it is given in the plan's context into a layout of one layer, for each platform.</summary>
    private sealed class Engine : IProcessRunner
    {
        public async Task<ProcessResult> RunAsync(ProcessRequest request, CancellationToken cancellationToken)
        {
            switch (string.Join(' ', request.Arguments.Take(2)))
            {
                case "buildx ls":
                    request.OnOutput?.Invoke("""{"Current":true,"Driver":"docker","Name":"default","Nodes":[{"Name":"default","Status":"running"}]}""");
                    break;
                case "buildx bake":
                    using (var definition = new MemoryStream())
                    {
                        await request.Input!(definition, cancellationToken);
                        Build(definition.ToArray());
                    }

                    break;
                default:
                    request.OnOutput?.Invoke("""{"DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}""");
                    break;
            }

            return new ProcessResult(0, TimedOut: false);
        }

        private static void Build(byte[] definition)
        {
            using JsonDocument document = JsonDocument.Parse(definition);
            foreach (JsonProperty target in document.RootElement.GetProperty("target").EnumerateObject())
            {
                Build(target.Value);
            }
        }

        private static void Build(JsonElement target)
        {
            string destination = target.GetProperty("output")[0].GetString()!.Split(',').Single(static field => field.StartsWith("dest=", StringComparison.Ordinal))[5..];
            OciLayout layout = OciLayout.Create(destination);
            string context = target.GetProperty("context").GetString()!;
            Descriptor image = layout.WriteSingleLayerImage(
                Directory.GetFiles(context, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                    .Select(file => TarEntry.File(Path.GetRelativePath(context, file).Replace('\\', '/'), TarEntry.PlainMode, File.ReadAllBytes(file))),
                DateTimeOffset.UnixEpoch,
                Platform.Parse(target.GetProperty("platforms")[0].GetString()!));
            layout.WriteIndex(new ImageIndex { Manifests = [image] });
        }
    }

    private sealed class Catalog : IBaseImageCatalog
    {
        public Task<PinnedImage> PinAsync(BaseImageInput image, IReadOnlyList<Platform> platforms, CancellationToken cancellationToken) =>
            Task.FromResult(new PinnedImage(
                SampleWorkspace.DigestOf('0'), platforms.ToDictionary(static platform => platform.ToString(), static _ => SampleWorkspace.DigestOf('a').Value)));

        public Task<ImageConfig> ConfigAsync(BaseImageInput image, Digest manifest, CancellationToken cancellationToken) =>
            Task.FromResult(new ImageConfig { Os = "linux", Architecture = "amd64", DiffIds = [] });
    }
}
