using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Devcontainer.Diagnostics;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>What a declared input comes to, as a receipt may show it.</summary>
internal static class DeclaredInputValue
{
    // Files of versions, and of nothing that anyone would keep a secret in: a receipt goes where the image goes.
    private static readonly string[] Names = ["global.json", "dotnet-tools.json"];

    private const int LongestFile = 256 * 1024;
    private const int LongestValue = 512;
    private const int LongestVersions = 32 * 1024;

    /// <summary>
    /// The JSON that a projection came to, or the <see cref="PackageVersions"/> of an XML file; null for another kind of file, where it is long, and where the
    /// file is no longer the one that was hashed.
    /// </summary>
    /// <param name="input">The input.</param>
    /// <param name="workspaceFolder">What its path is relative to.</param>
    internal static string? Of(DeclaredInputDigest input, string workspaceFolder)
    {
        bool isXml = input.Projection == "xml";
        if (!isXml && !(Names.Contains(Path.GetFileName(input.Path)) && input.Projection.StartsWith("json", StringComparison.Ordinal)))
        {
            return null;
        }

        string path = Path.GetFullPath(input.Path, workspaceFolder);
        try
        {
            if (new FileInfo(path).Length > LongestFile)
            {
                return null;
            }

            byte[] content = RegularFile.ReadAllBytes(path, out _);
            byte[] projected = InputProjection.Apply(new DeclaredInput(path, input.Tier, input.Projection), content);
            byte[]? value = Convert.ToHexStringLower(SHA256.HashData(projected)) != input.Sha256 ? null
                : isXml ? PackageVersions.Read(new MemoryStream(content, writable: false))
                : projected;
            return value is { Length: > 0 } && value.Length <= (isXml ? LongestVersions : LongestValue) ? Encoding.UTF8.GetString(value) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DevcontainerException or XmlException)
        {
            // Changed or gone since it was hashed: the digest says what counted then.
            return null;
        }
    }
}
