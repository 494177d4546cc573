using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Devcontainer.Prebuild.Packages;

namespace Devcontainer.Prebuild.Tests.Packages;

/// <summary>A NuGet packages folder with packages made by hand.</summary>
internal sealed class PackagesFolder : IDisposable
{
    private readonly TestFolder _folder = new();

    internal string Path => _folder.Path;

    /// <summary>Adds a package as NuGet leaves it: the archive, its hash, the record of its content's hash.</summary>
    internal NuGetPackage Add(string id, string version, params (string Path, string Content)[] files)
    {
        var package = new NuGetPackage(id.ToLowerInvariant(), version, System.IO.Path.Combine(Path, id.ToLowerInvariant(), version));
        Directory.CreateDirectory(package.Folder);
        using (FileStream stream = File.Create(package.Archive))
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            Write(archive, id + ".nuspec", Manifest(id, version));
            foreach ((string path, string content) in files)
            {
                Write(archive, path, content);
            }
        }

        string hash = Convert.ToBase64String(SHA512.HashData(File.ReadAllBytes(package.Archive)));
        File.WriteAllText(package.Archive + ".sha512", hash);
        File.WriteAllText(System.IO.Path.Combine(package.Folder, package.Id + ".nuspec"), Manifest(id, version));
        File.WriteAllText(
            System.IO.Path.Combine(package.Folder, ".nupkg.metadata"), $$"""{ "version": 2, "contentHash": "{{hash}}", "source": "https://user:secret@feed.example/" }""");
        return package;
    }

    public void Dispose() => _folder.Dispose();

    private static void Write(ZipArchive archive, string path, string content)
    {
        using Stream entry = archive.CreateEntry(path).Open();
        entry.Write(Encoding.UTF8.GetBytes(content));
    }

    private static string Manifest(string id, string version) =>
        $"""
        <?xml version="1.0"?>
        <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
          <metadata><id>{id}</id><version>{version}</version><authors>An Author</authors><license type="expression">MIT</license></metadata>
        </package>
        """;
}
