using System.IO.Compression;

/// <summary>Figure 7: the SBOM of an image with the .NET SDK, made anew from the layers in the output folder.</summary>
internal static class SbomOfImage
{
    /// <summary>Measures builds that have nothing to do but the SBOM, against such that have nothing to do, and a project whose SDK is empty.</summary>
    internal static void Measure(string root, string output, string registry, int rounds)
    {
        string workspace = Workspaces.CreateEmpty(Path.Combine(output, "sbom"), root);
        string empty = Workspaces.CreateEmpty(Path.Combine(output, "sbom-empty"), root);
        File.Delete(Path.Combine(workspace, "empty.proj"));
        File.WriteAllText(Path.Combine(workspace, "bench.proj"), "<Project Sdk=\"Devcontainer.Sdk/0.1.0-dev\" />\n");
        string configuration = Directory.CreateDirectory(Path.Combine(workspace, ".devcontainer")).FullName;
        File.WriteAllText(Path.Combine(configuration, "devcontainer.json"), """{ "build": { "dockerfile": "Dockerfile" } }""");

        // The .NET SDK, and some of it twice: a gigabyte of files.
        File.WriteAllText(Path.Combine(configuration, "Dockerfile"), $"FROM {registry}/devcontainers/dotnet:10.0\nRUN cp -r /usr/share/dotnet/shared /opt/shared\n");
        var ours = new Command("Devcontainer.Sdk", "dotnet", ["build", "-t:Prebuild"], workspace);
        ours.Run();
        string image = Path.Combine(workspace, "bin", "devcontainer");
        FileInfo[] blobs = new DirectoryInfo(Path.Combine(image, "image", "blobs")).GetFiles("*", SearchOption.AllDirectories);
        Console.WriteLine($"7 image: {blobs.Sum(Unpacked) / 1e9:0.00} GB of files, {blobs.Sum(static file => file.Length) / 1_000_000} MB as stored");
        Report.Print(
            "7 SBOM",
            rounds,
            prepare: null,
            ours with { Name = "Devcontainer.Sdk, SBOM made anew", Prepare = () => Images.Delete(Path.Combine(image, "sbom")) },
            ours with { Name = "Devcontainer.Sdk, nothing to do" },
            new Command("empty packaged SDK", "dotnet", ["build"], empty));
    }

    private static long Unpacked(FileInfo blob)
    {
        using FileStream stream = blob.OpenRead();
        if (stream.ReadByte() != 0x1F || stream.ReadByte() != 0x8B)
        {
            return 0;
        }

        stream.Position = 0;
        using var gzip = new GZipStream(stream, CompressionMode.Decompress);
        byte[] buffer = new byte[1 << 20];
        long length = 0;
        for (int read; (read = gzip.Read(buffer)) > 0; length += read)
        {
        }

        return length;
    }
}
