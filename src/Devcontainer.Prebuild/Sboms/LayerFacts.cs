using System.Buffers;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sboms.Programs;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>
/// All that an SBOM needs to know of one layer: the evidence of its wanted files, and which paths it takes from the layers below. It depends
/// on the layer alone, so layers can be read side by side, and a layer that two images share need be read only once.
/// </summary>
internal sealed class LayerFacts
{
    /// <summary>The most bytes of a wanted file. The largest in real images, rpm's database, has some tens of millions.</summary>
    internal const int LargestFile = 128 * 1024 * 1024;

    private readonly Dictionary<string, PathFact> _facts = new(StringComparer.Ordinal);
    private readonly LayerPaths _paths = new();

    private LayerFacts()
    {
    }

    /// <summary>Says who reads the file at a path, and as which path; null if nobody wants it.</summary>
    internal delegate (IPackageCataloger Cataloger, string Path)? Choice(string path);

    /// <summary>What is at the wanted paths.</summary>
    internal IReadOnlyDictionary<string, PathFact> Facts => _facts;

    /// <summary>Reads a layer to its end.</summary>
    /// <param name="reader">The layer.</param>
    /// <param name="index">Which layer of the image it is.</param>
    /// <param name="choose">Which files to read.</param>
    /// <param name="withPrograms">Whether to look into programs, which no path tells.</param>
    /// <param name="cancellationToken">Looked at between entries.</param>
    /// <exception cref="Diagnostics.DevcontainerException">What <see cref="LayerReader"/> throws.</exception>
    internal static LayerFacts Read(LayerReader reader, int index, Choice choose, bool withPrograms, CancellationToken cancellationToken)
    {
        var layer = new LayerFacts();
        while (reader.ReadNext() is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            layer.Add(entry, index, choose, withPrograms);
        }

        return layer;
    }

    /// <inheritdoc cref="LayerPaths.HasFile"/>
    internal bool HasFile(string path) => _paths.HasFile(path);

    /// <inheritdoc cref="LayerPaths.Hides"/>
    internal bool Hides(string path) => _paths.Hides(path);

    private void Add(LayerEntry entry, int index, Choice choose, bool withPrograms)
    {
        if (!_paths.Add(entry))
        {
            return;
        }

        _facts.Remove(entry.Path);
        if (entry.Kind is EntryKind.File or EntryKind.SymbolicLink or EntryKind.HardLink && choose(entry.Path) is { } choice)
        {
            _facts[entry.Path] = entry.Kind switch
            {
                EntryKind.SymbolicLink => new SymbolicLinkFact(entry.LinkTarget ?? ""),
                EntryKind.File => new FileFact(ReadEvidence(entry, choice.Cataloger, choice.Path)),
                // A hard link comes after the file that it is another name of.
                _ => _facts.GetValueOrDefault(entry.LinkTarget ?? "") ?? new HardLinkFact(entry.LinkTarget ?? "", index),
            };
        }
        else if (withPrograms && ProgramFile.MayBe(entry) && ProgramFile.Read(entry.Content, entry.Size) is { } program)
        {
            _facts[entry.Path] = new FileFact(program);
        }
    }

    private static object? ReadEvidence(LayerEntry entry, IPackageCataloger cataloger, string path)
    {
        if (entry.Size > LargestFile)
        {
            return new Unreadable($"it has {entry.Size} bytes, more than the {LargestFile} that are read");
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)entry.Size);
        try
        {
            Span<byte> content = buffer.AsSpan(0, (int)entry.Size);
            entry.Content.ReadExactly(content);
            return cataloger.Read(path, content);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
