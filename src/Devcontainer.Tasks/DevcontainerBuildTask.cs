using Devcontainer.Diagnostics;
using Devcontainer.Prebuild;
using Devcontainer.Prebuild.Engine;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>What the tasks share that build: the builder, and how it is used.</summary>
public abstract class DevcontainerBuildTask : DevcontainerImageTask
{
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

    /// <summary>Binds the request, and how it is built.</summary>
    /// <exception cref="DevcontainerException">DEVC9001, DEVC9005: a property or item is not right.</exception>
    private protected PrebuildRequest BindBuild()
    {
        PrebuildRequest request = Bind() with
        {
            DryRun = Switch("DevcontainerDryRun", DryRun),
            CacheFrom = [.. CacheFrom.Select(item => Cache("DevcontainerCacheFrom", item))],
        };
        return request with
        {
            Builder = BindBuilder(request),
            MaxParallelJobs = Number("DevcontainerMaxParallelJobs", MaxParallelJobs, least: 1) ?? request.MaxParallelJobs,
            BuildTimeout = BindBuildTimeout(),
            BuildRetries = Number("DevcontainerBuildRetries", BuildRetries, least: 0) ?? request.BuildRetries,
        };
    }

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
