using System.Globalization;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.SmokeTests;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>What the tasks share that run tests in an image.</summary>
public abstract partial class DevcontainerTestTask : DevcontainerSignatureTask
{
    private const string TestItem = "DevcontainerTest";

    /// <summary>DevcontainerVerifyImage.</summary>
    public string? Image { get; set; }

    /// <summary>DevcontainerTest items.</summary>
    public ITaskItem[] Tests { get; set; } = [];

    /// <summary>DevcontainerHealthCheck.</summary>
    public string? HealthCheck { get; set; }

    /// <summary>DevcontainerRequiredCommands.</summary>
    public string? RequiredCommands { get; set; }

    /// <summary>DevcontainerUserTest.</summary>
    public string? UserTest { get; set; }

    /// <summary>DevcontainerSdkTest.</summary>
    public string? SdkTest { get; set; }

    /// <summary>DevcontainerRestoreTest.</summary>
    public string? RestoreTest { get; set; }

    /// <summary>DevcontainerStartTest.</summary>
    public string? StartTest { get; set; }

    /// <summary>DevcontainerMaxStartTime.</summary>
    public string? MaxStartTime { get; set; }

    /// <summary>DevcontainerRestore items.</summary>
    public ITaskItem[] Restore { get; set; } = [];

    /// <summary>DevcontainerInstallSdk.</summary>
    public string? InstallSdk { get; set; }

    /// <summary>DevcontainerTestLifecycle.</summary>
    public string? Lifecycle { get; set; }

    /// <summary>DevcontainerTestLifecycleTimeout.</summary>
    public string? LifecycleTimeout { get; set; }

    /// <summary>DevcontainerTestNetwork.</summary>
    public string? Network { get; set; }

    /// <summary>DevcontainerTestMemory.</summary>
    public string? Memory { get; set; }

    /// <summary>DevcontainerTestProcesses.</summary>
    public string? Processes { get; set; }

    /// <summary>DevcontainerTestProcessors.</summary>
    public string? Processors { get; set; }

    /// <summary>Binds what says which tests are run.</summary>
    /// <exception cref="DevcontainerException">DEVC9001, DEVC9005: a property or item is not right.</exception>
    private protected SmokeTestSettings BindTests()
    {
        var defaults = new SmokeTestSettings();
        bool hasNetwork = Switch("DevcontainerTestNetwork", Network);
        return new SmokeTestSettings
        {
            Tests = BindTestItems(hasNetwork),
            HealthCheck = Absolute(Text(HealthCheck)),
            RequiredCommands = Split(RequiredCommands),
            TestsUser = Switch("DevcontainerUserTest", UserTest),
            TestsSdk = Switch("DevcontainerSdkTest", SdkTest),
            TestsRestore = Switch("DevcontainerRestoreTest", RestoreTest),
            TestsStart = Switch("DevcontainerStartTest", StartTest) || Text(MaxStartTime) is not null,
            MaxStartTime = Duration("DevcontainerMaxStartTime", MaxStartTime),
            Restore = [.. Restore.Where(static item => item.ItemSpec.Length > 0).Select(item => Absolute(item.ItemSpec)!).Distinct(StringComparer.Ordinal)],
            HasToolchain = Switch("DevcontainerInstallSdk", InstallSdk),
            RunsLifecycle = Switch("DevcontainerTestLifecycle", Lifecycle),
            LifecycleTimeout = Duration("DevcontainerTestLifecycleTimeout", LifecycleTimeout) ?? defaults.LifecycleTimeout,
            HasNetwork = hasNetwork,
            Memory = BindMemory() ?? defaults.Memory,
            Processes = Number("DevcontainerTestProcesses", Processes, least: 1) ?? defaults.Processes,
            Processors = Number("DevcontainerTestProcessors", Processors, least: 1) ?? defaults.Processors,
            LockTimeout = BindLockTimeout(LockTimeout),
        };
    }

    private List<SmokeTest> BindTestItems(bool hasNetwork)
    {
        var tests = new List<SmokeTest>();
        foreach (ITaskItem item in Tests)
        {
            if (Text(item.GetMetadata("Command")) is not { } command)
            {
                throw new DevcontainerException(Codes.ItemInvalid, TestItem, item.ItemSpec, "it has no Command");
            }

            if (tests.Any(test => test.Name == item.ItemSpec))
            {
                throw new DevcontainerException(Codes.ItemInvalid, TestItem, item.ItemSpec, "another one has its name");
            }

            tests.Add(new SmokeTest(item.ItemSpec, command)
            {
                ExitCode = Number(item, "ExitCode", 0, 255) ?? 0,

                // MSBuild keeps the name Output for itself.
                Output = Text(item.GetMetadata("ExpectedOutput")),
                User = Text(item.GetMetadata("User")),
                Timeout = Number(item, "Timeout", 1, 24 * 60 * 60) is { } seconds ? TimeSpan.FromSeconds(seconds) : SmokeTest.DefaultTimeout,
                Platforms = BindTestPlatforms(item),
                HasNetwork = Text(item.GetMetadata("Network"))?.ToUpperInvariant() switch
                {
                    null => hasNetwork,
                    "TRUE" => true,
                    "FALSE" => false,
                    _ => throw new DevcontainerException(Codes.ItemInvalid, TestItem, item.ItemSpec, "Network is true or false"),
                },
            });
        }

        return tests;
    }

    private static IReadOnlyList<string> BindTestPlatforms(ITaskItem item)
    {
        try
        {
            return [.. Split(item.GetMetadata("Platforms")).Select(static name => Platform.Parse(name).ToString())];
        }
        catch (DevcontainerException e)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.ItemInvalid, null, TestItem, item.ItemSpec, e.Message.TrimEnd('.')), e);
        }
    }

    private static int? Number(ITaskItem item, string name, int least, int most) => Text(item.GetMetadata(name)) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number
        : throw new DevcontainerException(Codes.ItemInvalid, TestItem, item.ItemSpec, $"{name} is a whole number from {least} to {most}");

    private string? BindMemory() => Text(Memory) is not { } text || MemoryForm().IsMatch(text) ? Text(Memory)
        : throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerTestMemory", text, "it is a number of bytes, with or without a unit, as 512m or 2g");

    [GeneratedRegex("^[1-9][0-9]*[bkmgBKMG]?$")]
    private static partial Regex MemoryForm();
}
