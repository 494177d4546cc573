using Devcontainer.Diagnostics;
using Devcontainer.Spec.Compose;

namespace Devcontainer.Spec;

/// <summary>
/// A devcontainer.json: read, checked, old properties moved to their present place, variables replaced. Immutable; made by <see cref="Load"/>.
/// </summary>
public sealed record DevcontainerConfiguration
{
    private DevcontainerConfiguration(VariableSubstitution substitution) => Substitution = substitution;

    /// <summary>Absolute path of devcontainer.json.</summary>
    public required string File { get; init; }

    /// <summary>Absolute path of the workspace folder.</summary>
    public required string WorkspaceFolder { get; init; }

    /// <summary>Absolute path of the repository that the workspace is part of, or of the workspace.</summary>
    public required string RepositoryRoot { get; init; }

    /// <summary>The configuration as written, with old properties at their present place: what the image's label keeps.</summary>
    public required JsonObject Raw { get; init; }

    /// <summary>
    /// The configuration with its variables replaced, as <c>devcontainer read-configuration</c> gives it, save that environment variables which
    /// the project did not allow stay as they are written: their values are nobody's business here.
    /// </summary>
    public required JsonObject Root { get; init; }

    /// <summary>The image to start from; null when there is a <see cref="Build"/>.</summary>
    public string? Image { get; init; }

    /// <summary>Where the image is named, or null.</summary>
    public SourceLocation? ImageLocation { get; init; }

    /// <summary>The Dockerfile to build; null when there is an <see cref="Image"/>.</summary>
    public DockerfileBuild? Build { get; init; }

    /// <summary>The user of the Compose service, for where nothing else names the container's user; null where there is no service, or it names none.</summary>
    public string? ServiceUser { get; init; }

    /// <summary>Where that is named, or null.</summary>
    public SourceLocation? ServiceUserLocation { get; init; }

    /// <summary>Absolute paths of the Compose files, what they include and extend, and their <c>.env</c> files, sorted; empty where there is no service.</summary>
    public IReadOnlyList<string> ComposeFiles { get; init; } = [];

    /// <summary>The Features asked for, in the order of writing.</summary>
    public IReadOnlyList<FeatureRequest> Features { get; init; } = [];

    /// <summary>Ids of Features to install first, where their dependencies allow.</summary>
    public IReadOnlyList<string> OverrideFeatureInstallOrder { get; init; } = [];

    /// <summary>The user that the container's processes run as, or null.</summary>
    public string? ContainerUser { get; init; }

    /// <summary>The user that tools run as in the container, or null.</summary>
    public string? RemoteUser { get; init; }

    /// <summary>Environment variables of the container, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ContainerEnv { get; init; } = [];

    /// <summary>Arguments for <c>docker run</c>. A prebuild does not use them.</summary>
    public IReadOnlyList<string> RunArgs { get; init; } = [];

    /// <summary>The workspace's path in the container.</summary>
    public required string ContainerWorkspaceFolder { get; init; }

    /// <summary>Replaces variables as in this configuration.</summary>
    internal VariableSubstitution Substitution { get; }

    /// <summary>What is probably not as meant.</summary>
    public IReadOnlyList<Diagnostic> Warnings { get; init; } = [];

