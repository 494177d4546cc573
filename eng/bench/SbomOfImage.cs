/// <summary>Figure 7: the SBOM of an image with the .NET SDK, made anew from the layers in the output folder.</summary>
internal static class SbomOfImage
{
    /// <summary>Measures builds that have nothing to do but the SBOM, against a project whose SDK is empty.</summary>
    internal static void Measure(string root, string output, string registry, int rounds)
    {
        string workspace = Workspaces.CreateEmpty(Path.Combine(output, "sbom"), root);
        string empty = Workspaces.CreateEmpty(Path.Combine(output, "sbom-empty"), root);
        File.Delete(Path.Combine(workspace, "empty.proj"));
        File.WriteAllText(Path.Combine(workspace, "bench.proj"), "<Project Sdk=\"Devcontainer.Sdk/0.1.0-dev\" />\n");
        string configuration = Directory.CreateDirectory(Path.Combine(workspace, ".devcontainer")).FullName;
        File.WriteAllText(Path.Combine(configuration, "devcontainer.json"), """{ "build": { "dockerfile": "Dockerfile" } }""");

        // The SDK twice: about a gigabyte of files.
        File.WriteAllText(Path.Combine(configuration, "Dockerfile"), $"FROM {registry}/devcontainers/dotnet:10.0\nRUN cp -r /usr/share/dotnet /opt/dotnet\n");
        var ours = new Command("Devcontainer.Sdk", "dotnet", ["build", "-t:Prebuild"], workspace);
        ours.Run();
        string image = Path.Combine(workspace, "bin", "devcontainer");
        Console.WriteLine($"7 image: {new DirectoryInfo(Path.Combine(image, "image", "blobs")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length) / 1_000_000} MB as stored");
        Report.Print(
            "7 SBOM",
            rounds,
            () => Images.Delete(Path.Combine(image, "sbom")),
            ours with { Name = "Devcontainer.Sdk, SBOM made anew" },
            new Command("empty packaged SDK", "dotnet", ["build"], empty));
    }
}
