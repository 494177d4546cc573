using Devcontainer.Oci;
using Devcontainer.Prebuild.Sboms;
using Devcontainer.Prebuild.Verify.Secrets;

namespace Devcontainer.Prebuild.Verify.Content;

/// <summary>What the gates need to know of one layer, whatever image it is in.</summary>
internal sealed class LayerContent
{
    private readonly Dictionary<string, LayerFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<SecretHit>> _secrets = new(StringComparer.Ordinal);
    private readonly LayerPaths _paths = new();

    private LayerContent()
    {
    }

    /// <summary>Files that a gate may ask for, by path.</summary>
    internal IReadOnlyDictionary<string, LayerFile> Files => _files;

    /// <summary>What looks like a secret, by the path of the file that has it. A file that an upper layer deletes is still here.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<SecretHit>> Secrets => _secrets;

    /// <summary>Whether it hides what a layer below has at a path.</summary>
    internal bool Hides(string path) => _paths.Hides(path);

    /// <summary>Reads a layer to its end.</summary>
    /// <param name="reader">The layer.</param>
    /// <param name="withSecrets">Whether its files are read for secrets.</param>
    /// <param name="cancellationToken">Looked at between entries.</param>
    /// <exception cref="Diagnostics.DevcontainerException">What <see cref="LayerReader"/> throws.</exception>
    internal static LayerContent Read(LayerReader reader, bool withSecrets, CancellationToken cancellationToken)
    {
        var layer = new LayerContent();
        while (reader.ReadNext() is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (layer._paths.Add(entry))
            {
                layer.Add(entry, withSecrets);
            }
        }

        return layer;
    }

    private void Add(LayerEntry entry, bool withSecrets)
    {
        _files.Remove(entry.Path);
        if (LayerFile.Of(entry) is { } file)
        {
            _files[entry.Path] = file;
            if (file.Text is not null)
            {
                // Its content has been read; of those files none has a secret.
                return;
            }
        }

        // An archive may have a path twice: what the first one had can still be read in it.
        if (withSecrets && entry.Kind == EntryKind.File && SecretFiles.Read(entry) is { Count: > 0 } hits)
        {
            _secrets[entry.Path] = [.. _secrets.GetValueOrDefault(entry.Path) ?? [], .. hits];
        }
    }
}
