using Devcontainer.Diagnostics;
using Devcontainer.Prebuild;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Checks that several configurations can be told apart, before any of them is built.</summary>
public sealed class CheckDevcontainerConfigurations : DevcontainerTask
{
    /// <summary>DevcontainerConfigFiles, as written.</summary>
    [Required]
    public string ConfigFiles { get; set; } = string.Empty;

    /// <summary>The files that it names.</summary>
    public ITaskItem[] Configurations { get; set; } = [];

    /// <inheritdoc />
    protected override System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        if (Configurations.Length == 0)
        {
            throw new DevcontainerException(Codes.ConfigurationsNotFound, ConfigFiles);
        }

        var known = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (ITaskItem configuration in Configurations)
        {
            string name = PrebuildRequest.ConfigurationNameOf(configuration.ItemSpec);
            if (!known.TryAdd(name, configuration.ItemSpec))
            {
                throw new DevcontainerException(Codes.ConfigurationNameTwice, known[name], configuration.ItemSpec, name);
            }
        }

        return System.Threading.Tasks.Task.CompletedTask;
    }
}
