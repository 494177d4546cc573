namespace Devcontainer.Oci;

/// <summary>Where a client goes for a repository, for programs of others that are to go the same way.</summary>
/// <param name="Name">Registry and repository as they are asked for: a mirror's, where there is one.</param>
/// <param name="IsPlain">Whether by plain HTTP.</param>
/// <param name="Authorities">Absolute paths of the PEM files with the certificate authorities that are trusted there besides the system's.</param>
public sealed record RegistryPlace(string Name, bool IsPlain, IReadOnlyList<string> Authorities)
{
    /// <summary>The place of a repository.</summary>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC5030: its mirror is none.</exception>
    public static RegistryPlace Of(ImageReference repository, RegistryClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(options);
        var endpoint = RegistryEndpoint.For(repository.Registry, options);
        string? folder = RegistryCertificates.Folder(endpoint.Origin.Authority, options);
        return new RegistryPlace(
            $"{endpoint.Registry}/{endpoint.Prefix}{repository.Repository}",
            endpoint.Origin.Scheme == Uri.UriSchemeHttp,
            folder is null ? [] : [.. Directory.EnumerateFiles(folder, RegistryCertificates.Pattern)]);
    }
}
