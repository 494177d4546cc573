using System.Security.Cryptography;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>Archives of .NET in the user's cache, by their SHA-512: fetched once a machine, and held against it on the way and whenever they are used.</summary>
/// <param name="folder">The cache.</param>
/// <param name="feed">Where they come from.</param>
internal sealed class ArchiveStore(string folder, DotNetFeed feed)
{
    private const string Unfinished = ".tmp";

    /// <summary>An archive, whole.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="DevcontainerException">DEVC3093: the feed does not answer. DEVC3095: what it gives is another one. DEVC3096: it may not be asked. DEVC3097: the
    /// cache cannot be written.</exception>
    internal async Task<string> GetAsync(ToolchainPart part, string version, string rid, string sha512, CancellationToken cancellationToken)
    {
        string path = Path.Combine(folder, sha512 + ".tar.gz");
        try
        {
            if (File.Exists(path))
            {
                await using (FileStream known = File.OpenRead(path))
                {
                    if (Convert.ToHexStringLower(await SHA512.HashDataAsync(known, cancellationToken).ConfigureAwait(false)) == sha512)
                    {
                        return path;
                    }
                }

                File.Delete(path);
            }

            Directory.CreateDirectory(folder);
            string unfinished = Path.Combine(folder, $".{Guid.NewGuid():N}{Unfinished}");
            try
            {
                string found = await feed
                    .GetArchiveAsync(part, version, rid, (body, token) => WriteAsync(body, unfinished, token), cancellationToken).ConfigureAwait(false);
                if (found != sha512)
                {
                    throw new DevcontainerException(Codes.ArchiveWrong, part.Product.PathOf(version, rid), $"its SHA-512 is {found}, and the lock file has {sha512}");
                }

                // The same content, should another build have been faster.
                File.Move(unfinished, path, overwrite: true);
                return path;
            }
            finally
            {
                File.Delete(unfinished);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.ToolchainCacheNotWritable, null, folder, e.Message), e);
        }
    }

    private static async Task<string> WriteAsync(Stream body, string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        byte[] buffer = new byte[128 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            file.Write(buffer, 0, read);
        }

        file.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
