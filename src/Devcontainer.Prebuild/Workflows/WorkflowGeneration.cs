using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.CI;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Workflows;

/// <summary>Writes the workflow of GitHub Actions that builds and publishes a project's image. docs/ci.md shows what it does.</summary>
public sealed partial class WorkflowGeneration(IBuildReporter reporter)
{
    private const string EmulatingRunner = "ubuntu-latest";
    private const string NoSchedule = "none";

    // Not on the hour, when everybody's schedules start and some are dropped.
    private const string DefaultSchedule = "23 2 * * *";

    // The machines of GitHub's own that run a platform without emulation.
    private static readonly Dictionary<string, string> NativeRunners = new(StringComparer.Ordinal)
    {
        ["linux/amd64"] = "ubuntu-latest",
        ["linux/arm64"] = "ubuntu-24.04-arm",
    };

    // What MSBuild and NuGet read for a project besides the project, the nearest of each.
    private static readonly string[] Imports = ["Directory.Build.props", "Directory.Build.targets", "global.json", "nuget.config"];
    private static readonly string[] DefaultPlatforms = ["linux/amd64", "linux/arm64"];

    /// <summary>Writes the workflow where it differs from what is there.</summary>
    /// <returns>Absolute path of the file.</returns>
    /// <exception cref="DevcontainerException">
    /// DEVC8001 to DEVC8004, DEVC9001, or the configuration or Dockerfile cannot be read.
    /// </exception>
    public string Run(WorkflowRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        PrebuildRequest prebuild = request.Prebuild;
        DevcontainerConfiguration configuration = DevcontainerConfiguration.Load(
            prebuild.ConfigFile,
            prebuild.WorkspaceFolder ?? PrebuildRequest.WorkspaceOf(prebuild.ConfigFile),
            new SubstitutionContext
            {
                LocalEnv = name => prebuild.Environment.TryGetValue(name, out string? value) ? value : null,
                AllowedEnvironment = prebuild.AllowedEnvironment,
            });
        string root = configuration.RepositoryRoot;
        string project = WorkflowPaths.Relative(root, request.ProjectFile)
            ?? throw new DevcontainerException(Codes.ProjectOutsideRepository, request.ProjectFile, root);
        string name = WorkflowText.Plain(
            Path.GetFileNameWithoutExtension(request.ProjectFile).ToLowerInvariant() + (request.OwnsProject ? string.Empty : "-devcontainer"));
        string file = request.File ?? Path.Combine(root, ".github", "workflows", name + ".yml");
        string body = WorkflowDocument.Write(Plan(request, configuration, project, name, file));
        bool changed = WorkflowFile.Write(file, project, body, request.Overwrite, prebuild.DryRun);
        reporter.Status($"{(!changed ? "Up to date" : prebuild.DryRun ? "Would write" : "Wrote")}: {file}");
        return file;
    }

    private static WorkflowPlan Plan(WorkflowRequest request, DevcontainerConfiguration configuration, string project, string name, string file)
    {
        string root = configuration.RepositoryRoot;
        Platform[] platforms = [.. (request.Platforms.Count > 0 ? request.Platforms : DefaultPlatforms).Select(Platform.Parse).Distinct()];
        string folder = Path.GetDirectoryName(request.ProjectFile)!;
        string? globalJson = Above(folder, root, "global.json");
        return new WorkflowPlan
        {
            Project = project,
            OwnsProject = request.OwnsProject,
            Name = name,
            DefaultBranch = request.DefaultBranch ?? GitRepository.Find(root)?.Read().DefaultBranch ?? "main",
            Paths = WorkflowPaths.Of(
                configuration,
                request.Prebuild,
                platforms,
                root,
                [request.ProjectFile, file, .. Imports.Select(import => Above(folder, root, import)).OfType<string>()]),
            Platforms = [.. platforms.Select(platform => Machine(platform, request.Runners))],
            Registry = request.Prebuild.Registry.Length > 0 ? request.Prebuild.Registry : null,
            Repository = request.Prebuild.Repository,
            GlobalJson = globalJson is null ? null : WorkflowPaths.Relative(root, globalJson),
            Before = string.IsNullOrWhiteSpace(request.Before) ? null : request.Before.Trim(),
            Schedule = Schedule(request.Schedule),
            LockFiles = [.. WorkflowPaths.LockFiles(configuration).Select(path => WorkflowPaths.Relative(root, path)).OfType<string>()],
        };
    }

    private static WorkflowPlatform Machine(Platform platform, IReadOnlyList<string> runners)
    {
        string name = platform.ToString();
        foreach (string runner in runners)
        {
            if (runner.Split('=') is not [string of, string label] || !LabelForm().IsMatch(label))
            {
                throw new DevcontainerException(
                    Codes.PropertyInvalid, "DevcontainerWorkflowRunners", runner, "it is a list of platform=label, as linux/arm64=ubuntu-24.04-arm");
            }

            if (Platform.Parse(of) == platform)
            {
                // Whoever names a machine for a platform has one that runs it.
                return new WorkflowPlatform(name, platform.FileName, label, IsEmulated: false);
            }
        }

        return NativeRunners.TryGetValue(name, out string? native)
            ? new WorkflowPlatform(name, platform.FileName, native, IsEmulated: false)
            : new WorkflowPlatform(name, platform.FileName, EmulatingRunner, IsEmulated: true);
    }

    private static string? Schedule(string? value)
    {
        string schedule = string.IsNullOrWhiteSpace(value) ? DefaultSchedule : value.Trim();
        if (schedule == NoSchedule)
        {
            return null;
        }

        return ScheduleForm().IsMatch(schedule)
            ? schedule
            : throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerWorkflowSchedule", schedule, "it is the five fields of cron, or none");
    }

    // By the name that the file really has: on Windows and macOS any case finds it, and the workflow runs on neither.
    private static string? Above(string folder, string root, string name)
    {
        for (string? place = folder; place is not null && WorkflowPaths.Relative(root, place) is not null; place = Path.GetDirectoryName(place))
        {
            if (Directory.EnumerateFiles(place)
                .Where(file => string.Equals(Path.GetFileName(file), name, StringComparison.OrdinalIgnoreCase))
                .Min(StringComparer.Ordinal) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex LabelForm();

    [GeneratedRegex(@"^[0-9A-Za-z*/,-]+( [0-9A-Za-z*/,-]+){4}\z")]
    private static partial Regex ScheduleForm();
}
