using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Toolchain;

namespace Devcontainer.Prebuild;

/// <summary>What a prebuild is asked for: everything that the project, the command line and the environment say, and nothing that files say.</summary>
public sealed record PrebuildRequest
{
    /// <summary>Name of the project, for messages.</summary>
    public required string ProjectName { get; init; }

    /// <summary>Absolute path of devcontainer.json.</summary>
    public required string ConfigFile { get; init; }

    /// <summary>Absolute path of the workspace; null for the folder that the configuration belongs to.</summary>
    public string? WorkspaceFolder { get; init; }

    /// <summary>Absolute path of the folder that everything is written to.</summary>
    public required string OutputPath { get; init; }

    /// <summary>How long to wait for another build that writes there.</summary>
    public TimeSpan LockTimeout { get; init; } = OutputFolder.DefaultTimeout;

    /// <summary>Registry of the image's name; empty for none.</summary>
    public string Registry { get; init; } = string.Empty;

    /// <summary>Repository of the image's name.</summary>
    public required string Repository { get; init; }

    /// <summary>Tags that a load or a push gives the image.</summary>
    public IReadOnlyList<string> ImageTags { get; init; } = [];

    /// <summary>Platforms, without repetition, in order of writing.</summary>
    public required IReadOnlyList<Platform> Platforms { get; init; }

    /// <summary>Fail on a missing pin instead of writing it.</summary>
    public bool LockedMode { get; init; }

    /// <summary>Write SBOMs.</summary>
    public bool GenerateSbom { get; init; } = true;

    /// <summary>Attest how the image was built.</summary>
    public bool GenerateProvenance { get; init; } = true;

    /// <summary>Who built it, as the provenance names it: a URI; null for what the CI system tells.</summary>
    public string? ProvenanceBuilderId { get; init; }

    /// <summary>Build even where the image exists.</summary>
    public bool Force { get; init; }

    /// <summary>Say what would be done and touch nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>How many jobs of the prebuild may run at once, besides what the engine does.</summary>
    public int MaxParallelJobs { get; init; } = System.Environment.ProcessorCount;

    /// <summary>How long the engine may build, all attempts together; null for as long as it takes.</summary>
    public TimeSpan? BuildTimeout { get; init; }

    /// <summary>How many times a build is tried again whose engine was lost.</summary>
    public int BuildRetries { get; init; } = 1;

    /// <summary>Declared inputs of the key.</summary>
    public IReadOnlyList<DeclaredInput> Inputs { get; init; } = [];

    /// <summary>Absolute paths of the projects and solutions whose packages go into the image.</summary>
    public IReadOnlyList<string> Restore { get; init; } = [];

    /// <summary>The .NET that goes into the image; null for none.</summary>
    public ToolchainRequest? Toolchain { get; init; }

    /// <summary>Build arguments, over those of devcontainer.json.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> BuildArguments { get; init; } = [];

    /// <summary>Labels of the image.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>Names of environment variables whose values may reach the image through <c>${localEnv:…}</c>.</summary>
    public IReadOnlySet<string> AllowedEnvironment { get; init; } = new HashSet<string>();

    /// <summary>Whether Features are installed by the reference CLI's own layers, without cache mounts.</summary>
    public bool ReferenceCompatible { get; init; }

    /// <summary>Cache mounts of Feature installs.</summary>
    public IReadOnlyList<CacheMountRequest> CacheMounts { get; init; } = [];

    /// <summary>Secrets that builds may mount.</summary>
    public IReadOnlyList<BuildSecret> Secrets { get; init; } = [];

    /// <summary>Dockerfile frontends besides the engine's own that a <c># syntax=</c> line may name.</summary>
    public IReadOnlyList<string> AllowedFrontends { get; init; } = [];

    /// <summary>Caches to import, as buildx writes them.</summary>
    public IReadOnlyList<CacheReference> CacheFrom { get; init; } = [];

    /// <summary>Caches to export.</summary>
    public IReadOnlyList<CacheReference> CacheTo { get; init; } = [];

    /// <summary>Whether to import the build cache that the image's repository has.</summary>
    public bool ReadsTeamCache { get; init; }

    /// <summary>Whether to export it too, where the sources may go to a registry: the image is about to be pushed.</summary>
    public bool WritesTeamCache { get; init; }

    /// <summary>Whether pull requests may go to a registry.</summary>
    public bool PushesPullRequests { get; init; }

    /// <summary>The repository's default branch; null for what the CI system or git tells.</summary>
    public string? DefaultBranch { get; init; }

    /// <summary>The builder.</summary>
    public BuilderRequest Builder { get; init; } = new();

    /// <summary>How registries are reached.</summary>
    public required RegistrySettings Registries { get; init; }

    /// <summary>The environment, whole: nothing is read from the process.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The folder that a configuration belongs to: above <c>.devcontainer</c>, else its own.</summary>
    public static string WorkspaceOf(string configFile)
    {
        for (string? folder = Path.GetDirectoryName(configFile); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Path.GetFileName(folder) == ".devcontainer")
            {
                return Path.GetDirectoryName(folder)!;
            }
        }

        return Path.GetDirectoryName(configFile)!;
    }

    /// <summary>
    /// What tells a configuration from others of the repository: the name of its folder in <c>.devcontainer</c>, else <c>default</c>. The same rule as in
    /// Devcontainer.InnerBuild.targets.
    /// </summary>
    public static string ConfigurationNameOf(string configFile)
    {
        string? folder = Path.GetDirectoryName(configFile);
        return Path.GetFileName(Path.GetDirectoryName(folder)) == ".devcontainer" ? Path.GetFileName(folder)! : "default";
    }
}

/// <summary>A file that the key follows although the build is not given it.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Tier"><c>environment</c>, <c>toolchain</c> or <c>packages</c>.</param>
/// <param name="Projection"><c>raw</c>, <c>text</c>, <c>json</c>, <c>json:/pointer</c> or <c>xml</c>.</param>
public sealed record DeclaredInput(string Path, string Tier, string Projection);

/// <summary>A cache mount of Feature installs.</summary>
/// <param name="Target">Absolute path in the container.</param>
/// <param name="Id">Name of the cache; the platform is added to it.</param>
/// <param name="Sharing"><c>locked</c>, <c>shared</c> or <c>private</c>.</param>
public sealed record CacheMountRequest(string Target, string Id, string Sharing);

/// <summary>A secret: where its value is, never the value.</summary>
/// <param name="Id">Its id in <c>--mount=type=secret</c>.</param>
/// <param name="EnvironmentVariable">Name of the variable that holds it, or null.</param>
/// <param name="File">Absolute path of the file that holds it, or null.</param>
public sealed record BuildSecret(string Id, string? EnvironmentVariable, string? File);

/// <summary>A build cache.</summary>
/// <param name="Type"><c>registry</c>, <c>inline</c>, <c>local</c>, <c>gha</c> …</param>
/// <param name="Attributes">Its attributes in order, as buildx takes them.</param>
/// <param name="PerPlatform">Whether each platform gets one of its own: two platforms that write one reference overwrite each other.</param>
public sealed record CacheReference(string Type, IReadOnlyList<KeyValuePair<string, string>> Attributes, bool PerPlatform = true);
