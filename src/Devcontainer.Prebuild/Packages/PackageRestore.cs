using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Packages;

/// <summary>
/// Restores projects as the container of a platform would, with the user's own NuGet: sources, credentials and package folders are those of
/// `dotnet restore`, and what it writes beside projects goes into a folder of ours.
/// </summary>
/// <param name="processes">Starts dotnet.</param>
/// <param name="environment">The environment, whole.</param>
/// <param name="workspace">Absolute path of the workspace: no program in it is run.</param>
internal sealed class PackageRestore(IProcessRunner processes, IReadOnlyDictionary<string, string> environment, string workspace)
{
    private const int MostLines = 20;

    // Set by the dotnet that runs this build, for itself: another one may run for the projects, by their global.json.
    private static readonly string[] Foreign =
        ["MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBUILD_EXE_PATH", "MSBuildLoadMicrosoftTargetsReadOnly", "MSBUILDADDITIONALSDKRESOLVERSFOLDER", "DOTNET_HOST_PATH"];

    /// <summary>Restores.</summary>
    /// <param name="projects">Absolute paths of projects and solutions.</param>
    /// <param name="platform">Whose container the packages are for.</param>
    /// <param name="folder">An empty folder; gets a folder with an assets file for each project.</param>
    /// <param name="places">Where packages are and go; null for the user's own folders.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC3071: it failed, or there is no dotnet.</exception>
    internal Task RunAsync(
        IReadOnlyList<string> projects, Platform platform, string folder, PackagePlaces? places, CancellationToken cancellationToken) =>
        RunAsync(projects, platform, folder, places, static project => project, cancellationToken);

    /// <summary>Restores a project of ours.</summary>
    /// <param name="project">Its absolute path.</param>
    /// <param name="subject">What it stands for, for messages.</param>
    /// <param name="platform">Whose container the packages are for.</param>
    /// <param name="folder">An empty folder; gets a folder with an assets file.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC3071: it failed, or there is no dotnet.</exception>
    internal Task RunAsync(string project, string subject, Platform platform, string folder, CancellationToken cancellationToken) =>
        RunAsync([project], platform, folder, places: null, _ => subject, cancellationToken);

    private async Task RunAsync(
        IReadOnlyList<string> projects, Platform platform, string folder, PackagePlaces? places, Func<string, string> names, CancellationToken cancellationToken)
    {
        string dotnet = FindDotnet() ?? throw new DevcontainerException(Codes.RestoreFailed, names(projects[0]), "there is no dotnet on PATH");
        string properties = Path.Combine(folder, "restore.props");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(properties, Properties(folder), cancellationToken).ConfigureAwait(false);
        foreach (string project in projects)
        {
            var lines = new Queue<string>();
            ProcessResult result = await processes.RunAsync(
                new ProcessRequest
                {
                    FileName = dotnet,
                    Arguments = [.. Arguments(project, properties, RuntimeIdentifier(platform)), .. places?.Properties ?? []],
                    WorkingDirectory = Path.GetDirectoryName(project)!,
                    Environment = Environment(places),
                    OnOutput = line => Keep(lines, line),
                    OnError = line => Keep(lines, line),
                },
                cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0)
            {
                throw new DevcontainerException(Codes.RestoreFailed, names(project), Errors(lines).Replace(project, names(project), StringComparison.Ordinal));
            }
        }
    }

    /// <summary>The runtime identifier of the .NET SDK in a container of the platform.</summary>
    internal static string RuntimeIdentifier(Platform platform) => "linux-" + platform.Architecture switch
    {
        "amd64" => "x64",
        "386" => "x86",
        var other => other,
    };

    // Audit and warnings are for those who build the projects: here they would only stand in the way.
    private static string[] Arguments(string project, string properties, string runtime) =>
    [
        "restore", project, "--verbosity", "quiet", "-nologo", "-tl:off", "-nodeReuse:false",
        $"-p:CustomBeforeDirectoryBuildProps={properties}",
        $"-p:NETCoreSdkRuntimeIdentifier={runtime}", $"-p:NETCoreSdkPortableRuntimeIdentifier={runtime}",
        "-p:NuGetAudit=false", "-p:TreatWarningsAsErrors=false", "-p:MSBuildTreatWarningsAsErrors=false",
    ];

    // Read before any Directory.Build.props (Microsoft.Common.props), and by every project that the restore reaches.
    private static string Properties(string folder) =>
        $"""
        <Project>
          <PropertyGroup>
            <MSBuildProjectExtensionsPath>{Escape(folder)}/$([MSBuild]::StableStringHash('$(MSBuildProjectFullPath)', 'Sha256'))/</MSBuildProjectExtensionsPath>
          </PropertyGroup>
        </Project>

        """;

    internal static string Escape(string path)
    {
        var text = new StringBuilder(path.Length);
        foreach (char c in path)
        {
            // What MSBuild and XML read as something else, each in the way of the one that reads it last.
            text.Append(c is '%' or '$' or '@' or '(' or ')' or ';' or '?' or '*' or '\'' or '<' or '&' ? $"%{(int)c:x2}" : c);
        }

        return text.ToString();
    }

    private string? FindDotnet()
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        return environment.TryGetValue("DOTNET_HOST_PATH", out string? host) && Path.GetFileName(host) == name && File.Exists(host)
            ? host
            : DockerLocator.TryFind("dotnet", environment, workspace);
    }

    private Dictionary<string, string> Environment(PackagePlaces? places)
    {
        var changed = new Dictionary<string, string>(environment, StringComparer.OrdinalIgnoreCase);
        foreach (string name in Foreign)
        {
            changed.Remove(name);
        }

        // In a dev container packages would be taken from the image's own folder, which has no archives.
        changed["NUGET_FALLBACK_PACKAGES"] = places?.Fallback ?? string.Empty;
        if (places is not null)
        {
            changed["NUGET_PACKAGES"] = places.Packages;
        }

        changed["DOTNET_CLI_UI_LANGUAGE"] = "en";
        changed["DOTNET_NOLOGO"] = "1";
        return changed;
    }

    private static void Keep(Queue<string> lines, string line)
    {
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > 1000)
            {
                lines.Dequeue();
            }
        }
    }

    private static string Errors(Queue<string> lines)
    {
        string[] errors = [.. lines.Where(static line => line.Contains(": error ", StringComparison.Ordinal)).Select(static line => line.Trim()).Distinct(StringComparer.Ordinal)];
        string[] shown = errors.Length > 0 ? errors : [.. lines.Where(static line => line.Trim().Length > 0)];
        return string.Join('\n', shown.Take(MostLines));
    }
}

/// <summary>Folders that a restore takes packages from and puts them into, instead of the user's own.</summary>
/// <param name="Packages">Absolute path of the folder that it puts them into.</param>
/// <param name="Fallback">Absolute path of the folder that it takes them from first.</param>
internal sealed record PackagePlaces(string Packages, string Fallback)
{
    /// <summary>For projects that name folders of their own, which go before the environment.</summary>
    internal IEnumerable<string> Properties => [$"-p:RestorePackagesPath={Packages}", $"-p:RestoreFallbackFolders={Fallback}"];
}
