using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>The .NET SDK of this machine, as an archive like the official ones: those cannot be counted on to be reachable.</summary>
internal static class MachineSdk
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));

    /// <summary>What <c>dotnet --version</c> needs, and no more: the whole is hundreds of megabytes.</summary>
    internal static byte[] PackHost(string version) => Pack(Hosts().Concat(Directory.EnumerateFiles(Path.Combine(Root, "sdk", version))));

    /// <summary>What restores and builds C#: all but F# and messages in other languages.</summary>
    internal static byte[] PackCSharp(string version)
    {
        string sdk = Path.Combine(Root, "sdk", version);
        return Pack(Hosts().Concat(Files("sdk-manifests")).Concat(Directory.EnumerateFiles(sdk, "*", SearchOption.AllDirectories).Where(file =>
            !file.EndsWith(".resources.dll", StringComparison.Ordinal) && !file.StartsWith(Path.Combine(sdk, "FSharp"), StringComparison.Ordinal)))
            .Concat(Files("packs")));
    }

    private static IEnumerable<string> Hosts() => Files("shared").Concat(Files("host")).Append(Path.Combine(Root, "dotnet"));

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories);

    private static byte[] Pack(IEnumerable<string> files)
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            foreach (string file in files)
            {
                tar.WriteEntry(file, "./" + Path.GetRelativePath(Root, file));
            }
        }

        return bytes.ToArray();
    }
}
