using System.Diagnostics;
using System.Globalization;

if (args is ["push" or "pull", string layout, string reference])
{
    await Transfer.RunAsync(args[0], layout, reference);
    return;
}

// Arguments: the repository, an output folder, how many rounds, which figures.
string root = args[0];
string output = args[1];
int rounds = int.Parse(args[2], CultureInfo.InvariantCulture);
string[] figures = args[3..];
string cli = Path.Combine(output, "node_modules", ".bin", "devcontainer");
Report.Begin(rounds);
if (figures.Contains("1") || figures.Contains("2") || figures.Contains("3"))
{
    string registry = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY") ?? throw new InvalidOperationException("Run through eng/bench/run.sh.");
    Builds.Measure(root, output, registry, cli, rounds, figures);
}

if (figures.Contains("4"))
{
    PackageBump.Measure(root, output, cli, rounds);
}

if (figures.Contains("5"))
{
    ManyFiles.Measure(root, output, rounds);
}

if (figures.Contains("7"))
{
    string registry = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY") ?? throw new InvalidOperationException("Run through eng/bench/run.sh.");
    SbomOfImage.Measure(root, output, registry, rounds);
}

if (figures.Contains("8"))
{
    Images.Measure(output, rounds);
}

/// <summary>Figures 1 to 3: builds of workspaces.</summary>
internal static class Builds
{
    internal static void Measure(string root, string output, string registry, string cli, int rounds, string[] figures)
    {
        // A workspace each, so that nobody finds what another one left. The base image is named as the registry here has it, for the tools that know no mirrors.
        string small = Workspaces.Create(root, Path.Combine(output, "small"), registry, Workspaces.Small);
        string large = Workspaces.Create(root, Path.Combine(output, "large"), registry, Workspaces.Large);
        if (figures.Contains("1"))
        {
            string empty = Workspaces.CreateEmpty(Path.Combine(output, "empty"), root);
            Report.Print(
                "1 nothing to do",
                rounds,
                prepare: null,
                new("Devcontainer.Sdk", "dotnet", ["build", "-t:Prebuild"], small),
                new("empty packaged SDK", "dotnet", ["build"], empty),
                new("devcontainer build", cli, ["build", "--workspace-folder", small, "--image-name", "devcontainer-bench:small"], small));
        }

        if (figures.Contains("2"))
        {
            FreshMachine.Measure(root, output, registry, cli, rounds);
        }

        if (figures.Contains("3"))
        {
            MeasureFull("3 full build, two small Features", small, output, rounds);
            MeasureFull("3 full build, apt packages", large, output, rounds);
        }
    }

    private static void MeasureFull(string name, string workspace, string output, int rounds)
    {
        string destination = Path.Combine(output, "buildx");
        string plan = Path.Combine(workspace, "bin", "devcontainer", "plan");
        var build = new Command("Devcontainer.Sdk", "dotnet", ["build", "-t:Prebuild"], workspace);
        build.Run();
        var buildx = new Command("docker buildx build", "docker", Workspaces.BuildxArguments(plan, destination), workspace);

        // Same Dockerfile, contexts, exporter and options; no build cache, no earlier output. Ours makes an SBOM besides.
        void Empty()
        {
            new Command("prune", "docker", ["buildx", "prune", "--all", "--force"], workspace).Run();
            foreach (string folder in new[] { destination, Path.Combine(workspace, "bin", "devcontainer", "image"), Path.Combine(workspace, "bin", "devcontainer", "sbom") })
            {
                Images.Delete(folder);
            }
        }

        Report.Print(name, Math.Max(3, rounds / 2), Empty, build, buildx);
    }
}

/// <summary>One command that is measured.</summary>
internal sealed record Command(string Name, string FileName, IReadOnlyList<string> Arguments, string WorkingDirectory)
{
    /// <summary>What it has as PATH; null for that of this process.</summary>
    internal string? Path { get; init; }

    /// <summary>What is done before it, and does not count; null for what all commands of the figure have.</summary>
    internal Action? Prepare { get; init; }

