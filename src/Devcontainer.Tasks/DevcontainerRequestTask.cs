using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Toolchain;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>What the tasks share that take a whole request: the properties and items of the project, checked and bound.</summary>
public abstract class DevcontainerRequestTask : DevcontainerRegistryTask
{
    /// <summary>DevcontainerRegistry.</summary>
    public string? Registry { get; set; }

    /// <summary>DevcontainerRepository.</summary>
    [Required]
    public string Repository { get; set; } = string.Empty;

    /// <summary>DevcontainerImageTags.</summary>
    public string? ImageTags { get; set; }

    /// <summary>DevcontainerPlatforms.</summary>
    public string? Platforms { get; set; }

    /// <summary>DevcontainerLockedMode.</summary>
    public string? LockedMode { get; set; }

    /// <summary>DevcontainerReferenceCompatible.</summary>
    public string? ReferenceCompatible { get; set; }

    /// <summary>DevcontainerInstallSdk.</summary>
    public string? InstallSdk { get; set; }

    /// <summary>DevcontainerDotNetFeed.</summary>
    public string? DotNetFeed { get; set; }

    /// <summary>DevcontainerDotNetLibc.</summary>
    public string? DotNetLibc { get; set; }

    /// <summary>DevcontainerRuntime items.</summary>
    public ITaskItem[] Runtimes { get; set; } = [];

    /// <summary>GenerateDevcontainerSbom.</summary>
    public string? GenerateSbom { get; set; }

    /// <summary>GenerateDevcontainerProvenance.</summary>
    public string? GenerateProvenance { get; set; }

    /// <summary>DevcontainerProvenanceBuilderId.</summary>
    public string? ProvenanceBuilderId { get; set; }

    /// <summary>DevcontainerAllowedFrontends.</summary>
    public string? AllowedFrontends { get; set; }

    /// <summary>DevcontainerInput items.</summary>
    public ITaskItem[] Inputs { get; set; } = [];

    /// <summary>DevcontainerRestore items.</summary>
    public ITaskItem[] Restore { get; set; } = [];

    /// <summary>DevcontainerBuildArg items.</summary>
    public ITaskItem[] BuildArgs { get; set; } = [];

    /// <summary>DevcontainerLabel items.</summary>
    public ITaskItem[] Labels { get; set; } = [];

    /// <summary>DevcontainerEnvironment items.</summary>
    public ITaskItem[] AllowedEnvironment { get; set; } = [];

    /// <summary>DevcontainerCacheMount items.</summary>
    public ITaskItem[] CacheMounts { get; set; } = [];

    /// <summary>DevcontainerSecret items.</summary>
    public ITaskItem[] Secrets { get; set; } = [];

    /// <summary>DevcontainerCacheTo items: an inline cache is part of the image, and so of every key.</summary>
    public ITaskItem[] CacheTo { get; set; } = [];

    /// <summary>The keys.</summary>
    [Output]
    public ITaskItem[] CacheKeys { get; protected set; } = [];

    /// <summary>The Features, in install order.</summary>
    [Output]
    public ITaskItem[] Features { get; protected set; } = [];

    /// <summary>Binds the request.</summary>
    /// <exception cref="DevcontainerException">DEVC9001, DEVC9005: a property or item is not right.</exception>
    protected PrebuildRequest Bind()
    {
        WarnOfUnknownProperties();
        return new PrebuildRequest
        {
            ProjectName = Path.GetFileNameWithoutExtension(ProjectFile),
            ConfigFile = Absolute(ConfigFile),
            WorkspaceFolder = Absolute(WorkspaceFolder),
            OutputPath = Absolute(OutputPath),
            LockTimeout = BindLockTimeout(LockTimeout),
            ReferenceCompatible = Switch("DevcontainerReferenceCompatible", ReferenceCompatible),
            Registry = Registry ?? string.Empty,
            Repository = Repository,
            ImageTags = Split(ImageTags),
            Platforms = BindPlatforms(),
            LockedMode = Switch("DevcontainerLockedMode", LockedMode),
            GenerateSbom = Switch("GenerateDevcontainerSbom", GenerateSbom),
            GenerateProvenance = Switch("GenerateDevcontainerProvenance", GenerateProvenance),
            ProvenanceBuilderId = BindBuilderId(),
            Inputs = BindInputs(),
            Restore = [.. Restore.Where(static item => item.ItemSpec.Length > 0).Select(item => Absolute(item.ItemSpec)!).Distinct(StringComparer.Ordinal)],
            Toolchain = BindToolchain(),
            BuildArguments = Pairs(BuildArgs),
            Labels = Pairs(Labels),
            AllowedEnvironment = new HashSet<string>(AllowedEnvironment.Select(static i => i.ItemSpec), StringComparer.Ordinal),
            CacheMounts = BindCacheMounts(),
            Secrets = BindSecrets(),
            CacheTo = [.. CacheTo.Select(item => Cache("DevcontainerCacheTo", item))],
            AllowedFrontends = Split(AllowedFrontends),
            Registries = BindRegistries(),
            Environment = Environment,
        };
    }

