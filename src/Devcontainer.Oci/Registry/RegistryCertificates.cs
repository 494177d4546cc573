using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// Which certificates of registries are trusted: those that the system trusts, and for one registry also what its authorities sign that
/// docker was told of (<c>certs.d/host:port/*.crt</c>; docs.docker.com, "Verify repository client with certificates").
/// </summary>
internal static class RegistryCertificates
{
    /// <summary>How the files with authorities are named.</summary>
    internal const string Pattern = "*.crt";

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>The folder with a registry's own authorities; null where there is none.</summary>
    /// <param name="authority">Host, and port where it is not the usual one.</param>
    /// <param name="options">Where folders are looked for.</param>
    internal static string? Folder(string authority, RegistryClientOptions options)
    {
        foreach (string parent in options.CertificateFolders)
        {
            // As docker names it: no colon is allowed in the name of a folder there.
            string folder = Path.Combine(
                parent, OperatingSystem.IsWindows() ? authority.Replace(":", "", StringComparison.Ordinal) : authority);
            if (Directory.Exists(folder))
            {
                return folder;
            }
        }

        return null;
    }

    /// <summary>How the certificate of a server is checked.</summary>
    /// <param name="folder">The folder with the registry's own authorities, or null. Its files are read now.</param>
    /// <exception cref="DevcontainerException"><see cref="Codes.RegistryCertificateInvalid"/>.</exception>
    internal static RemoteCertificateValidationCallback Check(string? folder)
    {
        X509Certificate2Collection? authorities = folder is null ? null : Read(folder);
        return (_, certificate, chain, errors) =>
            errors == SslPolicyErrors.None
            || (errors == SslPolicyErrors.RemoteCertificateChainErrors && authorities is not null
                && IsIssuedBy(authorities, certificate!, chain!))
            ? true
            : throw new UntrustedCertificateException(Reason(errors, chain));
    }

    private static X509Certificate2Collection Read(string folder)
    {
        var authorities = new X509Certificate2Collection();
        foreach (string file in Directory.EnumerateFiles(folder, Pattern))
        {
            try
            {
                authorities.ImportFromPemFile(file);
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                throw new DevcontainerException(Diagnostic.Create(Codes.RegistryCertificateInvalid, null, file), e);
            }
        }

        return authorities;
    }

    private static bool IsIssuedBy(X509Certificate2Collection authorities, X509Certificate certificate, X509Chain presented)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));

        // What the server sent along stands between its certificate and the authority's.
        chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        return chain.Build((X509Certificate2)certificate);
    }

    private static string Reason(SslPolicyErrors errors, X509Chain? chain)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "it has none";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return "it is for another name";
        }

        foreach (X509ChainStatus status in chain?.ChainStatus ?? [])
        {
            if (status.Status == X509ChainStatusFlags.NotTimeValid)
            {
                return "it has expired, or is not valid yet";
            }
        }

        return "nobody that is trusted has signed it";
    }
}

/// <summary>The certificate of a server is not to be trusted.</summary>
/// <param name="reason">Why, as the end of a sentence.</param>
internal sealed class UntrustedCertificateException(string reason) : AuthenticationException(reason);
