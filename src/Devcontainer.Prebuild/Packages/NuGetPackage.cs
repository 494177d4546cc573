using System.Security.Cryptography;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Packages;

/// <summary>A package of the closure, as NuGet has it in a packages folder.</summary>
/// <param name="Id">Its id, in lower case.</param>
/// <param name="Version">Its version, normalised and in lower case.</param>
/// <param name="Folder">Absolute path of its folder.</param>
internal sealed record NuGetPackage(string Id, string Version, string Folder)
{
    private const string MetadataName = ".nupkg.metadata";

    /// <summary>Id and version, as a packages folder has them.</summary>
    internal string Name => $"{Id}/{Version}";

    /// <summary>Its archive.</summary>
    internal string Archive => Path.Combine(Folder, $"{Id}.{Version}.nupkg");

    /// <summary>
    /// Whether it is for one platform by its name, as <c>microsoft.netcore.app.host.linux-arm64</c> is: a part of it is a runtime identifier
    /// (learn.microsoft.com, ".NET RID catalog").
    /// </summary>
    internal bool IsForOnePlatform => Id.Split('.').Any(static part => part.Split('-') is [.., var architecture] words && words.Length >= 2
        && words[0] is "linux" or "win" or "osx" or "maccatalyst" or "android" or "ios" or "iossimulator" or "tvos" or "browser" or "freebsd"
        && architecture is "x64" or "x86" or "arm64" or "arm" or "armv6" or "wasm" or "s390x" or "ppc64le" or "loongarch64" or "riscv64");

    /// <summary>The hash of its content, without its signature, as NuGet has recorded it when it unpacked the package.</summary>
    /// <exception cref="DevcontainerException">DEVC3072: it is not there, or not whole.</exception>
    internal string ReadContentHash()
    {
        string path = Path.Combine(Folder, MetadataName);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.GetProperty("contentHash").GetString() ?? throw new FormatException("it has no contentHash");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Whether a packages folder has all of it that is read here; <c>dotnet tool restore</c> may name its manifest otherwise.</summary>
    internal bool IsWhole => File.Exists(Path.Combine(Folder, MetadataName)) && File.Exists(Path.Combine(Folder, Id + ".nuspec")) && File.Exists(Archive);

    /// <summary>Checks the archive by the hash that NuGet wrote beside it when it had it from its source.</summary>
    /// <returns>The hash: SHA-512, in base 64.</returns>
    /// <exception cref="DevcontainerException">DEVC3072: it is not there, or not whole.</exception>
    internal string VerifyArchive()
    {
        try
        {
            string expected = File.ReadAllText(Archive + ".sha512").Trim();
            using FileStream stream = File.OpenRead(Archive);
            return Convert.ToBase64String(SHA512.HashData(stream)) == expected ? expected : throw Damaged($"{Archive} is not what its .sha512 file says");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Damaged(e.Message, e);
        }
    }

    /// <summary>Copies what tells a restore that the package is there and what it depends on.</summary>
    /// <exception cref="DevcontainerException">DEVC3072: it is not there, or not whole.</exception>
    internal void CopyIdentity(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (string name in (string[])[MetadataName, Id + ".nuspec"])
            {
                File.Copy(Path.Combine(Folder, name), Path.Combine(folder, name));
            }
        }
        catch (FileNotFoundException e)
        {
            throw Damaged(e.Message, e);
        }
    }

    /// <summary>The key of a layer that has packages (docs/packages.md, "Format").</summary>
    /// <param name="kind">What kind of layer it is.</param>
    /// <param name="packages">The packages in order, each with the hash of what of it is in the layer.</param>
    internal static string KeyOf(string kind, IReadOnlyList<(NuGetPackage Package, string Hash)> packages)
    {
        using var key = new KeyHasher($"{KeyComposer.Format}/{kind}");
        key.Count(packages.Count);
        foreach ((NuGetPackage package, string hash) in packages)
        {
            key.Field(package.Id).Field(package.Version).Field(hash);
        }

        return key.ToKey();
    }

    /// <summary>That the package cannot be taken as it is in the packages folder.</summary>
    internal DevcontainerException Damaged(string reason, Exception? inner = null) =>
        new(Diagnostic.Create(Codes.PackageDamaged, null, $"{Id} {Version}", reason, Folder), inner);
}