    /// <summary>Sets the outputs that come from a receipt or a resolved plan.</summary>
    private protected void SetKeysAndFeatures(IReadOnlyList<Prebuild.Keys.CacheKey> keys, IReadOnlyList<ReceiptFeature> features)
    {
        CacheKeys = [.. keys.Select(static key => Items.Create(key.Value, ("Tier", key.TierName), ("Platform", key.Platform ?? string.Empty)))];
        Features = [.. features.Select(static (feature, index) => Items.Create(
            feature.Id,
            ("Resolved", feature.Resolved),
            ("Version", feature.Version),
            ("Digest", feature.Digest),
            ("Order", (index + 1).ToString(CultureInfo.InvariantCulture))))];
    }

    private string? BindBuilderId() =>
        string.IsNullOrWhiteSpace(ProvenanceBuilderId) ? null
        : Uri.TryCreate(ProvenanceBuilderId.Trim(), UriKind.Absolute, out _) ? ProvenanceBuilderId.Trim()
        : throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerProvenanceBuilderId", ProvenanceBuilderId, "it is a URI, such as https://ci.example.com/jobs/dev");

    private List<Platform> BindPlatforms()
    {
        var platforms = new List<Platform>();
        foreach (string name in Split(Platforms))
        {
            Platform platform = Platform.Parse(name);
            if (!platforms.Contains(platform))
            {
                platforms.Add(platform);
            }
        }

        return platforms.Count > 0 ? platforms : [Platform.Host];
    }

    private ToolchainRequest? BindToolchain()
    {
        if (!Switch("DevcontainerInstallSdk", InstallSdk))
        {
            return Runtimes.Length == 0 ? null : throw new DevcontainerException(
                Codes.ItemInvalid, "DevcontainerRuntime", Runtimes[0].ItemSpec, "it needs DevcontainerInstallSdk=true, whose host starts it");
        }

        string feed = string.IsNullOrWhiteSpace(DotNetFeed) ? ToolchainRequest.OfficialFeed : DotNetFeed.Trim();
        if (!Uri.TryCreate(feed, UriKind.Absolute, out Uri? address) || !FileDownload.IsAllowed(address))
        {
            throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerDotNetFeed", feed, "it is an https address; loopback may be http");
        }

        string? libc = string.IsNullOrWhiteSpace(DotNetLibc) ? null : DotNetLibc.Trim();
        return libc is null or "glibc" or "musl"
            ? new ToolchainRequest(address, BindRuntimes(), libc)
            : throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerDotNetLibc", libc, "it is glibc or musl, or empty for the image's");
    }

    private List<RuntimeRequest> BindRuntimes()
    {
        var runtimes = new List<RuntimeRequest>(Runtimes.Length);
        foreach (ITaskItem item in Runtimes)
        {
            string version = item.GetMetadata("Version");
            string? reason = RuntimeRequest.Refuse(item.ItemSpec, version);
            if (reason is not null)
            {
                throw new DevcontainerException(Codes.ItemInvalid, "DevcontainerRuntime", item.ItemSpec, reason);
            }

            var runtime = new RuntimeRequest(item.ItemSpec, version);
            if (!runtimes.Contains(runtime))
            {
                runtimes.Add(runtime);
            }
        }

        return runtimes;
    }

    private List<DeclaredInput> BindInputs()
    {
        var inputs = new List<DeclaredInput>(Inputs.Length);
        foreach (ITaskItem item in Inputs)
        {
            if (item.ItemSpec.Length > 0)
            {
                inputs.Add(new DeclaredInput(
                    Absolute(item.ItemSpec), OrDefault(item.GetMetadata("Tier"), "packages"), OrDefault(item.GetMetadata("Projection"), "raw")));
            }
        }

        return inputs;
    }

