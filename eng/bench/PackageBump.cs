using System.Text.RegularExpressions;

/// <summary>Figure 4: one package of samples/monorepo gets a new version, and the image with its 200 packages is published again.</summary>
internal static partial class PackageBump
{
    private const string Package = "\"Dapper\" Version=";
    private static readonly string[] Versions = ["2.1.86", "2.1.66"];

    /// <summary>Measures our append, without docker on PATH, against our build of the same image from nothing; and counts what a bump uploads.</summary>
    internal static void Measure(string root, string output, int rounds)
    {
        string registry = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY") ?? throw new InvalidOperationException("Run through eng/bench/run.sh.");
        string workspace = Path.Combine(output, "monorepo");
        Copy(Path.Combine(root, "samples", "monorepo"), workspace);
        File.Copy(Path.Combine(root, "global.json"), Path.Combine(workspace, "global.json"), overwrite: true);
        File.WriteAllText(
            Path.Combine(workspace, ".devcontainer", "nuget.config"),
            $"""<configuration><packageSources><add key="sdk" value="{Path.Combine(root, "artifacts", "packages")}" /></packageSources></configuration>""");
        string[] arguments =
        [
            "publish", ".devcontainer/monorepo.proj", "-p:PushDevcontainer=true", $"-p:DevcontainerRegistry={registry}", $"-p:DevcontainerRepository=devcontainer-bench/{Guid.NewGuid():N}",
            $"-p:DevcontainerRegistryMirrors=mcr.microsoft.com={registry}", "-p:DevcontainerImageTags=latest", "-p:EnableDefaultDevcontainerCache=false",
        ];
        string withoutDocker = string.Join(Path.PathSeparator, Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Where(static folder => !File.Exists(Path.Combine(folder, "docker"))));
        int version = 0;
        var full = new Command("Devcontainer.Sdk, everything built", "dotnet", [.. arguments, "-p:DevcontainerForce=true"], workspace)
        {
            Prepare = () =>
            {
                Images.Delete(Path.Combine(workspace, ".devcontainer", "bin"));
                new Command("prune", "docker", ["buildx", "prune", "--all", "--force"], workspace).Run();
            },
        };
        full.Prepare!();
        new Command("first", "dotnet", arguments, workspace).Run();
        var bump = new Command("Devcontainer.Sdk, one package bumped", "dotnet", arguments, workspace)
        {
            Path = withoutDocker,
            Prepare = () => Set(workspace, ++version),
        };
        bump.Prepare!();
        string said = bump.Run().Output;
        Console.WriteLine($"4 uploads: {Layers().Match(said).Value} {Sent().Match(said).Value}");
        Report.Print("4 one package of 200", rounds, prepare: null, bump, full);
    }

    // The other of two versions; and, so that no earlier round's image has the key, one more that no project takes.
    private static void Set(string workspace, int round)
    {
        string file = Path.Combine(workspace, "Directory.Packages.props");
        string text = Version().Replace(File.ReadAllText(file), $"{Package}\"{Versions[round % 2]}\"");
        File.WriteAllText(file, text.Replace("</ItemGroup>", $"<PackageVersion Include=\"Round{round}\" Version=\"1.0.0\" /></ItemGroup>", StringComparison.Ordinal));
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(from, file);
            if (!relative.Split(Path.DirectorySeparatorChar).Any(static part => part is "bin" or "obj" or "devcontainer-prebuild.lock.json"))
            {
                string target = Path.Combine(to, relative);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target, overwrite: true);
            }
        }
    }

    [GeneratedRegex("\"Dapper\" Version=\"[^\"]*\"")]
    private static partial Regex Version();

    [GeneratedRegex(@"Packages: [^\n]*")]
    private static partial Regex Layers();

    [GeneratedRegex(@"Pushed [^\n]*")]
    private static partial Regex Sent();
}