    /// <summary>Runs it to its end.</summary>
    internal Taken Run()
    {
        var info = new ProcessStartInfo(FileName, Arguments) { WorkingDirectory = WorkingDirectory, RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["DevcontainerLockedMode"] = "false";
        info.Environment["BUILDX_NO_DEFAULT_ATTESTATIONS"] = "1";
        if (Path is not null)
        {
            info.Environment["PATH"] = Path;
        }

        long started = Stopwatch.GetTimestamp();
        using Process process = Process.Start(info)!;
        Task<string> standardOutput = process.StandardOutput.ReadToEndAsync();
        Task<string> standardError = process.StandardError.ReadToEndAsync();
        double peak = 0;
        do
        {
            peak = Math.Max(peak, PeakMegabytes(process.Id));
        }
        while (!process.WaitForExit(10));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return process.ExitCode == 0
            ? new Taken(seconds, peak, standardOutput.Result)
            : throw new InvalidOperationException($"{Name} failed with {process.ExitCode}:\n{standardOutput.Result}\n{standardError.Result}");
    }

    // The kernel keeps the peak (proc(5), VmHWM) for as long as the process lives.
    private static double PeakMegabytes(int process)
    {
        try
        {
            string? line = OperatingSystem.IsLinux()
                ? File.ReadLines($"/proc/{process}/status").FirstOrDefault(static l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
                : null;
            return line is null ? 0 : double.Parse(line[6..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1000;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

/// <summary>What a command took.</summary>
/// <param name="Seconds">Of the clock.</param>
/// <param name="Megabytes">The most memory that its first process had at a time; zero where that is not known.</param>
/// <param name="Output">What it wrote.</param>
internal sealed record Taken(double Seconds, double Megabytes, string Output);

/// <summary>Measures commands in turn and prints a row for each.</summary>
internal static class Report
{
    internal static void Begin(int rounds)
    {
        Console.WriteLine($"{rounds} rounds, in turn; medians of whole processes. {Environment.ProcessorCount} processors.");
        Console.WriteLine();
        Console.WriteLine("| figure | command | median s | min–max s | peak MB | ratio of medians |");
        Console.WriteLine("|---|---|---|---|---|---|");
    }

    internal static void Print(string figure, int rounds, Action? prepare, params Command[] commands)
    {
        double[][] seconds = [.. commands.Select(_ => new double[rounds])];
        double[] megabytes = new double[commands.Length];
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < commands.Length; i++)
            {
                (commands[i].Prepare ?? prepare)?.Invoke();
                Taken taken = commands[i].Run();

                // The first round warms up.
                if (round >= 0)
                {
                    seconds[i][round] = taken.Seconds;
                    megabytes[i] = Math.Max(megabytes[i], taken.Megabytes);
                }
            }
        }

        double ours = Median(seconds[0]);
        for (int i = 0; i < commands.Length; i++)
        {
            string ratio = i == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"ours is {ours / Median(seconds[i]):0.00} × this");
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {figure} | {commands[i].Name} | {Median(seconds[i]):0.000} | {seconds[i].Min():0.000}–{seconds[i].Max():0.000} | {megabytes[i]:0} | {ratio} |"));
        }
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>The workspaces that are built.</summary>
internal static class Workspaces
{
    /// <summary>The Features of samples/quickstart.</summary>
    internal const string Small = "\"./features/hello\": { \"greeting\": \"Hello\" }, \"./features/toolbox\": {}";

    /// <summary>A Feature that installs packages, as most do.</summary>
    internal const string Large = "\"./features/packages\": {}";

    internal static string Create(string root, string path, string registry, string features)
    {
        string configuration = Path.Combine(path, ".devcontainer");
        Copy(Path.Combine(root, "samples", "quickstart", ".devcontainer", "features"), Path.Combine(configuration, "features"));
        string packages = Path.Combine(configuration, "features", "packages");
        Directory.CreateDirectory(packages);
        File.WriteAllText(Path.Combine(packages, "devcontainer-feature.json"), """{ "id": "packages", "version": "1.0.0", "name": "Packages" }""");
        File.WriteAllText(
            Path.Combine(packages, "install.sh"),
            "#!/bin/sh\nset -e\napt-get update\napt-get install -y --no-install-recommends build-essential python3 jq\nrm -rf /var/lib/apt/lists/*\n");
        File.WriteAllText(
            Path.Combine(configuration, "devcontainer.json"),
            $$"""{ "image": "{{registry}}/devcontainers/base:bookworm", "features": { {{features}} } }""");
        File.WriteAllText(Path.Combine(path, "bench.proj"), "<Project Sdk=\"Devcontainer.Sdk/0.1.0-dev\" />\n");
        WriteFeed(path, root);
        return path;
    }

    internal static string CreateEmpty(string path, string root)
    {
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "empty.proj"), "<Project Sdk=\"Empty.Sdk/1.0.0\" />\n");
        WriteFeed(path, root);
        return path;
    }

    /// <summary>The build of a plan as one would type it.</summary>
    internal static IReadOnlyList<string> BuildxArguments(string plan, string destination)
    {
        string[] features = [.. File.ReadLines(Path.Combine(plan, "Dockerfile"))
            .Where(line => line.Contains("from=devcontainer-feature-", StringComparison.Ordinal))
            .Select(line => line.Split("from=")[1].Split(',')[0])];
        string definition = File.ReadAllText(Path.Combine(plan, "bake.json"));
        var arguments = new List<string>
        {
            "buildx", "build", "--file", Path.Combine(plan, "Dockerfile"), "--build-arg", "SOURCE_DATE_EPOCH=315532800",
            "--output", $"type=oci,dest={destination},tar=false,rewrite-timestamp=true",
        };
        using var document = System.Text.Json.JsonDocument.Parse(definition);
        foreach (System.Text.Json.JsonProperty target in document.RootElement.GetProperty("target").EnumerateObject())
        {
            foreach (System.Text.Json.JsonProperty context in target.Value.GetProperty("contexts").EnumerateObject())
            {
                arguments.Add("--build-context");
                arguments.Add($"{context.Name}={context.Value.GetString()}");
            }
        }

        arguments.Add(Path.Combine(plan, "context"));
        return features.Length == 0 ? throw new InvalidOperationException("The plan has no Features.") : arguments;
    }

    private static void WriteFeed(string path, string root)
    {
        // No Directory.Build.* of the repository above reaches the workspaces.
        File.WriteAllText(Path.Combine(path, "Directory.Build.props"), "<Project />\n");
        File.WriteAllText(Path.Combine(path, "Directory.Build.targets"), "<Project />\n");
        File.WriteAllText(Path.Combine(path, "Directory.Packages.props"), "<Project />\n");
        File.WriteAllText(
            Path.Combine(path, "nuget.config"),
            $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="../packages" /></config>
              <packageSources><clear /><add key="local" value="{Path.Combine(root, "artifacts", "packages")}" /></packageSources>
            </configuration>
            """);
    }

    private static void Copy(string source, string destination)
    {
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(destination, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
