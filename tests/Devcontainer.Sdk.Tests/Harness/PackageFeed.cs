using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>A folder that NuGet takes packages from, of packages that are small and nobody else's.</summary>
internal sealed class PackageFeed
{
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(SdkPackage.RunFolder, "feeds", Path.GetRandomFileName())).FullName;

    /// <summary>Begins the ids of its packages: nobody else's, and so that the packages One and Two are in two layers (docs/packages.md).</summary>
    internal string Prefix { get; } = Prefixes().First(static prefix => LayerOf($"{prefix}.one") != LayerOf($"{prefix}.two"));

    /// <summary>The nuget.config that adds it to the sources.</summary>
    internal string NuGetConfig => $"""<configuration><packageSources><add key="test" value="{_folder}" /></packageSources></configuration>""";

    /// <summary>Adds a package.</summary>
    /// <param name="name">Its id without the prefix.</param>
    /// <param name="version">Its version.</param>
    /// <param name="size">How much of it there is, in bytes that cannot be compressed.</param>
    /// <param name="dependencies">Id without the prefix, and version, each.</param>
    internal PackageFeed Add(string name, string version, int size = 0, params (string Name, string Version)[] dependencies)
    {
        using FileStream stream = File.Create(Path.Combine(_folder, $"{Prefix}.{name}.{version}.nupkg"));
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create);
        string list = string.Concat(dependencies.Select(one => $"<dependency id=\"{Prefix}.{one.Name}\" version=\"{one.Version}\" />"));
        Write(
            archive,
            $"{Prefix}.{name}.nuspec",
            Encoding.UTF8.GetBytes(
                $"""
                <?xml version="1.0"?>
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                  <metadata>
                    <id>{Prefix}.{name}</id><version>{version}</version><authors>Tests</authors><description>A package.</description>
                    <dependencies><group targetFramework="net10.0">{list}</group></dependencies>
                  </metadata>
                </package>
                """));
        Write(archive, "lib/net10.0/_._", []);
        byte[] content = new byte[size];
        new Random(HashCode.Combine(size)).NextBytes(content);
        Write(archive, "content/data", content);
        return this;
    }

    /// <summary>
    /// Adds a .NET tool that is a script for each runtime (learn.microsoft.com, "Create RID-specific, self-contained, and AOT .NET tools"): a package that names
    /// one for each.
    /// </summary>
    /// <param name="name">Its id and its command, without the prefix.</param>
    /// <param name="version">Its version.</param>
    /// <param name="runtimes">The runtimes.</param>
    internal PackageFeed AddTool(string name, string version, params string[] runtimes)
    {
        string id = $"{Prefix}.{name}";
        string parts = string.Concat(runtimes.Select(runtime => $"<RuntimeIdentifierPackage RuntimeIdentifier=\"{runtime}\" Id=\"{id}.{runtime}\" />"));
        AddTool(id, version, "any", $"""<Commands><Command Name="{id}" /></Commands><RuntimeIdentifierPackages>{parts}</RuntimeIdentifierPackages>""", "DotnetTool");
        foreach (string runtime in runtimes)
        {
            AddTool(
                $"{id}.{runtime}",
                version,
                runtime,
                $"""<Commands><Command Name="{id}" EntryPoint="run" Runner="executable" /></Commands>""",
                "DotnetToolRidPackage",
                $"#!/bin/sh\necho {version} for {runtime}\n");
        }

        return this;
    }

    private void AddTool(string id, string version, string runtime, string settings, string type, string? script = null)
    {
        using FileStream stream = File.Create(Path.Combine(_folder, $"{id}.{version}.nupkg"));
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create);
        Write(
            archive,
            $"{id}.nuspec",
            Encoding.UTF8.GetBytes(
                $"""
                <?xml version="1.0"?>
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                  <metadata>
                    <id>{id}</id><version>{version}</version><authors>Tests</authors><description>A tool.</description>
                    <packageTypes><packageType name="{type}" /></packageTypes>
                  </metadata>
                </package>
                """));
        Write(archive, $"tools/net10.0/{runtime}/DotnetToolSettings.xml", Encoding.UTF8.GetBytes($"""<DotNetCliTool Version="2">{settings}</DotNetCliTool>"""));
        if (script is not null)
        {
            Write(archive, $"tools/net10.0/{runtime}/run", Encoding.UTF8.GetBytes(script));
        }
    }

    private static IEnumerable<string> Prefixes()
    {
        while (true)
        {
            yield return $"t{Guid.NewGuid():N}";
        }
    }

    private static int LayerOf(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[0] % 32;

    private static void Write(ZipArchive archive, string path, byte[] content)
    {
        using Stream entry = archive.CreateEntry(path).Open();
        entry.Write(content);
    }
}
