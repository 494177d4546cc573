namespace Devcontainer.Oci;

/// <summary>Knows credentials for registries.</summary>
public interface ICredentialSource
{
    /// <summary>The credential for a registry; null where there is none. Asked only after the registry wanted one.</summary>
    /// <param name="registry">Host and port as in <see cref="ImageReference.Registry"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<Credential?> FindAsync(string registry, CancellationToken cancellationToken);
}
