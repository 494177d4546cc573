using System.Text;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;

namespace Devcontainer.Prebuild.Packages;

/// <summary>
/// .NET tools, as a layer: a folder feed of their archives with the configuration that names it, for <c>dotnet tool restore</c> reads no fallback folder and
/// takes no source besides where a repository maps its own (docs/packages.md).
/// </summary>
internal sealed record ToolLayer : IPackagesLayer
{
    /// <summary>The feed in the image.</summary>
    internal const string Folder = "/usr/local/share/nuget/tools";

    // Other sources would be asked too, and mapping of packages to sources would hide the feed.
    private const string Configuration =
        """
        <?xml version="1.0" encoding="utf-8"?>
        <configuration>
          <packageSources>
            <clear />
            <add key="tools" value="." />
          </packageSources>
          <packageSourceMapping>
            <clear />
          </packageSourceMapping>
        </configuration>

        """;

    private readonly IReadOnlyList<(NuGetPackage Package, string Hash)> _packages;

    private ToolLayer(string name, IReadOnlyList<(NuGetPackage Package, string Hash)> packages)
    {
        Name = name;
        _packages = packages;
        Key = NuGetPackage.KeyOf("tool-layer", packages);
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public string Key { get; }

    /// <summary>The layers of one platform: what is the same on every platform is in the first.</summary>
    /// <param name="packages">The packages, sorted.</param>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC3072: a package is not whole.</exception>
    internal static IEnumerable<ToolLayer> Spread(IEnumerable<NuGetPackage> packages) => packages
        .GroupBy(static package => package.IsForOnePlatform)
        .OrderBy(static group => group.Key)
        .Select(static group => new ToolLayer(
            group.Key ? ".NET tools for this platform" : ".NET tools", [.. group.Select(static package => (package, package.VerifyArchive()))]));

    /// <inheritdoc />
    public (Descriptor Layer, Digest DiffId) Write(OciLayout layout, CancellationToken cancellationToken)
    {
        TarEntry[] entries =
        [
            TarEntry.File($"{Folder[1..]}/nuget.config", TarEntry.PlainMode, Encoding.UTF8.GetBytes(Configuration.ReplaceLineEndings("\n"))),
            .. _packages.Select(static one => TarEntry.File(
                $"{Folder[1..]}/{Path.GetFileName(one.Package.Archive)}",
                TarEntry.PlainMode,
                new FileInfo(one.Package.Archive).Length,
                () => File.OpenRead(one.Package.Archive))),
        ];
        return layout.AddLayer(entries, ImageBuild.SourceDate, cancellationToken);
    }
}
