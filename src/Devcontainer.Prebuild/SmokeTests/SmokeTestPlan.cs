using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Packages;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>Which tests run in the image of a platform, in order: what every image has to stand first, then the project's own.</summary>
/// <param name="settings">What is asked for.</param>
/// <param name="workspace">Absolute path of the workspace.</param>
internal sealed class SmokeTestPlan(SmokeTestSettings settings, string workspace)
{
    /// <summary>The folder of what is ours in a container.</summary>
    private const string OwnFolder = "/.devcontainer-sdk";

    private const int NothingToTest = 77;

    private static readonly TimeSpan RestoreTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Where the workspace is in a container that needs it.</summary>
    internal string Place { get; } = "/workspaces/" + Path.GetFileName(Path.TrimEndingDirectorySeparator(workspace));

    /// <summary>The tests.</summary>
    /// <exception cref="DevcontainerException">DEVC9001: the script of DevcontainerHealthCheck is not there.</exception>
    internal IReadOnlyList<PlannedTest> For(Platform platform) =>
    [
        .. User(),
        .. settings.RequiredCommands.Distinct(StringComparer.Ordinal).Select(Command),
        .. Sdk(),
        .. Restore(),
        .. HealthCheck(),
        .. settings.Tests.Where(test => test.Platforms.Count == 0 || test.Platforms.Any(name => Platform.Parse(name) == platform)).Select(static test => new PlannedTest(test)),
    ];

    /// <summary>The whole workspace, for commands that need it.</summary>
    /// <param name="outputPath">Absolute path of the output folder, which is left out.</param>
    internal ContainerFiles Workspace(string outputPath) => ContainerFiles.OfWorkspace(workspace, Place, outputPath);

    // A user that is not there keeps the container from starting.
    private IEnumerable<PlannedTest> User() => settings.TestsUser
        ? [new PlannedTest(new SmokeTest("user", "id; test \"$(id -u)\" != 0 || { echo 'Who works in the container is root.' >&2; exit 1; }"))]
        : [];

    private static PlannedTest Command(string name) => new(new SmokeTest($"command {name}", "command -v \"$1\" || { echo \"There is no command $1 in $PATH.\" >&2; exit 1; }"))
    {
        Arguments = [name],
    };

    // dotnet itself reads global.json, and fails where no SDK is as it says.
    private IEnumerable<PlannedTest> Sdk()
    {
        string file = Path.Combine(workspace, "global.json");
        if (!settings.TestsSdk || !File.Exists(file))
        {
            yield break;
        }

        string folder = OwnFolder + "/sdk";
        yield return new PlannedTest(new SmokeTest("sdk of global.json", settings.HasToolchain
            ? "dotnet --version"
            : $"command -v dotnet >/dev/null || exit {NothingToTest}; dotnet --version"))
        {
            Files = new ContainerFiles([new ContainerFile($"{folder}/global.json", () => File.OpenRead(file))]),
            Folder = folder,
            Variables = DotNet,
            Skip = settings.HasToolchain ? null : (NothingToTest, "the image has no dotnet"),
        };
    }

    private IEnumerable<PlannedTest> Restore()
    {
        if (!settings.TestsRestore || settings.Restore.Count == 0)
        {
            yield break;
        }

        string[] inputs = [.. RestoreFiles.Find(settings.Restore, workspace).Inputs.Select(static input => input.Path).Where(File.Exists)];
        ContainerFiles files = ContainerFiles.OfWorkspace(inputs.Where(path => Relative(path) is { } way && !way.StartsWith("../", StringComparison.Ordinal)), workspace, Place);
        foreach (string project in settings.Restore)
        {
            yield return new PlannedTest(new SmokeTest($"offline restore of {Relative(project)}", "dotnet restore \"$1\"") { Timeout = RestoreTimeout })
            {
                Arguments = [Relative(project)],
                Files = files,
                Folder = Place,
                Variables = DotNet,
            };
        }
    }

    private IEnumerable<PlannedTest> HealthCheck()
    {
        if (settings.HealthCheck is not { } script)
        {
            yield break;
        }

        if (!File.Exists(script))
        {
            throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerHealthCheck", script, "there is no such file");
        }

        string path = OwnFolder + "/health-check";

        // As git may have checked it out on Windows, where a shell would look for a program with a carriage return in its name.
        byte[] text = Encoding.UTF8.GetBytes(File.ReadAllText(script).ReplaceLineEndings("\n"));
        yield return new PlannedTest(new SmokeTest("health check", $"exec {path}") { HasNetwork = settings.HasNetwork })
        {
            Files = new ContainerFiles([new ContainerFile(path, () => new MemoryStream(text)) { IsExecutable = true }]),
        };
    }

    private static Dictionary<string, string> DotNet => new(StringComparer.Ordinal)
    {
        ["DOTNET_NOLOGO"] = "1",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_CLI_UI_LANGUAGE"] = "en",
    };

    private string Relative(string path) => Path.GetRelativePath(workspace, path).Replace(Path.DirectorySeparatorChar, '/');
}
