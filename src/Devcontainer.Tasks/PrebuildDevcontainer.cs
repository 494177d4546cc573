using Devcontainer.Diagnostics;
using Devcontainer.Prebuild;
using Devcontainer.Prebuild.Engine;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Finds the image that has the key of the inputs, or builds it.</summary>
public sealed class PrebuildDevcontainer : DevcontainerImageTask
{
    /// <summary>DevcontainerForce.</summary>
    public string? Force { get; set; }

    /// <summary>DevcontainerBuilder.</summary>
    public string? Builder { get; set; }

    /// <summary>DevcontainerBuilderDriver.</summary>
    public string? BuilderDriver { get; set; }

    /// <summary>DevcontainerBuilderDriverOptions.</summary>
    public string? BuilderDriverOptions { get; set; }

    /// <summary>DevcontainerBuilderConfigFile.</summary>
    public string? BuilderConfigFile { get; set; }

    /// <summary>DevcontainerBuilderEntitlements.</summary>
    public string? BuilderEntitlements { get; set; }

    /// <summary>DevcontainerBuilderMaxParallelism.</summary>
    public string? BuilderMaxParallelism { get; set; }

    /// <summary>DevcontainerBuilderKeepStorage.</summary>
    public string? BuilderKeepStorage { get; set; }

    /// <summary>DevcontainerBuildTimeout.</summary>
    public string? BuildTimeout { get; set; }

    /// <summary>DevcontainerBuildRetries.</summary>
    public string? BuildRetries { get; set; }

    /// <summary>DevcontainerMaxParallelJobs.</summary>
    public string? MaxParallelJobs { get; set; }

    /// <summary>DevcontainerBuilderNode items.</summary>
    public ITaskItem[] BuilderNodes { get; set; } = [];

    /// <summary>DevcontainerCacheFrom items.</summary>
    public ITaskItem[] CacheFrom { get; set; } = [];

    /// <summary>EnableDefaultDevcontainerCache.</summary>
    public string? DefaultCache { get; set; }

    /// <summary>Whether the default cache is written too: the image is about to be pushed.</summary>
    public string? WritesCache { get; set; }

    /// <summary>DevcontainerDefaultBranch.</summary>
    public string? DefaultBranch { get; set; }

    /// <summary>DevcontainerPushPullRequests.</summary>
    public string? PushPullRequests { get; set; }

    /// <summary>Whether a missing engine is a warning: the prebuild is part of a plain build.</summary>
    public string? EngineOptional { get; set; }

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        PrebuildRequest request = Bind() with
        {
            Force = Switch("DevcontainerForce", Force),
            DryRun = Switch("DevcontainerDryRun", DryRun),
            CacheFrom = [.. CacheFrom.Select(item => Cache("DevcontainerCacheFrom", item))],
        };
        request = request with
        {
            Builder = BindBuilder(request),
            MaxParallelJobs = Number("DevcontainerMaxParallelJobs", MaxParallelJobs, least: 1) ?? request.MaxParallelJobs,
            BuildTimeout = BindBuildTimeout(),
            BuildRetries = Number("DevcontainerBuildRetries", BuildRetries, least: 0) ?? request.BuildRetries,
            ReadsTeamCache = Switch("EnableDefaultDevcontainerCache", DefaultCache),
            WritesTeamCache = Switch("_DevcontainerPushes", WritesCache),
            PushesPullRequests = Switch("DevcontainerPushPullRequests", PushPullRequests),
            DefaultBranch = Text(DefaultBranch),
        };
        PrebuildResult? result;
        try
        {
            result = await new PrebuildPipeline(Reporter).RunAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (DevcontainerException e) when (Switch("_DevcontainerEngineOptional", EngineOptional) && EngineErrors.Contains(e.Diagnostic.Code))
        {
            Reporter.Warning(Diagnostic.Create(Codes.ImageMissing, null, e.Message));
            return;
        }

        if (result is not null)
        {
            SetOutputs(result);
        }
    }

    // What tells that there is no engine to build with, other than that a build failed.
    private static readonly string[] EngineErrors = [Codes.DockerNotFound, Codes.EngineUnreachable, Codes.EngineHangs, Codes.BuildxMissing, Codes.BuilderCannotExport];

    private BuilderRequest BindBuilder(PrebuildRequest request) => new()
    {
        Name = Text(Builder),
        Driver = Text(BuilderDriver),
        DriverOptions = Split(BuilderDriverOptions),
        ConfigFile = Absolute(BuilderConfigFile),
        Entitlements = Split(BuilderEntitlements),
        MaxParallelism = Number("DevcontainerBuilderMaxParallelism", BuilderMaxParallelism, least: 1),
        KeepStorage = Text(BuilderKeepStorage),
        RegistryMirrors = request.Registries.Mirrors,
        Nodes =
        [
            .. BuilderNodes.Select(static node => new BuilderNode(
                node.ItemSpec,
                Metadata(node, "NodeName"),
                Metadata(node, "Driver"),
                Metadata(node, "Platforms"),
                Split(node.GetMetadata("DriverOptions")))),
        ],
    };

    private TimeSpan? BindBuildTimeout()
    {
        TimeSpan? timeout = Duration("DevcontainerBuildTimeout", BuildTimeout);
        return timeout != TimeSpan.Zero
            ? timeout
            : throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerBuildTimeout", BuildTimeout, "it is above zero; leave it empty for no limit");
    }

    private static string? Metadata(ITaskItem item, string name) => item.GetMetadata(name) is { Length: > 0 } value ? value : null;
}
