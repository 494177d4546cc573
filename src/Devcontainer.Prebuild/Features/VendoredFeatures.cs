using System.Security.Cryptography;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Features;

/// <summary>
/// Features that are checked in as they are published: <c>&lt;digest&gt;.json</c>, a registry's manifest, and <c>&lt;digest&gt;.tgz</c>, its layer, or that alone, a
/// file of a web server, in a folder beside devcontainer.json. A build takes them from there before it asks anybody.
/// </summary>
/// <param name="configurationFile">Path of devcontainer.json.</param>
internal sealed class VendoredFeatures(string configurationFile)
{
    /// <summary>The folder's name.</summary>
    internal const string FolderName = "features.vendor";

    /// <summary>The folder, which need not be there.</summary>
    internal string Folder { get; } = Path.Combine(Path.GetDirectoryName(configurationFile)!, FolderName);

    /// <summary>The Feature that has a digest, verified; null where it is not vendored.</summary>
    /// <exception cref="DevcontainerException">DEVC2017: a file is not what its name says, or missing.</exception>
    internal FeaturePackage? Find(RemoteFeatureReference reference, Digest digest, SourceLocation? location)
    {
        string manifestFile = Path.Combine(Folder, digest.Hex + ".json");
        string archiveFile = Path.ChangeExtension(manifestFile, ".tgz");
        string first = reference is TarballFeatureReference ? archiveFile : manifestFile;
        try
        {
            if (!File.Exists(first))
            {
                return null;
            }

            if (first == archiveFile)
            {
                byte[] file = File.ReadAllBytes(archiveFile);
                Verify(archiveFile, file, digest, location);
                return new FeaturePackage(null, file);
            }

            byte[] manifest = File.ReadAllBytes(manifestFile);
            Verify(manifestFile, manifest, digest, location);
            Descriptor layer = FeaturePackage.LayerOf(manifest, manifestFile);
            byte[] archive = File.ReadAllBytes(archiveFile);
            Verify(archiveFile, archive, layer.Digest, location);
            return new FeaturePackage(manifest, archive);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.FeatureContentInvalid, location, first, e.Message), e);
        }
    }

    /// <summary>Makes the folder have just these Features.</summary>
    /// <param name="features">The Features by digest.</param>
    /// <returns>Whether anything has changed.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal bool Replace(IReadOnlyDictionary<Digest, FeaturePackage> features)
    {
        bool hasChanged = false;
        foreach ((Digest digest, FeaturePackage package) in features)
        {
            string manifestFile = Path.Combine(Folder, digest.Hex + ".json");
            string archiveFile = Path.ChangeExtension(manifestFile, ".tgz");
            // The manifest last: where it is, its layer is.
            hasChanged |= Write(archiveFile, package.Archive);
            hasChanged |= package.Manifest is { } manifest && Write(manifestFile, manifest.Span);
        }

        if (Directory.Exists(Folder))
        {
            foreach (string file in Directory.EnumerateFiles(Folder).Where(static file => Path.GetExtension(file) is ".json" or ".tgz"))
            {
                if (!Digest.TryParse("sha256:" + Path.GetFileNameWithoutExtension(file), out Digest digest) || !features.ContainsKey(digest))
                {
                    File.Delete(file);
                    hasChanged = true;
                }
            }
        }

        return hasChanged;
    }

    private static bool Write(string file, ReadOnlySpan<byte> content)
    {
        if (new FileInfo(file) is { Exists: true } info && info.Length == content.Length && content.SequenceEqual(File.ReadAllBytes(file)))
        {
            return false;
        }

        AtomicFile.Write(file, content);
        return true;
    }

    private static void Verify(string file, byte[] content, Digest digest, SourceLocation? location)
    {
        string found = Convert.ToHexStringLower(SHA256.HashData(content));
        if (found != digest.Hex)
        {
            throw new DevcontainerException(Codes.FeatureContentInvalid, location, file, $"its digest is sha256:{found}, and it has to be {digest}");
        }
    }
}
