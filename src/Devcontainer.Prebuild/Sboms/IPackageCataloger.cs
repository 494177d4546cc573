namespace Devcontainer.Prebuild.Sboms;

/// <summary>
/// Finds the packages of one kind in an image. The layers are read once and side by side, so a cataloger first says which files it wants
/// (<see cref="Wants"/>), then boils each one down to what it tells, its evidence (<see cref="Read"/>), and in the end turns the evidence that
/// the upper layers left over into packages (<see cref="Catalog"/>). It keeps no state.
/// </summary>
internal interface IPackageCataloger
{
    /// <summary>Whether a path matters: a file to read, or a symbolic link that may lead to one, be it to the file or to a directory
    /// above it. A path goes to the first cataloger that wants it.</summary>
    /// <param name="path">From the root, without leading <c>/</c>.</param>
    bool Wants(string path);

    /// <summary>Reads a file. Called for each layer that has it, in any order and at the same time for several.</summary>
    /// <param name="path">The path that was wanted.</param>
    /// <param name="content">The whole file.</param>
    /// <returns>What it tells, kept in memory until all layers are read, so small; null for nothing; <see cref="Unreadable"/> for what must
    /// fail the SBOM should no upper layer replace it.</returns>
    object? Read(string path, ReadOnlySpan<byte> content);

    /// <summary>The packages of the whole image, in any order.</summary>
    IEnumerable<ImagePackage> Catalog(ImageFiles files);
}

/// <summary>Evidence that a file is not what it should be.</summary>
/// <param name="Reason">A clause: <c>line 3 is not a field</c>.</param>
internal sealed record Unreadable(string Reason);
