using System.Net;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>
/// Reads <c>build.options</c> as docker buildx build reads its arguments. Taken is what buildx bake can say too and what is honest in a prebuild; everything else
/// is refused at its place, with what to use instead.
/// </summary>
/// <param name="folder">Absolute path that files are relative to.</param>
/// <param name="environment">The value of a variable of this machine that becomes part of the image, by its name and where that is written; null where it is not set.</param>
/// <param name="describe">How messages call an option.</param>
internal sealed partial class BuildOptionsReader(string folder, Func<string, SourceLocation, string?> environment, Func<string, string> describe)
{
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BuildOptionSecret> _secrets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BuildOptionSsh> _ssh = new(StringComparer.Ordinal);
    private readonly List<string> _ulimits = [];
    private readonly List<string> _entitlements = [];
    private readonly List<string> _noCacheStages = [];
    private readonly List<string> _platforms = [];
    private SourceLocation? _platformsLocation;
    private string? _network;
    private string? _shmSize;
    private bool _noCache;
    private bool _pull;

    /// <summary>Build arguments, in order.</summary>
    internal Dictionary<string, string> Arguments { get; } = new(StringComparer.Ordinal);

    /// <summary>Caches to import from.</summary>
    internal List<string> CacheFrom { get; } = [];

    /// <summary>The stage to build; null where it says none.</summary>
    internal string? Target { get; private set; }

    /// <summary>Where that is written.</summary>
    internal SourceLocation? TargetLocation { get; private set; }

    /// <summary>What has been read.</summary>
    internal BuildOptions Options => new()
    {
        Labels = [.. _labels],
        Hosts = [.. _hosts],
        Network = _network,
        ShmSize = _shmSize,
        Ulimits = _ulimits,
        Secrets = [.. _secrets.Values],
        Ssh = [.. _ssh.Values],
        Entitlements = _entitlements,
        NoCache = _noCache,
        NoCacheStages = _noCacheStages,
        Pull = _pull,
        Platforms = _platforms,
        PlatformsLocation = _platformsLocation,
    };

    /// <summary>Reads an array of arguments.</summary>
    /// <param name="options">The array, of strings, variables replaced.</param>
    /// <param name="file">The file it is in.</param>
    /// <exception cref="DevcontainerException">DEVC1019: one cannot be used. DEVC1014: the value of a variable would reach the image that the project did not allow.</exception>
    internal void Read(JsonArray options, string file)
    {
        for (int i = 0; i < options.Count; i++)
        {
            var option = (JsonString)options[i];
            SourceLocation location = option.Position.In(file);
            if (!option.Value.StartsWith('-'))
            {
                throw Refused(JsonText.Escape(option.Value), location, "it is no option: one begins with --, and what goes with it follows '=' or is the next entry");
            }

            int equals = option.Value.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? option.Value : option.Value[..equals];
            if (name is "--no-cache" or "--pull")
            {
                Read(name, equals < 0 ? "true" : option.Value[(equals + 1)..], location);
                continue;
            }

            if (!IsTaken(name))
            {
                throw Refused(JsonText.Escape(name), location, Instead(name));
            }

            if (equals < 0 && i + 1 == options.Count)
            {
                throw Refused(name, location, "it needs a value");
            }

            Read(name, equals < 0 ? ((JsonString)options[++i]).Value : option.Value[(equals + 1)..], location);
        }
    }

    /// <summary>Reads one option.</summary>
    /// <param name="name">A name that is taken and is no switch, or <c>--no-cache</c> or <c>--pull</c>.</param>
    /// <param name="value">Its value.</param>
    /// <param name="location">Where it is written.</param>
    /// <exception cref="DevcontainerException">As for an array.</exception>
    internal void Read(string name, string value, SourceLocation location)
    {
        if (name is "--no-cache" or "--pull")
        {
            ReadSwitch(name, value, location);
        }
        else
        {
            ReadValue(name, value, location);
        }
    }

    /// <summary>Takes a secret as it is.</summary>
    internal void Add(BuildOptionSecret secret) => _secrets[secret.Id] = secret;

    private static bool IsTaken(string name) => name is "--add-host" or "--allow" or "--build-arg" or "--cache-from" or "--label" or "--network" or "--no-cache-filter"
        or "--platform" or "--secret" or "--shm-size" or "--ssh" or "--target" or "--ulimit";

    private static string Instead(string name) => name switch
    {
        "--tag" or "-t" => "the image's names are those of the project: DevcontainerRepository, DevcontainerImageTags",
        "--output" or "-o" or "--load" or "--push" => "where the image goes is said by the project: -t:LoadDevcontainer, PushDevcontainer",
        "--iidfile" or "--metadata-file" or "--quiet" or "-q" => "the digest is in the item DevcontainerImage and in receipt.json",
        "--builder" => "the builder is said by the project: DevcontainerBuilder",
        "--file" or "-f" => "use 'build.dockerfile'",
        "--build-context" => "its files would be in no key; copy them from the build context, 'build.context'",
        "--cache-to" => "use an item DevcontainerCacheTo",
        "--attest" or "--sbom" or "--provenance" => "a prebuild makes its own: GenerateDevcontainerSbom, GenerateDevcontainerProvenance",
        "--annotation" => "the manifest is the prebuild's own; use '--label'",
        "--call" or "--check" or "--print" => "no image comes of it",
        "--progress" or "--debug" or "-D" => "what is shown is said by the verbosity of the build, -v",
        _ => "buildx bake, which builds the image, knows nothing of the kind; leave it out",
    };

