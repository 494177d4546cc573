using System.Security.Cryptography;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>Every entry of a folder, with the time and the content of each: two are equal when nothing was touched between them.</summary>
internal static class FolderSnapshot
{
    /// <summary>One line an entry, sorted by path.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="except">A name that does not count.</param>
    internal static string Take(string folder, string? except = null) => string.Join(
        '\n',
        new DirectoryInfo(folder)
            .EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Where(entry => entry.Name != except)
            .Select(entry => $"{Path.GetRelativePath(folder, entry.FullName)} {entry.LastWriteTimeUtc:O} {Content(entry)}")
            .Order(StringComparer.Ordinal));

    private static string Content(FileSystemInfo entry) => entry switch
    {
        { LinkTarget: { } target } => "-> " + target,
        FileInfo file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.FullName))),
        _ => "folder",
    };
}
