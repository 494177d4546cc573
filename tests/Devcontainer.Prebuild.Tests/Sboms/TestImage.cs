using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

/// <summary>An image of hand-made layers in a layout of its own.</summary>
internal sealed class TestImage : IDisposable
{
    internal static readonly DateTimeOffset Created = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("devcontainer-sbom-");

    internal TestImage(params ReadOnlySpan<TestLayer> layers)
    {
        Layout = OciLayout.Create(_folder.FullName);
        var descriptors = new List<Descriptor>();
        foreach (TestLayer layer in layers)
        {
            descriptors.Add(Layout.AddBlob(layer.ToBytes(), layer.Gzip ? MediaTypes.LayerGzip : MediaTypes.Layer));
        }

        Layers = descriptors;
        Manifest = AddManifest(descriptors);
    }

    internal OciLayout Layout { get; }

    internal IReadOnlyList<Descriptor> Layers { get; }

    internal Descriptor Manifest { get; }

    internal static SbomRequest Request { get; } = new()
    {
        ImageName = "localhost:5000/team/quickstart",
        Platform = new Platform("linux", "amd64"),
        Created = Created,
    };

    internal Descriptor AddManifest(IReadOnlyList<Descriptor> layers)
    {
        Descriptor config = Layout.AddBlob(
            new ImageConfig { Architecture = "amd64", Os = "linux", DiffIds = [.. layers.Select(l => l.Digest)] }.ToBytes(), MediaTypes.ImageConfig);
        return Layout.AddBlob(new ImageManifest { Config = config, Layers = layers }.ToBytes(), MediaTypes.ImageManifest);
    }

    internal Task<Sbom> GenerateAsync(SbomRequest? request = null) => SbomGenerator.GenerateAsync(Layout, Manifest, request ?? Request);

    /// <summary>What dpkg has, as <c>name version</c>, in the order of names.</summary>
    internal async Task<string[]> DebianPackagesAsync() => SbomReader.DebianPackages((await GenerateAsync()).Json);

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>A layer in the making.</summary>
internal sealed class TestLayer
{
    private readonly List<PaxTarEntry> _entries = [];

    internal bool Gzip { get; init; } = true;

    internal TestLayer File(string path, string content) => File(path, Encoding.UTF8.GetBytes(content));

    internal TestLayer File(string path, byte[] content) =>
        Add(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) });

    /// <summary>A program, with what others may do with it.</summary>
    internal TestLayer Program(string path, UnixFileMode mode, byte[]? content = null) =>
        Add(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content ?? "program"u8.ToArray()), Mode = mode });

    internal TestLayer Directory(string path) => Add(new PaxTarEntry(TarEntryType.Directory, path + "/"));

    internal TestLayer SymbolicLink(string path, string target) => Add(new PaxTarEntry(TarEntryType.SymbolicLink, path) { LinkName = target });

    internal TestLayer HardLink(string path, string target) => Add(new PaxTarEntry(TarEntryType.HardLink, path) { LinkName = target });

    internal TestLayer Fifo(string path) => Add(new PaxTarEntry(TarEntryType.Fifo, path));

    internal TestLayer Without(string path) => File(path[..(path.LastIndexOf('/') + 1)] + ".wh." + path[(path.LastIndexOf('/') + 1)..], "");

    internal TestLayer Opaque(string directory) => File(directory.Length == 0 ? ".wh..wh..opq" : directory + "/.wh..wh..opq", "");

    /// <summary>A dpkg status file with packages that are installed, <c>name version</c> each.</summary>
    internal TestLayer Status(params ReadOnlySpan<string> packages) => File("var/lib/dpkg/status", Dpkg.Status(packages));

    internal byte[] ToBytes()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            _entries.ForEach(writer.WriteEntry);
        }

        if (!Gzip)
        {
            return tar.ToArray();
        }

        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(tar.ToArray());
        }

        return zipped.ToArray();
    }

    private TestLayer Add(PaxTarEntry entry)
    {
        _entries.Add(entry);
        return this;
    }
}

/// <summary>Writes what dpkg writes.</summary>
internal static class Dpkg
{
    internal const string OsRelease = """
        PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
        NAME="Debian GNU/Linux"
        VERSION_ID="12"
        VERSION_CODENAME=bookworm
        ID=debian

        """;

    internal static string Status(params ReadOnlySpan<string> packages)
    {
        var text = new StringBuilder();
        foreach (string package in packages)
        {
            text.Append(Paragraph(package)).Append('\n');
        }

        return text.ToString();
    }

    internal static string Paragraph(string package, string status = "install ok installed", string more = "")
    {
        string[] words = package.Split(' ');
        return $"""
            Package: {words[0]}
            Status: {status}
            Priority: optional
            Maintainer: A Person <a@example.org>
            Architecture: amd64
            Version: {words[1]}
            {more}Description: something
             longer text
             .
             ends

            """;
    }
}

/// <summary>Reads an SBOM's JSON.</summary>
internal static class SbomReader
{
    internal static JsonElement Parse(byte[] json) => JsonDocument.Parse(json).RootElement;

    internal static string[] DebianPackages(byte[] json) =>
    [
        .. Parse(json).GetProperty("packages").EnumerateArray()
            .Where(p => Purl(p)?.StartsWith("pkg:deb/", StringComparison.Ordinal) == true)
            .Select(p => $"{p.GetProperty("name").GetString()} {p.GetProperty("versionInfo").GetString()}")
            .Order(StringComparer.Ordinal),
    ];

    internal static JsonElement Package(byte[] json, string name) =>
        Parse(json).GetProperty("packages").EnumerateArray().Single(p => p.GetProperty("name").GetString() == name);

    internal static string? Purl(JsonElement package) => package.TryGetProperty("externalRefs", out JsonElement references)
        ? references.EnumerateArray().Single().GetProperty("referenceLocator").GetString()
        : null;

    /// <summary>The package URLs of what is in the image, in ordinal order.</summary>
    internal static string[] Purls(byte[] json) =>
    [
        .. Parse(json).GetProperty("packages").EnumerateArray().Select(Purl).OfType<string>()
            .Where(purl => !purl.StartsWith("pkg:oci/", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    internal static string[] Relationships(byte[] json) =>
    [
        .. Parse(json).GetProperty("relationships").EnumerateArray().Select(r =>
            $"{r.GetProperty("spdxElementId").GetString()} {r.GetProperty("relationshipType").GetString()} {r.GetProperty("relatedSpdxElement").GetString()}"),
    ];
}