    private List<CacheMountRequest> BindCacheMounts()
    {
        var mounts = new List<CacheMountRequest>(CacheMounts.Length);
        foreach (ITaskItem item in CacheMounts)
        {
            string sharing = OrDefault(item.GetMetadata("Sharing"), "locked");
            if (sharing is not ("locked" or "shared" or "private"))
            {
                throw new DevcontainerException(Codes.ItemInvalid, "DevcontainerCacheMount", item.ItemSpec, $"Sharing is locked, shared or private, not '{sharing}'");
            }

            if (!item.ItemSpec.StartsWith('/') || item.ItemSpec.AsSpan().IndexOfAny(",\"\n\r ") >= 0)
            {
                throw new DevcontainerException(Codes.ItemInvalid, "DevcontainerCacheMount", item.ItemSpec, "it is an absolute path in the container, without blanks, commas and quotes");
            }

            string id = item.GetMetadata("Id");
            mounts.Add(new CacheMountRequest(item.ItemSpec, id.Length > 0 ? id : "devcontainer-" + item.ItemSpec.Trim('/').Replace('/', '-'), sharing));
        }

        return mounts;
    }

    /// <summary>Binds a build cache as buildx reads it: without any name=value it is a registry reference; <c>inline</c> and <c>gha</c> need nothing more.</summary>
    private protected CacheReference Cache(string itemName, ITaskItem item)
    {
        string text = item.ItemSpec;
        if (text is "inline" or "gha")
        {
            return new CacheReference(text, []);
        }

        if (!text.Contains('=', StringComparison.Ordinal))
        {
            return new CacheReference("registry", [new("ref", text)]);
        }

        string type = string.Empty;
        var attributes = new List<KeyValuePair<string, string>>();
        foreach (string field in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new DevcontainerException(Codes.ItemInvalid, itemName, text, $"'{field}' is no name=value");
            }

            (string name, string value) = (field[..equals], field[(equals + 1)..]);
            if (name == "type")
            {
                type = value;
            }
            else
            {
                attributes.Add(new(name, name is "src" or "dest" ? Absolute(value) ?? value : value));
            }
        }

        return type is "registry" or "inline" or "local" or "gha" or "s3" or "azblob"
            ? new CacheReference(type, attributes)
            : throw new DevcontainerException(Codes.ItemInvalid, itemName, text, "its type is registry, inline, local, gha, s3 or azblob");
    }

    private static string OrDefault(string value, string standard) => value.Length > 0 ? value : standard;

    private List<BuildSecret> BindSecrets()
    {
        var secrets = new List<BuildSecret>(Secrets.Length);
        foreach (ITaskItem item in Secrets)
        {
            string variable = item.GetMetadata("EnvironmentVariable");
            string file = item.GetMetadata("File");
            if (variable.Length > 0 == file.Length > 0)
            {
                throw new DevcontainerException(
                    Codes.ItemInvalid, "DevcontainerSecret", item.ItemSpec, "it has either EnvironmentVariable (the name of the variable that holds it) or File");
            }

            if (variable.Length > 0 && !Environment.ContainsKey(variable))
            {
                throw new DevcontainerException(Codes.ItemInvalid, "DevcontainerSecret", item.ItemSpec, $"the environment variable {variable} is not set");
            }

            if (file.Length > 0 && !File.Exists(Absolute(file)))
            {
                throw new DevcontainerException(Codes.ItemInvalid, "DevcontainerSecret", item.ItemSpec, $"there is no file '{file}'");
            }

            secrets.Add(new BuildSecret(item.ItemSpec, variable.Length > 0 ? variable : null, Absolute(file)));
        }

        return secrets;
    }

    private static List<KeyValuePair<string, string>> Pairs(ITaskItem[] items)
    {
        var pairs = new List<KeyValuePair<string, string>>(items.Length);
        foreach (ITaskItem item in items)
        {
            pairs.Add(new KeyValuePair<string, string>(item.ItemSpec, item.GetMetadata("Value")));
        }

        return pairs;
    }

    // What is given on the command line is seen here; a typo there would silently do nothing.
    private void WarnOfUnknownProperties()
    {
        if (BuildEngine is not IBuildEngine6 engine)
        {
            return;
        }

        foreach (string name in engine.GetGlobalProperties().Keys)
        {
            if (PublicProperties.IsMisspelt(name, out string nearest))
            {
                Reporter.Warning(Diagnostic.Create(Codes.PropertyUnknown, new SourceLocation(ProjectFile), name, nearest));
            }
        }
    }
}