    /// <summary>Reads a configuration. Starts nothing and reads no other file, but looks whether those named exist and where they really are.</summary>
    /// <param name="file">Path of devcontainer.json.</param>
    /// <param name="workspaceFolder">Path of the workspace folder.</param>
    /// <param name="context">What variables stand for; null for an empty environment.</param>
    /// <exception cref="DevcontainerException">The configuration cannot be used; the diagnostic says where and why.</exception>
    public static DevcontainerConfiguration Load(string file, string workspaceFolder, SubstitutionContext? context = null)
    {
        file = Path.GetFullPath(file);
        workspaceFolder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(workspaceFolder));
        JsonNode written;
        try
        {
            written = JsonNode.Load(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.ConfigurationNotFound, new SourceLocation(file), file, OthersBeside(file)), e);
        }

        var shape = new JsonShape(file);
        var warnings = new List<Diagnostic>();
        JsonObject asWritten = shape.Object(written, "");
        ConfigurationSchema.Check(asWritten, shape, warnings);
        JsonObject raw = LegacyProperties.Move(asWritten);
        string repository = Repository.RootOf(workspaceFolder);
        context ??= new SubstitutionContext();
        var substitution = new VariableSubstitution(context, workspaceFolder, DefaultContainerFolder(raw, workspaceFolder, repository), file);
        JsonObject root = Substitute(raw, substitution);

        // In the order of `devcontainer build`: a Dockerfile, Compose, an image.
        var inRepository = new RepositoryPath(repository);
        DockerfileBuild? build = ReadBuild(root, shape, workspaceFolder, inRepository, substitution);
        ComposeService? service = build is null && IsCompose(root) ? ComposeService.Read(root, shape, workspaceFolder, inRepository, context) : null;
        build ??= service?.Build;
        string? image = build is not null ? null : service is not null ? service.Image : shape.OptionalString(root, "image", "image");
        if (build is null && string.IsNullOrEmpty(image))
        {
            throw new DevcontainerException(Codes.NoImageSource, root.Position.In(file), file);
        }

        return new DevcontainerConfiguration(substitution)
        {
            File = file,
            WorkspaceFolder = workspaceFolder,
            RepositoryRoot = repository,
            Raw = raw,
            Root = root,
            Image = image,
            ImageLocation = image is null ? null : service?.ImageLocation ?? root["image"]!.Position.In(file),
            Build = build,
            ServiceUser = service?.User,
            ServiceUserLocation = service?.UserLocation,
            ComposeFiles = service?.Files ?? [],
            Features = ReadFeatures(root, file),
            OverrideFeatureInstallOrder = shape.Strings(root, "overrideFeatureInstallOrder", "overrideFeatureInstallOrder"),
            ContainerUser = shape.OptionalString(root, "containerUser", "containerUser"),
            RemoteUser = shape.OptionalString(root, "remoteUser", "remoteUser"),
            ContainerEnv = shape.TextMap(root, "containerEnv", "containerEnv"),
            RunArgs = shape.Strings(root, "runArgs", "runArgs"),
            ContainerWorkspaceFolder = substitution.ContainerWorkspaceFolder,
            Warnings = [.. warnings, .. service?.Warnings ?? []],
        };
    }

    /// <summary>Where a value of this configuration is written.</summary>
    public SourceLocation LocationOf(JsonNode node) => node.Position.In(File);

    // Those that the specification lets a repository have besides, or instead (specification, "devcontainer.json": `.devcontainer/<folder>/devcontainer.json`).
    private static string OthersBeside(string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        string[] others = !Directory.Exists(folder) ? []
            : [.. Directory.EnumerateDirectories(folder).Where(static other => System.IO.File.Exists(Path.Combine(other, "devcontainer.json"))).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        return others.Length == 0 ? "" : $" There are {string.Join(", ", others.Take(5).Select(static other => $"'{other}/devcontainer.json'"))} in its folder: name one in DevcontainerConfigFile, or all in DevcontainerConfigFiles.";
    }

    private static string DefaultContainerFolder(JsonObject raw, string workspaceFolder, string repository)
    {
        if (raw.GetString("workspaceFolder") is { Length: > 0 } folder)
        {
            return folder;
        }

        if (IsCompose(raw))
        {
            // What is mounted there, and where, is for the Compose file to say.
            return "/";
        }

        // Where the tools mount the repository (specification, "workspaceMount and workspaceFolder").
        string path = "/workspaces/" + Path.GetFileName(repository);
        string below = Path.GetRelativePath(repository, workspaceFolder);
        return below == "." ? path : $"{path}/{below.Replace(Path.DirectorySeparatorChar, '/')}";
    }

    private static bool IsCompose(JsonObject root) => root["dockerComposeFile"] is not null and not JsonNull;

    private static JsonObject Substitute(JsonObject raw, VariableSubstitution substitution)
    {
        // These become part of the image only where Features do: then the variables are set in it, and the Features are told the users.
        bool hasFeatures = raw["features"] is JsonObject { Count: > 0 };
        var properties = new List<JsonProperty>(raw.Count);
        foreach (JsonProperty property in raw)
        {
            string? place = property.Name switch
            {
                "image" or "dockerFile" or "context" or "dockerComposeFile" or "service" or "features" => property.Name,
                "containerEnv" or "containerUser" or "remoteUser" when hasFeatures => property.Name,
                _ => null,
            };
            JsonNode value = property.Name == "build" && property.Value is JsonObject build
                ? new JsonObject(build.Select(part => part with
                {
                    Value = substitution.Replace(part.Value, "build." + part.Name),
                }), build.Position)
                : substitution.Replace(property.Value, place);
            properties.Add(property with { Value = value });
        }

        return new JsonObject(properties, raw.Position);
    }

    private static DockerfileBuild? ReadBuild(
        JsonObject root, JsonShape shape, string workspaceFolder, RepositoryPath repository, VariableSubstitution substitution)
    {
        JsonObject build = shape.OptionalObject(root, "build", "build") ?? JsonObject.Empty;

        // The old pair dockerFile and context, at the top, comes before the new one; they do not mix (devcontainers/cli, getDockerContextPath).
        (JsonObject owner, string prefix, string name) = root["dockerFile"] is JsonString ? (root, "", "dockerFile") : (build, "build.", "dockerfile");
        if (shape.OptionalString(owner, name, prefix + name) is not { } dockerfile)
        {
            return null;
        }

        string configurationFolder = Path.GetDirectoryName(shape.File)!;
        SourceLocation dockerfileLocation = owner[name]!.Position.In(shape.File);
        string dockerfilePath = repository.File(dockerfile, configurationFolder, dockerfileLocation, "The Dockerfile");
        string contextPath = Path.GetDirectoryName(dockerfilePath)!;
        SourceLocation contextLocation = dockerfileLocation;
        if (shape.OptionalString(owner, "context", prefix + "context") is { Length: > 0 } context)
        {
            contextLocation = owner["context"]!.Position.In(shape.File);
            contextPath = repository.Folder(context, configurationFolder, contextLocation, "The build context");
        }

        // After the rest, as on docker's command line.
        var reader = new BuildOptionsReader(
            workspaceFolder, (variable, location) => substitution.LocalEnvironment(variable, location, "build.options"), static option => $"'{option}' in 'build.options'");
        if (shape.Strings(build, "options", "build.options").Count > 0)
        {
            reader.Read((JsonArray)build["options"]!, shape.File);
        }

        return new DockerfileBuild
        {
            Dockerfile = dockerfilePath,
            Context = contextPath,
            Target = shape.OptionalString(build, "target", "build.target") is { Length: > 0 } target ? reader.Target ?? target : reader.Target,
            Args = [.. shape.TextMap(build, "args", "build.args").Where(argument => !reader.Arguments.ContainsKey(argument.Key)), .. reader.Arguments],
            CacheFrom = [.. shape.Strings(build, "cacheFrom", "build.cacheFrom", orOne: true), .. reader.CacheFrom],
            Options = reader.Options,
            DockerfileLocation = dockerfileLocation,
            ContextLocation = contextLocation,
            TargetLocation = reader.TargetLocation ?? build["target"]?.Position.In(shape.File),
        };
    }

    private static List<FeatureRequest> ReadFeatures(JsonObject root, string file)
    {
        var requests = new List<FeatureRequest>();
        if (root["features"] is JsonObject features)
        {
            foreach (JsonProperty feature in features)
            {
                requests.Add(new FeatureRequest(feature.Name, feature.Value, feature.Position.In(file)));
            }
        }

        return LegacyFeatures.Expand(requests);
    }
}
