using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild;

/// <summary>Connects to registries as a request says: its mirrors, its insecure registries, and the credentials that docker has.</summary>
internal static class RegistryAccess
{
    // What is asked here is small: manifests and configurations.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    /// <summary>Where base images are asked about; disposed by the caller.</summary>
    internal static IBaseImageCatalog Connect(PrebuildRequest request, IProcessRunner processes)
    {
        if (request.Offline)
        {
            return new OfflineCatalog();
        }

        string workspace = request.WorkspaceFolder ?? PrebuildRequest.WorkspaceOf(request.ConfigFile);
        return new BaseImageCatalog(new RegistryClient(new RegistryClientOptions
        {
            Mirrors = ByRegistry(request.RegistryMirrors),
            TrustedRealms = ByRegistry(RegistryClientOptions.KnownRealms, request.TrustedRealms),
            CertificateFolders = DockerConfig.CertificateFolders(name => request.Environment.GetValueOrDefault(name)),
            InsecureRegistries = request.InsecureRegistries,
            Deadline = Deadline,
            Credentials = new DockerConfig(
                DockerConfig.Folder(name => request.Environment.GetValueOrDefault(name)),
                new CredentialProgram(processes, request.Environment, workspace)),
        }));
    }

    // What comes later counts; names of hosts ignore case.
    private static Dictionary<string, string> ByRegistry(params ReadOnlySpan<IEnumerable<KeyValuePair<string, string>>> lists)
    {
        var byRegistry = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (IEnumerable<KeyValuePair<string, string>> list in lists)
        {
            foreach ((string registry, string other) in list)
            {
                byRegistry[registry] = other;
            }
        }

        return byRegistry;
    }

    /// <summary>Says that there is nobody to ask.</summary>
    private sealed class OfflineCatalog : IBaseImageCatalog
    {
        /// <inheritdoc />
        public Task<PinnedImage> PinAsync(BaseImageInput image, IReadOnlyList<Platform> platforms, CancellationToken cancellationToken) =>
            throw new DevcontainerException(Codes.OfflineImage, image.Location, image.Name);

        /// <inheritdoc />
        public Task<ImageConfig> ConfigAsync(BaseImageInput image, Digest manifest, CancellationToken cancellationToken) =>
            throw new DevcontainerException(Codes.OfflineImage, image.Location, image.Name);

        /// <inheritdoc />
        public void Dispose()
        {
        }
    }
}
