using System.Formats.Tar;
using System.IO.Compression;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Packages;

namespace Devcontainer.Prebuild.Tests.Packages;

[TestClass]
public sealed class ToolLayerTests
{
    [TestMethod]
    public void It_has_the_archives_as_they_are_and_the_configuration_that_names_them()
    {
        using var folder = new PackagesFolder();
        using var layouts = new TestFolder();
        NuGetPackage tool = folder.Add("Some.Tool", "1.0.0", ("tools/net10.0/any/tool.dll", "dll"));
        ToolLayer layer = ToolLayer.Spread([tool]).Single();
        var files = Read(layouts["layout"], layer).ToDictionary(static file => file.Path, static file => file.Content);
        CollectionAssert.AreEqual(
            new[] { "usr/local/share/nuget/tools/nuget.config", "usr/local/share/nuget/tools/some.tool.1.0.0.nupkg" },
            files.Keys.Order(StringComparer.Ordinal).ToArray());
        CollectionAssert.AreEqual(File.ReadAllBytes(tool.Archive), files["usr/local/share/nuget/tools/some.tool.1.0.0.nupkg"]);
    }

    [TestMethod]
    public void What_is_for_one_platform_is_in_a_layer_of_its_own()
    {
        using var folder = new PackagesFolder();
        NuGetPackage tool = folder.Add("Some.Tool", "1.0.0");
        NuGetPackage x64 = folder.Add("Some.Tool.linux-x64", "1.0.0");
        NuGetPackage arm64 = folder.Add("Some.Tool.linux-arm64", "1.0.0");
        ToolLayer[] one = [.. ToolLayer.Spread([tool, x64])];
        ToolLayer[] other = [.. ToolLayer.Spread([tool, arm64])];
        Assert.HasCount(2, one);
        Assert.AreEqual(one[0].Key, other[0].Key);
        Assert.AreNotEqual(one[1].Key, other[1].Key);
        Assert.AreNotEqual(one[0].Key, ToolLayer.Spread([folder.Add("Some.Tool", "1.0.1")]).Single().Key);
        Assert.AreNotEqual(one[0].Key, PackageLayer.Spread([tool]).Single().Key);
    }

    [TestMethod]
    public void An_archive_that_is_not_what_NuGet_fetched_is_an_error()
    {
        using var folder = new PackagesFolder();
        NuGetPackage tool = folder.Add("Some.Tool", "1.0.0");
        File.AppendAllText(tool.Archive, "x");
        Assert.AreEqual("DEVC3072", Assert.ThrowsExactly<DevcontainerException>(() => ToolLayer.Spread([tool]).ToArray()).Diagnostic.Code);
    }

    private static IEnumerable<(string Path, byte[] Content)> Read(string path, ToolLayer layer)
    {
        Directory.CreateDirectory(path);
        var layout = OciLayout.Create(path);
        using Stream blob = layout.OpenBlob(layer.Write(layout, CancellationToken.None).Layer);
        using var reader = new TarReader(new GZipStream(blob, CompressionMode.Decompress));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is { } data)
            {
                using var content = new MemoryStream();
                data.CopyTo(content);
                yield return (entry.Name, content.ToArray());
            }
        }
    }
}
