using Devcontainer.Diagnostics;
using Devcontainer.Prebuild;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>What the tasks share that work in the output folder and may ask a registry.</summary>
public abstract class DevcontainerRegistryTask : DevcontainerTask
{
    /// <summary>DevcontainerConfigFile.</summary>
    [Required]
    public string ConfigFile { get; set; } = string.Empty;

    /// <summary>DevcontainerWorkspaceFolder.</summary>
    public string? WorkspaceFolder { get; set; }

    /// <summary>DevcontainerOutputPath.</summary>
    [Required]
    public string OutputPath { get; set; } = string.Empty;

    /// <summary>DevcontainerLockTimeout.</summary>
    public string? LockTimeout { get; set; }

    /// <summary>DevcontainerOffline.</summary>
    public string? Offline { get; set; }

    /// <summary>DevcontainerRegistryMirrors.</summary>
    public string? RegistryMirrors { get; set; }

    /// <summary>DevcontainerTrustedRealms.</summary>
    public string? TrustedRealms { get; set; }

    /// <summary>DevcontainerInsecureRegistries.</summary>
    public string? InsecureRegistries { get; set; }

    /// <summary>DevcontainerDryRun.</summary>
    public string? DryRun { get; set; }

    /// <summary>Binds what says how registries are reached.</summary>
    /// <exception cref="DevcontainerException">DEVC9001: a property is not right.</exception>
    private protected RegistrySettings BindRegistries() => new()
    {
        Mirrors = SplitPairs(
            "DevcontainerRegistryMirrors", RegistryMirrors, "it is a list of registry=mirror, as mcr.microsoft.com=localhost:5000", static _ => true),
        TrustedRealms = SplitPairs(
            "DevcontainerTrustedRealms", TrustedRealms, "it is a list of registry=host[:port], as registry.example=login.example", IsHost),
        Insecure = Split(InsecureRegistries),
        Offline = Switch("DevcontainerOffline", Offline),
        WorkspaceFolder = Absolute(WorkspaceFolder) ?? PrebuildRequest.WorkspaceOf(Absolute(ConfigFile)),
        Environment = Environment,
    };

    private static List<KeyValuePair<string, string>> SplitPairs(string property, string? value, string form, Func<string, bool> isValid)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (string pair in Split(value))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == pair.Length - 1 || !isValid(pair[(equals + 1)..]))
            {
                throw new DevcontainerException(Codes.PropertyInvalid, property, pair, form);
            }

            pairs.Add(new KeyValuePair<string, string>(pair[..equals], pair[(equals + 1)..]));
        }

        return pairs;
    }

    private static bool IsHost(string text) =>
        Uri.TryCreate($"https://{text}/", UriKind.Absolute, out Uri? uri)
        && uri is { PathAndQuery: "/", UserInfo.Length: 0, Fragment.Length: 0 };
}