    private void ReadSwitch(string name, string value, SourceLocation location)
    {
        bool isOn = value is "true" or "True" or "TRUE" or "t" or "T" or "1";
        if (!isOn && value is not ("false" or "False" or "FALSE" or "f" or "F" or "0"))
        {
            throw Refused(name, location, "it is true or false");
        }

        (name == "--pull" ? ref _pull : ref _noCache) = isOn;
    }

    private void ReadValue(string name, string value, SourceLocation location)
    {
        switch (name)
        {
            case "--add-host":
                ReadHosts(value, location);
                break;
            case "--allow" when value is "network.host" or "security.insecure":
                Add(_entitlements, value);
                break;
            case "--allow":
                throw Refused(name, location, "what can be allowed is network.host and security.insecure");
            case "--build-arg":
                ReadArgument(value, location);
                break;
            case "--cache-from":
                CacheFrom.Add(value);
                break;
            case "--label":
                ReadLabel(value, location);
                break;
            case "--network" when value is "default" or "none" or "host":
                _network = value == "default" ? null : value;
                break;
            case "--network":
                throw Refused(name, location, "it is default, none or host; other networks belong to the builder");
            case "--no-cache-filter":
                _noCacheStages.AddRange(value.Split(','));
                break;
            case "--platform":
                _platforms.AddRange(value.Split(','));
                _platformsLocation ??= location;
                break;
            case "--secret":
                ReadSecret(value, location);
                break;
            case "--shm-size" when Size().IsMatch(value):
                _shmSize = value;
                break;
            case "--shm-size":
                throw Refused(name, location, "it is a size, such as 64m");
            case "--ssh":
                ReadSsh(value, location);
                break;
            case "--target":
                (Target, TargetLocation) = value.Length > 0 ? (value, location) : (null, null);
                break;
            case "--ulimit" when Limit().IsMatch(value):
                Add(_ulimits, value);
                break;
            default:
                throw Refused(name, location, "it is a name and one number or two, such as nofile=1024:2048");
        }
    }

    // docker/buildx, build/utils.go, toBuildkitExtraHosts.
    private void ReadHosts(string value, SourceLocation location)
    {
        foreach (string entry in value.Split(','))
        {
            int separator = entry.IndexOf('=', StringComparison.Ordinal);
            separator = separator < 0 ? entry.IndexOf(':', StringComparison.Ordinal) : separator;
            string address = separator < 0 ? "" : entry[(separator + 1)..];
            if (separator <= 0 || (address != "host-gateway" && !IPAddress.TryParse(address.StartsWith('[') && address.EndsWith(']') ? address[1..^1] : address, out _)))
            {
                throw Refused("--add-host", location, "it is a name and an address, such as feed.local:10.0.0.1");
            }

            string host = entry[..separator];
            _hosts[host] = _hosts.TryGetValue(host, out string? others) ? $"{others},{address}" : address;
        }
    }

    // Without a value it is the variable of this machine, and nothing where that is not set (docker/cli, opts.ConvertKVStringsToMapWithNil).
    private void ReadArgument(string value, SourceLocation location)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? value : value[..equals];
        if ((equals < 0 ? environment(name, location) : value[(equals + 1)..]) is { } text)
        {
            Arguments[name] = text;
        }
    }

    private void ReadLabel(string value, SourceLocation location)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? value : value[..equals];
        if (name.Length == 0)
        {
            throw Refused("--label", location, "it has no name");
        }

        if (name == ImageMetadata.Label)
        {
            throw Refused($"--label {name}", location, "the prebuild writes that label, from devcontainer.json and its Features");
        }

        _labels[name] = equals < 0 ? "" : value[(equals + 1)..];
    }

    // docker/buildx, util/buildflags/secrets.go.
    private void ReadSecret(string value, SourceLocation location)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string field in value.Split(','))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? "" : field[..equals].ToLowerInvariant();
            fields[name == "source" ? "src" : name] = field[(equals + 1)..];
        }

        string? source = fields.GetValueOrDefault("src");
        string? variable = fields.GetValueOrDefault("env");
        if (fields.GetValueOrDefault("type") == "env" && variable is null)
        {
            (variable, source) = (source, null);
        }

        if (fields.Keys.Any(static name => name is not ("id" or "src" or "env" or "type")) || string.IsNullOrEmpty(fields.GetValueOrDefault("id"))
            || fields.GetValueOrDefault("type") is not (null or "env" or "file") || string.IsNullOrEmpty(source) == string.IsNullOrEmpty(variable))
        {
            throw Refused("--secret", location, "it is id=name and either src=file or env=VARIABLE");
        }

        _secrets[fields["id"]] = new BuildOptionSecret(
            fields["id"], string.IsNullOrEmpty(variable) ? null : variable, string.IsNullOrEmpty(source) ? null : Path.GetFullPath(source, folder));
    }

    private void ReadSsh(string value, SourceLocation location)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        string id = equals < 0 ? value : value[..equals];
        string[] paths = equals < 0 ? [] : value[(equals + 1)..].Split(',');
        if (id.Length == 0 || paths.Contains(""))
        {
            throw Refused("--ssh", location, "it is default, or a name, perhaps with =socket or =key");
        }

        _ssh[id] = new BuildOptionSsh(id, [.. paths.Select(path => Path.GetFullPath(path, folder))]);
    }

    private static void Add(List<string> list, string value)
    {
        if (!list.Contains(value))
        {
            list.Add(value);
        }
    }

    private DevcontainerException Refused(string option, SourceLocation location, string reason) =>
        new(Codes.BuildOptionsNotSupported, location, describe(option), reason);

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)?[bkmgBKMG]?[bB]?\z")]
    private static partial Regex Size();

    [GeneratedRegex(@"^[a-z]+=-?[0-9]+(:-?[0-9]+)?\z")]
    private static partial Regex Limit();
}
