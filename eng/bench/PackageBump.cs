using System.Text.RegularExpressions;

/// <summary>Figure 4: one package of samples/monorepo gets a new version, and the image with its 200 packages is published again.</summary>
internal static partial class PackageBump
{
    private const string Package = "\"Dapper\" Version=";
    private static readonly string[] Versions = ["2.1.86", "2.1.66"];

    // What a team without a packages tier does. Without network, as the other: where there is one that leads nowhere, NuGet waits for it for minutes.
    private const string RestoringDockerfile =
        """
        FROM <registry>/devcontainers/dotnet:10.0
        RUN echo 'export LESS=-FRX' > /etc/profile.d/less.sh
        COPY . /src
        RUN --network=none --mount=type=bind,from=feed,target=/feed cd /src && dotnet restore monorepo.slnx --source /feed -p:NuGetAudit=false

        """;

    /// <summary>
    /// Measures our append, without docker on PATH, against our build of the same image from nothing, and against the reference CLI on a Dockerfile that
    /// restores, of which the engine has all but that instruction; and counts what a bump uploads.
    /// </summary>
    internal static void Measure(string root, string output, string cli, int rounds)
    {
        string registry = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY") ?? throw new InvalidOperationException("Run through eng/bench/run.sh.");
        string workspace = Create(root, Path.Combine(output, "monorepo"));
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
        Command reference = Reference(root, output, registry, cli);
        reference.Prepare!();
        reference.Run();
        Report.Print("4 one package of 200", rounds, prepare: null, bump, reference, full);
    }

    private static string Create(string root, string workspace)
    {
        Copy(Path.Combine(root, "samples", "monorepo"), workspace);
        File.Copy(Path.Combine(root, "global.json"), Path.Combine(workspace, "global.json"), overwrite: true);
        return workspace;
    }

    // The feed is a folder with both versions: no network is in the figure.
    private static Command Reference(string root, string output, string registry, string cli)
    {
        string workspace = Create(root, Path.Combine(output, "monorepo-reference"));
        string packages = Path.Combine(output, "monorepo-packages");
        string feed = Directory.CreateDirectory(Path.Combine(output, "monorepo-feed")).FullName;
        int version = 0;
        foreach (string _ in Versions)
        {
            Set(workspace, ++version);
            new Command("restore", "dotnet", ["restore", "monorepo.slnx", $"-p:RestorePackagesPath={packages}"], workspace).Run();
        }

        foreach (string package in Directory.EnumerateFiles(packages, "*.nupkg", SearchOption.AllDirectories))
        {
            File.Copy(package, Path.Combine(feed, Path.GetFileName(package)), overwrite: true);
        }

        File.WriteAllText(Path.Combine(workspace, ".devcontainer", "Dockerfile"), RestoringDockerfile.Replace("<registry>", registry, StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(workspace, ".dockerignore"), "**/bin\n**/obj\n");
        File.WriteAllText(
            Path.Combine(workspace, ".devcontainer", "devcontainer.json"),
            $$"""{ "build": { "dockerfile": "Dockerfile", "context": "..", "options": ["--build-context=feed={{feed}}"] } }""");
        string image = $"{registry}/devcontainer-bench/{Guid.NewGuid():N}:latest";
        return new Command("devcontainer build --push, a Dockerfile that restores", cli, ["build", "--workspace-folder", workspace, "--image-name", image, "--push", "true"], workspace)
        {
            Prepare = () => Set(workspace, ++version),
        };
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
