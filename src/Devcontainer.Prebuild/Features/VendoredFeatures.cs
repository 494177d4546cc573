using System.Security.Cryptography;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Features;

/// <summary>
/// Features that are checked in as their registries have them: <c>&lt;digest&gt;.json</c>, the manifest, and <c>&lt;digest&gt;.tgz</c>, its layer, in a folder
/// beside devcontainer.json. A build takes them from there before it asks anybody.
/// </summary>
/// <param name="configurationFile">Path of devcontainer.json.</param>
internal sealed class VendoredFeatures(string configurationFile)
{
    /// <summary>The folder's name.</summary>
    internal const string FolderName = "features.vendor";

    /// <summary>The folder, which need not be there.</summary>
    internal string Folder { get; } = Path.Combine(Path.GetDirectoryName(configurationFile)!, FolderName);

    /// <summary>The Feature of a manifest's digest, verified; null where it is not vendored.</summary>
    /// <exception cref="DevcontainerException">DEVC2017: a file is not what its name says, or missing.</exception>
    internal FeaturePackage? Find(Digest digest, SourceLocation? location)
    {
        string manifestFile = Path.Combine(Folder, digest.Hex + ".json");
        string archiveFile = Path.ChangeExtension(manifestFile, ".tgz");
        try
        {
            if (!File.Exists(manifestFile))
            {
                return null;
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
            throw new DevcontainerException(Diagnostic.Create(Codes.FeatureContentInvalid, location, manifestFile, e.Message), e);
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
            if (!IsSame(manifestFile, package.Manifest.Span) || !IsSame(archiveFile, package.Archive))
            {
                // The manifest last: where it is, its layer is.
                AtomicFile.Write(archiveFile, package.Archive);
                AtomicFile.Write(manifestFile, package.Manifest.Span);
                hasChanged = true;
            }
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

    private static bool IsSame(string file, ReadOnlySpan<byte> content) =>
        new FileInfo(file) is { Exists: true } info && info.Length == content.Length && content.SequenceEqual(File.ReadAllBytes(file));

    private static void Verify(string file, byte[] content, Digest digest, SourceLocation? location)
    {
        string found = Convert.ToHexStringLower(SHA256.HashData(content));
        if (found != digest.Hex)
        {
            throw new DevcontainerException(Codes.FeatureContentInvalid, location, file, $"its digest is sha256:{found}, and it has to be {digest}");
        }
    }
}
