using System.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

/// <summary>An image that the engine of <c>eng/engine.sh</c> built, as a layout and in the engine.</summary>
internal sealed class EngineImage : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("devcontainer-sbom-");
    private readonly string _platform;

    private EngineImage(string platform) => _platform = platform;

    /// <summary>The registry with the base images; the test is inconclusive where there is none.</summary>
    internal static string Registry
    {
        get
        {
            string? registry = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY");
            if (string.IsNullOrEmpty(registry))
            {
                Assert.Inconclusive("DEVCONTAINER_TEST_REGISTRY is not set: run eng/engine.sh up.");
            }

            return registry;
        }
    }

    private string Tag => $"devcontainer-sbom-test:{_folder.Name.ToLowerInvariant()}";

    internal static async Task<EngineImage> BuildAsync(string dockerfile, string platform, CancellationToken cancellationToken)
    {
        var image = new EngineImage(platform);
        string[] build = ["buildx", "build", "--quiet", "--provenance=false", "--platform", platform];
        await DockerAsync(dockerfile, [.. build, "--output", $"type=oci,tar=false,dest={image._folder.FullName}", "-"], cancellationToken);
        await DockerAsync(dockerfile, [.. build, "--load", "--tag", image.Tag, "-"], cancellationToken);
        return image;
    }

    /// <summary>Runs a command in a container.</summary>
    /// <returns>The lines that it writes.</returns>
    internal async Task<string[]> RunAsync(string[] command, CancellationToken cancellationToken)
    {
        string output = await DockerAsync("", ["run", "--rm", "--network=none", "--platform", _platform, Tag, .. command], cancellationToken);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    internal Task<Sbom> GenerateAsync(CancellationToken cancellationToken)
    {
        OciLayout layout = OciLayout.Open(_folder.FullName);
        SbomRequest request = TestImage.Request with { Platform = Platform.Parse(_platform) };
        return SbomGenerator.GenerateAsync(layout, layout.ReadIndex().Manifests.Single(), request, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        await DockerAsync("", ["image", "rm", "--force", Tag], CancellationToken.None);
    }

    private static async Task<string> DockerAsync(string input, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("docker", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process docker = Process.Start(start)!;
        Task<string> output = docker.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> error = docker.StandardError.ReadToEndAsync(cancellationToken);
        await docker.StandardInput.WriteAsync(input);
        docker.StandardInput.Close();
        await docker.WaitForExitAsync(cancellationToken);
        Assert.AreEqual(0, docker.ExitCode, $"docker {string.Join(' ', arguments)}: {await error}");
        return await output;
    }
}
