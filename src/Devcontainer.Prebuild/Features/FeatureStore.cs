using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Features;

/// <summary>
/// The content of Features that are not in the repository, by digest: unpacked in the user's cache, fetched once a machine, from the folder of vendored
/// Features or from where they are published. What is in the cache is held against the digest of its tree whenever it is used.
/// </summary>
/// <param name="folder">The cache.</param>
/// <param name="vendored">The folder of vendored Features, which need not be there.</param>
/// <param name="registries">Connects.</param>
/// <param name="files">What earlier builds have read.</param>
internal sealed class FeatureStore(string folder, VendoredFeatures vendored, RegistryAccess registries, InputCache files)
{
    private const string ContentName = "content";
    private const string TreeName = "tree";

    private readonly RegistryFeatures _registry = new(registries);
    private readonly TarballFeatures _tarballs = new(registries);

    /// <summary>The user's cache of Features.</summary>
    /// <param name="environment">The environment: <c>XDG_CACHE_HOME</c> and the home (XDG base directory specification).</param>
    internal static string FolderOf(IReadOnlyDictionary<string, string> environment) => UserCache.FolderOf(environment, "features");

    /// <summary>Gives the files of a Feature, hashed.</summary>
    /// <param name="reference">Where it is.</param>
    /// <param name="digest">Its digest: the manifest's, or the file's.</param>
    /// <param name="location">Where it is named.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC2016 to DEVC2018, or nobody answers. DEVC2020: the cache cannot be written.</exception>
    internal async Task<FileTree> GetAsync(RemoteFeatureReference reference, Digest digest, SourceLocation location, CancellationToken cancellationToken)
    {
        string entry = Path.Combine(folder, digest.Hex);
        if (Read(entry, cancellationToken) is { } known)
        {
            return known;
        }

        FeaturePackage package = await FetchAsync(reference, digest, location, cancellationToken).ConfigureAwait(false);
        try
        {
            Unpack(package, entry, reference.Resolved(digest.Value), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.FeatureCacheNotWritable, location, folder, e.Message), e);
        }
        catch (DevcontainerException e) when (e.Diagnostic.Location is null)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.FeatureContentInvalid, location, reference.Resolved(digest.Value), e.Message), e);
        }

        return Read(entry, cancellationToken)
            ?? throw new DevcontainerException(Codes.FeatureContentInvalid, location, reference.Resolved(digest.Value), $"its files changed in '{entry}' as soon as they were written");
    }

    /// <summary>The digest that a reference has now.</summary>
    /// <exception cref="DevcontainerException">DEVC2016: it is not there. DEVC2018: nobody may be asked. Or nobody answers.</exception>
    internal async Task<Digest> ResolveAsync(RemoteFeatureReference reference, SourceLocation location, CancellationToken cancellationToken)
    {
        RequireNetwork(reference, location, "it has no pin in devcontainer-lock.json");
        return await AskAsync(location, () => OriginOf(reference).ResolveAsync(reference, location, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>The Feature, from the vendored ones or from where it is published.</summary>
    internal async Task<FeaturePackage> FetchAsync(RemoteFeatureReference reference, Digest digest, SourceLocation location, CancellationToken cancellationToken)
    {
        if (vendored.Find(reference, digest, location) is { } package)
        {
            return package;
        }

        RequireNetwork(reference, location, $"it is neither in '{folder}' nor in '{vendored.Folder}'");
        return await AskAsync(location, () => OriginOf(reference).FetchAsync(reference, digest, location, cancellationToken)).ConfigureAwait(false);
    }

    // Null where it is not there, or not as it was unpacked: it is unpacked anew then.
    private FileTree? Read(string entry, CancellationToken cancellationToken)
    {
        string content = Path.Combine(entry, ContentName);
        string tree = Path.Combine(entry, TreeName);
        if (!Directory.Exists(entry))
        {
            return null;
        }

        if (File.Exists(tree) && Directory.Exists(content))
        {
            FileTree found = FeatureInput.ReadTree(content, files, cancellationToken);
            if (File.ReadAllText(tree) == FeatureInput.DigestOf(found))
            {
                return found;
            }
        }

        Directory.Delete(entry, recursive: true);
        return null;
    }

    private void Unpack(FeaturePackage package, string entry, string origin, CancellationToken cancellationToken)
    {
        string unfinished = Path.Combine(folder, $".{Guid.NewGuid():N}");
        string content = Path.Combine(unfinished, ContentName);
        Directory.CreateDirectory(content);
        try
        {
            FeatureArchive.Extract(package.Archive, content, origin, cancellationToken);
            using InputCache none = InputCache.Open(unfinished, isTrusted: false, isKept: false, DateTime.UtcNow);
            string tree = FeatureInput.DigestOf(FeatureInput.ReadTree(content, none, cancellationToken));
            File.WriteAllText(Path.Combine(unfinished, TreeName), tree, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            try
            {
                Directory.Move(unfinished, entry);
            }
            catch (IOException) when (Directory.Exists(entry))
            {
                // Another build was faster: it is the same content.
            }
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }

    private IFeatureOrigin OriginOf(RemoteFeatureReference reference) => reference is TarballFeatureReference ? _tarballs : _registry;

    // What a registry or a web server says is about the line that names the Feature.
    private static async Task<T> AskAsync<T>(SourceLocation location, Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (DevcontainerException e) when (e.Diagnostic.Location is null)
        {
            throw new DevcontainerException(e.Diagnostic with { Location = location }, e);
        }
    }

    private void RequireNetwork(RemoteFeatureReference reference, SourceLocation location, string reason)
    {
        if (registries.IsOffline)
        {
            throw new DevcontainerException(Codes.FeatureOffline, location, reference.Id, reason);
        }
    }
}
