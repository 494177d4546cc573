using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Features;

/// <summary>Features that are files on web servers: their digest is the file's, as the reference CLI has it.</summary>
/// <param name="registries">Connects.</param>
internal sealed class TarballFeatures(RegistryAccess registries) : IFeatureOrigin
{
    // Far more than any Feature has, and what a server may make this machine keep in memory.
    private const int Largest = 256 * 1024 * 1024;

    // To know a file's digest is to have the file.
    private readonly Dictionary<Uri, FeaturePackage> _fetched = [];

    /// <inheritdoc />
    public async Task<Digest> ResolveAsync(RemoteFeatureReference reference, SourceLocation location, CancellationToken cancellationToken) =>
        Digest.Sha256((await GetAsync((TarballFeatureReference)reference, location, cancellationToken).ConfigureAwait(false)).Archive);

    /// <inheritdoc />
    public async Task<FeaturePackage> FetchAsync(RemoteFeatureReference reference, Digest digest, SourceLocation location, CancellationToken cancellationToken)
    {
        FeaturePackage package = await GetAsync((TarballFeatureReference)reference, location, cancellationToken).ConfigureAwait(false);
        Digest found = Digest.Sha256(package.Archive);
        return found == digest
            ? package
            : throw new DevcontainerException(
                Codes.FeatureContentInvalid, location, reference.Id, $"its digest is {found}, and its pin in devcontainer-lock.json is {digest}; if it was meant to change, run UpdateDevcontainerLock");
    }

    private async Task<FeaturePackage> GetAsync(TarballFeatureReference reference, SourceLocation location, CancellationToken cancellationToken)
    {
        if (_fetched.TryGetValue(reference.Uri, out FeaturePackage? known))
        {
            return known;
        }

        byte[] archive = await registries.Downloads.GetAsync(reference.Uri, ReadAsync, cancellationToken).ConfigureAwait(false);
        return _fetched[reference.Uri] = new FeaturePackage(null, archive);

        async Task<byte[]> ReadAsync(Stream body, CancellationToken token)
        {
            using var bytes = new MemoryStream();
            byte[] buffer = new byte[64 * 1024];
            int read;
            while ((read = await body.ReadAsync(buffer, token).ConfigureAwait(false)) > 0)
            {
                if (bytes.Length + read > Largest)
                {
                    throw new DevcontainerException(Codes.FeatureContentInvalid, location, reference.Id, $"it is longer than {Largest} bytes");
                }

                bytes.Write(buffer, 0, read);
            }

            return bytes.ToArray();
        }
    }
}
