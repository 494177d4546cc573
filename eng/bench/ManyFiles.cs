/// <summary>Figure 5: the key of a context of 10,000 files with 100 MB.</summary>
internal static class ManyFiles
{
    private const int Files = 10_000;
    private const int Length = 10_000;
    private const int FilesInFolder = 100;

    /// <summary>Measures builds with nothing to do against a project whose SDK is empty and against sha256sum over the same files.</summary>
    internal static void Measure(string root, string output, int rounds)
    {
        string workspace = Create(root, Path.Combine(output, "many"));
        string empty = Workspaces.CreateEmpty(Path.Combine(output, "many-empty"), root);
        string data = Path.Combine(workspace, ".devcontainer", "data");
        var ours = new Command("Devcontainer.Sdk, unchanged", "dotnet", ["build", "-t:Prebuild"], workspace);
        var floor = new Command("empty packaged SDK", "dotnet", ["build"], empty);
        var one = new Command("sha256sum, one process", "sh", ["-c", "find . -type f -print0 | xargs -0 sha256sum >/dev/null"], data);
        var all = new Command("sha256sum, one for each processor", "sh", ["-c", $"find . -type f -print0 | xargs -0 -n 500 -P {Environment.ProcessorCount} sha256sum >/dev/null"], data);
        ours.Run();

        // What a file was changed shortly before is not kept, so the cache is whole only some seconds after the files are written.
        Thread.Sleep(TimeSpan.FromSeconds(6));
        ours.Run();
        Report.Print("5 key over 10,000 files, unchanged", rounds, prepare: null, ours, floor);
        Report.Print(
            "5 key over 10,000 files, nothing known",
            rounds,
            () => File.Delete(Path.Combine(workspace, "bin", "devcontainer", "inputs.cache")),
            ours with { Name = "Devcontainer.Sdk, every file hashed" },
            floor,
            one,
            all);
    }

    private static string Create(string root, string path)
    {
        Workspaces.CreateEmpty(path, root);
        File.Delete(Path.Combine(path, "empty.proj"));
        File.WriteAllText(Path.Combine(path, "bench.proj"), "<Project Sdk=\"Devcontainer.Sdk/0.1.0-dev\" />\n");
        string configuration = Path.Combine(path, ".devcontainer");
        var random = new Random(5);
        byte[] content = new byte[Length];
        for (int i = 0; i < Files; i++)
        {
            string folder = Path.Combine(configuration, "data", $"folder{i / FilesInFolder:000}");
            if (i % FilesInFolder == 0)
            {
                Directory.CreateDirectory(folder);
            }

            random.NextBytes(content);
            File.WriteAllBytes(Path.Combine(folder, $"file{i:00000}.bin"), content);
        }

        File.WriteAllText(Path.Combine(configuration, "devcontainer.json"), """{ "build": { "dockerfile": "Dockerfile" } }""");
        File.WriteAllText(Path.Combine(configuration, "Dockerfile"), "FROM scratch\nCOPY data /data\n");
        return path;
    }
}
