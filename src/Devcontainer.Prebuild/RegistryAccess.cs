using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild;

/// <summary>
/// One run's way to registries, as its settings say: mirrors, insecure registries, and the credentials that docker has. Connects when first asked: an
/// unchanged build asks no registry, and opens none.
/// </summary>
internal sealed class RegistryAccess : IDisposable
{
    // A question is about little: manifests and configurations.
    private static readonly TimeSpan QuestionDeadline = TimeSpan.FromMinutes(3);

    // Whole images may take their time, as long as they do not stall.
    private static readonly TimeSpan TransferDeadline = TimeSpan.FromHours(2);

    private readonly Lazy<RegistryClient> _client;
    private readonly Lazy<RegistryClient> _transfers;
    private readonly Lazy<FileDownload> _downloads;
    private readonly Lazy<IBaseImageCatalog> _catalog;
    private readonly CancellationTokenSource _disposing = new();
    private Task _preparing = Task.CompletedTask;

    internal RegistryAccess(RegistrySettings settings, IProcessRunner processes, IBaseImageCatalog? catalog = null)
    {
        IsOffline = settings.Offline;
        _client = new Lazy<RegistryClient>(() => Connect(settings, processes, QuestionDeadline));
        _transfers = new Lazy<RegistryClient>(() => Connect(settings, processes, TransferDeadline));
        _downloads = new Lazy<FileDownload>(() => new FileDownload(Codes.FeatureUnreachable, CertificateFolders(settings)));
        _catalog = new Lazy<IBaseImageCatalog>(() => catalog is not null ? catalog : IsOffline ? new OfflineCatalog() : new BaseImageCatalog(Client));
    }

    /// <summary>Whether no registry may be asked.</summary>
    internal bool IsOffline { get; }

    /// <summary>The client for questions; not to be used where <see cref="IsOffline"/>.</summary>
    internal RegistryClient Client => _client.Value;

    /// <summary>The client for pulling and pushing images; not to be used where <see cref="IsOffline"/>.</summary>
    internal RegistryClient Transfers => _transfers.Value;

    /// <summary>Gets Features that are files on web servers; not to be used where <see cref="IsOffline"/>.</summary>
    internal FileDownload Downloads => _downloads.Value;

    /// <summary>Where base images are asked about.</summary>
    internal IBaseImageCatalog Catalog => _catalog.Value;

    /// <summary>Connects and signs in to a repository that will be asked, while the caller still finds out what to ask it for.</summary>
    internal void Prepare(ImageReference repository)
    {
        if (!IsOffline)
        {
            _preparing = Task.Run(() => Client.PrepareAsync(repository, _disposing.Token));
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _disposing.Cancel();
        _preparing.GetAwaiter().GetResult();
        _disposing.Dispose();
        if (_downloads.IsValueCreated)
        {
            _downloads.Value.Dispose();
        }

        foreach (Lazy<RegistryClient> client in new[] { _client, _transfers })
        {
            if (client.IsValueCreated)
            {
                client.Value.Dispose();
            }
        }
    }

    /// <summary>Where a program of others has to go for a repository.</summary>
    /// <exception cref="DevcontainerException">DEVC5030: its mirror is none.</exception>
    internal static RegistryPlace PlaceOf(ImageReference repository, RegistrySettings settings) => RegistryPlace.Of(repository, Options(settings));

    private static RegistryClient Connect(RegistrySettings settings, IProcessRunner processes, TimeSpan deadline) =>
        new RegistryClient(Options(settings) with
        {
            Deadline = deadline,
            Credentials = new DockerConfig(
                DockerConfig.Folder(name => settings.Environment.GetValueOrDefault(name)),
                new CredentialProgram(processes, settings.Environment, settings.WorkspaceFolder)),
        });

    private static RegistryClientOptions Options(RegistrySettings settings) => new()
    {
        Mirrors = ByRegistry(settings.Mirrors),
        TrustedRealms = ByRegistry(RegistryClientOptions.KnownRealms, settings.TrustedRealms),
        CertificateFolders = CertificateFolders(settings),
        InsecureRegistries = settings.Insecure,
    };

    private static IReadOnlyList<string> CertificateFolders(RegistrySettings settings) =>
        DockerConfig.CertificateFolders(name => settings.Environment.GetValueOrDefault(name));

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
    }
}
