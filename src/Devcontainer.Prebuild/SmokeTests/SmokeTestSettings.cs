namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>Which tests are run in an image, and what they may use.</summary>
public sealed record SmokeTestSettings
{
    /// <summary>The project's own tests.</summary>
    public IReadOnlyList<SmokeTest> Tests { get; init; } = [];

    /// <summary>Absolute path of a script that has to end with exit code 0; null for none.</summary>
    public string? HealthCheck { get; init; }

    /// <summary>Commands that must be there.</summary>
    public IReadOnlyList<string> RequiredCommands { get; init; } = [];

    /// <summary>Whether the user is tested.</summary>
    public bool TestsUser { get; init; } = true;

    /// <summary>Whether the .NET SDK of global.json is tested.</summary>
    public bool TestsSdk { get; init; } = true;

    /// <summary>Whether projects are restored without network.</summary>
    public bool TestsRestore { get; init; } = true;

    /// <summary>Whether it is measured how long a container takes to start.</summary>
    public bool TestsStart { get; init; }

    /// <summary>The longest that the first one may take; null for any. Where programs are emulated it may take any.</summary>
    public TimeSpan? MaxStartTime { get; init; }

    /// <summary>Absolute paths of the projects whose packages are in the image.</summary>
    public IReadOnlyList<string> Restore { get; init; } = [];

    /// <summary>Whether the .NET SDK of global.json is put into the image, so that it has to be there.</summary>
    public bool HasToolchain { get; init; }

    /// <summary>Whether the commands of the configuration run first that a container runs when it is created.</summary>
    public bool RunsLifecycle { get; init; }

    /// <summary>How long those may take.</summary>
    public TimeSpan LifecycleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether those, and tests that do not say, have a network.</summary>
    public bool HasNetwork { get; init; }

    /// <summary>The most memory of a container, swap included, as docker writes it.</summary>
    public string Memory { get; init; } = "2g";

    /// <summary>The most processes and threads of a container.</summary>
    public int Processes { get; init; } = 1024;

    /// <summary>The most processors' time of a container.</summary>
    public int Processors { get; init; } = 2;

    /// <summary>How long to wait for another build that has the output folder.</summary>
    public TimeSpan LockTimeout { get; init; } = OutputFolder.DefaultTimeout;

    /// <summary>Whether the project asks for any test of its own.</summary>
    internal bool IsAskedFor => Tests.Count > 0 || HealthCheck is not null || RequiredCommands.Count > 0 || RunsLifecycle || TestsStart;
}
