using Devcontainer.Oci;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>An archive of .NET as a layer of the image. docs/toolchain.md is the format.</summary>
/// <param name="Part">What it is of.</param>
/// <param name="Version">Its version.</param>
/// <param name="Rid">Its runtime identifier.</param>
/// <param name="Sha512">SHA-512 of the archive.</param>
internal sealed record ToolchainLayer(ToolchainPart Part, string Version, string Rid, string Sha512)
{
    /// <summary>Where .NET is in the image: where programs look for it that are started without the <c>dotnet</c> command (dotnet/designs, install-locations.md).</summary>
    internal const string Folder = "/usr/share/dotnet";

    // On the path of every user and every shell: login shells of Debian forget the image's PATH, and not this folder.
    private const string Command = "usr/local/bin/dotnet";

    /// <summary>What it is, in words.</summary>
    internal string Name => $"{Part.Product.Id} {Version} {Rid}";

    /// <summary>What it is made of.</summary>
    internal string Key
    {
        get
        {
            using var key = new KeyHasher(KeyComposer.Format + "/toolchain-layer");
            return key.Field(Part.Product.Id).Field(Version).Field(Rid).Field(Sha512).ToKey();
        }
    }

    /// <summary>Reads the archive.</summary>
    /// <param name="archive">Its path.</param>
    /// <param name="staging">An empty folder for its files; null where only its packages are asked for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC3095: it is damaged.</exception>
    internal ArchiveContent Read(string archive, string? staging, CancellationToken cancellationToken) =>
        ArchiveContent.Read(archive, Part.Product.PathOf(Version, Rid), Folder[1..], staging, cancellationToken);

    /// <summary>Writes the layer.</summary>
    internal static (Descriptor Layer, Digest DiffId) Write(OciLayout layout, ArchiveContent content, CancellationToken cancellationToken) =>
        layout.AddLayer([TarEntry.SymbolicLink(Command, Folder + "/dotnet"), .. content.Entries], ImageBuild.SourceDate, cancellationToken);
}
