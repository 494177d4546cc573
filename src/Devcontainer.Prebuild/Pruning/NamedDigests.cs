using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Pruning;

/// <summary>
/// The digests that somebody names and that are kept for it: the records in the output folder, the project's own configuration and lock file, and what
/// the project gives. Of a file every digest counts, whatever its format: a lock file, a devcontainer.json, a Dockerfile, a manifest of Kubernetes.
/// </summary>
internal static class NamedDigests
{
    // Files that people check in; what is longer is something else.
    private const long MaxLength = 16 * 1024 * 1024;

    /// <summary>Collects them, with where each is named.</summary>
    /// <exception cref="DevcontainerException">DEVC5071: something that is to name digests cannot be read, so that they are not known.</exception>
    internal static IReadOnlyDictionary<Digest, string> Of(PruneRequest request)
    {
        var named = new Dictionary<Digest, string>();
        foreach (string name in new[] { PublishedImage.FileName, PublishedImage.RollbackFileName })
        {
            AddFile(named, Path.Combine(request.OutputPath, name), name, isRequired: false);
        }

        // Its other digests are of blobs.
        if (ReceiptFile.TryRead(request.OutputPath) is { } receipt)
        {
            named.TryAdd(Digest.Parse(receipt.Image.Digest), Receipt.FileName);
        }

        AddFile(named, request.ConfigFile, request.ConfigFile, isRequired: false);
        string lockFile = LockFile.PathFor(request.ConfigFile);
        AddFile(named, lockFile, lockFile, isRequired: false);
        foreach (string entry in request.Keep)
        {
            if (ManifestNode.AnyDigest().Match(entry) is { Success: true } match && (match.Value == entry || entry.EndsWith('@' + match.Value, StringComparison.Ordinal)))
            {
                named.TryAdd(Digest.Parse(match.Value), "DevcontainerPruneKeep");
            }
            else
            {
                AddFile(named, Path.GetFullPath(entry, request.Folder), entry, isRequired: true);
            }
        }

        return named;
    }

    private static void AddFile(Dictionary<Digest, string> named, string path, string name, bool isRequired)
    {
        if (!isRequired && !File.Exists(path))
        {
            return;
        }

        try
        {
            if (new FileInfo(path).Length > MaxLength)
            {
                throw new IOException("it is too long for a file of digests");
            }

            foreach (Match match in ManifestNode.AnyDigest().Matches(File.ReadAllText(path)))
            {
                named.TryAdd(Digest.Parse(match.Value), name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.PruneKeepInvalid, new SourceLocation(path), name, e.Message.TrimEnd('.')), e);
        }
    }
}
