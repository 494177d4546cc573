using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Tests.Crashes;

namespace Devcontainer.Prebuild.Tests.Features;

/// <summary>A real registry of Features, and a workspace that uses them; the image is made by the scripted engine of <see cref="SmallPrebuild"/>.</summary>
internal sealed class FeatureRegistry : IAsyncDisposable
{
    internal const string ConfigType = "application/vnd.devcontainers";
    internal const string LayerType = "application/vnd.devcontainers.layer.v1+tar";
    private const string Collection = "team/features";

    private readonly RegistryServer _server;
    private readonly TemporaryFolder _folder = new();
    private bool _isStopped;

    private FeatureRegistry(RegistryServer server)
    {
        _server = server;
        SmallPrebuild.Prepare(_folder);
        PrebuildRequest request = SmallPrebuild.Request(_folder.Path);
        Request = request with
        {
            GenerateSbom = false,
            Environment = new Dictionary<string, string> { ["PATH"] = _folder["bin"], ["HOME"] = _folder["home"], ["XDG_CACHE_HOME"] = _folder["cache"] },
            Registries = request.Registries with { Environment = new Dictionary<string, string> { ["DOCKER_CONFIG"] = DockerConfig } },
        };
    }

    /// <summary>What a prebuild is asked for.</summary>
    internal PrebuildRequest Request { get; set; }

    internal string LockFile => _folder["repo/.devcontainer/devcontainer-lock.json"];

    internal string DockerConfig => _folder["docker"];

    internal string Vendored => _folder["repo/.devcontainer/features.vendor"];

    /// <summary>The folders of Features in the user's cache.</summary>
    internal string[] Cached => Directory.Exists(_folder["cache/devcontainer-sdk/features"]) ? Directory.GetDirectories(_folder["cache/devcontainer-sdk/features"]) : [];

    internal static async Task<FeatureRegistry> StartAsync() => new(await RegistryServer.StartAsync());

    internal string Id(string feature) => feature.Contains("://", StringComparison.Ordinal) ? feature : $"{_server.Host}/{Collection}/{feature}";

    /// <summary>Stops the registry: who asks it now gets no answer.</summary>
    internal async Task StopAsync()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            await _server.DisposeAsync();
        }
    }

    internal void DeleteOutput() => Directory.Delete(Request.OutputPath, recursive: true);

    internal void DeleteCache() => Directory.Delete(_folder["cache"], recursive: true);

    /// <summary>Writes devcontainer.json with some of the Features.</summary>
    internal void Use(params IEnumerable<string> features) => _folder.Write(
        "repo/.devcontainer/devcontainer.json",
        $$"""{ "build": { "dockerfile": "Dockerfile" }, "features": { {{string.Join(", ", features.Select(feature => $"\"{Id(feature)}\": {{}}"))}} } }""");

    internal string Write(string relative, string text) => _folder.Write(relative, text);

    /// <summary>Publishes a Feature as `devcontainer features publish` does: a tar of its folder, and a tag for its version and each part of that.</summary>
    internal Task<Digest> PublishAsync(string name, string version, string script = "#!/bin/sh\n", string more = "") => PublishAsync(
        name,
        [version[..version.IndexOf('.', StringComparison.Ordinal)], version, "latest"],
        FeatureTar.Of(("devcontainer-feature.json", $$"""{ "id": "{{name}}", "version": "{{version}}"{{more}} }"""), ("install.sh", script)));

    internal async Task<Digest> PublishAsync(string name, string[] tags, byte[] archive, string configType = ConfigType, string layerType = LayerType)
    {
        using var client = new RegistryClient();
        ImageReference repository = ImageReference.Parse($"{_server.Host}/{Collection}/{name}");
        Descriptor layer = await client.PushBlobAsync(repository, archive, layerType);
        Descriptor config = await client.PushBlobAsync(repository, "{}"u8.ToArray(), configType);
        byte[] manifest = new ImageManifest { Config = config, Layers = [layer] }.ToBytes();
        foreach (string tag in tags)
        {
            await client.PutManifestAsync(ImageReference.Parse($"{repository.Registry}/{repository.Repository}:{tag}"), manifest, MediaTypes.ImageManifest);
        }

        return Digest.Sha256(manifest);
    }

    internal Task<PrebuildResult> BuildAsync(PrebuildRequest? request = null) => SmallPrebuild.RunAsync(request ?? Request);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }
}
