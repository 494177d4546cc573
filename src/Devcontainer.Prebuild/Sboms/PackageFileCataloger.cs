using System.Text.Json;
using System.Xml;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>
/// Finds packages that each bring a file which tells of them, wherever it lies. Such files are many and of many makers: one that is not what it
/// should be is skipped, as the tools that own it do, while a damaged list of a whole system's packages is an error.
/// </summary>
internal abstract class PackageFileCataloger : IPackageCataloger
{
    /// <summary>The most bytes of a file. Real ones have up to some hundred thousand; parsed, one takes several times its size in memory.</summary>
    internal const int LargestFile = 8 * 1024 * 1024;

    // npm's own limit for names is 214; the others' real ones are shorter.
    private const int LongestName = 256;

    /// <inheritdoc/>
    public abstract bool Wants(string path);

    /// <inheritdoc/>
    public object? Read(string path, ReadOnlySpan<byte> content)
    {
        if (content.Length > LargestFile)
        {
            return null;
        }

        try
        {
            IReadOnlyList<ImagePackage> packages = [.. ReadPackages(path, content).Where(static package => IsName(package.Name) && IsName(package.Version))];
            return packages.Count > 0 ? packages : null;
        }
        catch (Exception e) when (e is JsonException or XmlException or FormatException or InvalidOperationException)
        {
            // Invalid operation: a text in JSON that is no Unicode.
            return null;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ImagePackage> Catalog(ImageFiles files) =>
        files.All<IReadOnlyList<ImagePackage>>().Where(file => Wants(file.Path)).SelectMany(static file => file.Evidence);

    /// <summary>The packages that a file tells of.</summary>
    /// <exception cref="FormatException">It is damaged; so say <see cref="JsonException"/>, <see cref="XmlException"/> and
    /// <see cref="InvalidOperationException"/>.</exception>
    protected abstract IReadOnlyList<ImagePackage> ReadPackages(string path, ReadOnlySpan<byte> content);

    private static bool IsName(string? text) => text is { Length: > 0 and <= LongestName } && !text.Any(char.IsControl);
}
